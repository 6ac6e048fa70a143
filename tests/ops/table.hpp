// The op table: one row per operation drives every test in test_table.cpp. A new operation needs a row, nothing else.
#pragma once
#include "autograd_layer.hpp"

#include <functional>
#include <string>
#include <vector>

namespace optable {
using namespace gradus;

/// What a naive evaluation gives, in row-major order.
using Reference = std::function<std::vector<double>(const std::vector<Tensor>&)>;

struct ErrorRow {
  std::function<void()> call;
  std::string text;  ///< must be part of the message
};
struct OpRow {
  std::string name;                            ///< as given to record()
  Function call;
  std::vector<std::vector<Shape>> samples;     ///< shapes of the inputs; zero-size ones are checked for their shape only
  double low = -2, high = 2;                   ///< range of the input values
  Reference reference;
  std::vector<ErrorRow> errors;
  bool keeps_dtype = true;                     ///< false: the row fixes a dtype and runs in f64 only
};

/// Reference of an element-wise function of one / two inputs, broadcast by index arithmetic.
Reference each(double (*f)(double));
Reference each2(double (*f)(double, double));
/// Position in `from`, broadcast to `to`, of the element with row-major number n in `to`.
Index broadcast_position(Index n, const Shape& to, const Shape& from);

using Values = std::vector<double>;
/// Reference that replaces every line along an axis by f(line); several steps go one after another.
struct LineStep {
  Index axis;
  std::function<Values(const Values&)> f;
};
Reference by_lines(std::vector<LineStep> steps);

std::vector<OpRow> arithmetic_rows();
std::vector<OpRow> elementwise_rows();
std::vector<OpRow> reduce_rows();
std::vector<OpRow> statistics_rows();
std::vector<OpRow> shape_rows();
std::vector<OpRow> index_rows();
std::vector<OpRow> rearrange_rows();
std::vector<OpRow> linalg_rows();
std::vector<OpRow> decomposition_rows();
std::vector<OpRow> loss_rows();
const std::vector<OpRow>& all_rows();

/// Values of shape in [low, high], no two nearer than the step of a finite difference, none near 0: no kink is hit.
Tensor sample_values(const Shape& shape, double low, double high, Generator& generator);

}  // namespace optable
