#include "ops/table.hpp"

#include <cmath>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
const std::vector<std::vector<Shape>> singles = {{{2, 3}}, {{4, 1}}, {{3, 33}}, {{2, 3, 4}}, {{0, 3}}, {{3, 2, 1, 2}}};
Variable some(const Shape& s) { return leaf(ones(s)); }

/// Naive reduction over one axis: f gets the values along it.
template <class F>
Reference along(Index axis, F f) {
  return [=](const std::vector<Tensor>& x) {
    const Tensor t = transpose(x[0], axis, -1);
    const auto v = t.to_vector<double>();
    const std::size_t n = static_cast<std::size_t>(t.size(-1));
    std::vector<double> out;
    for (std::size_t i = 0; n && i < v.size(); i += n)
      out.push_back(f(std::vector<double>(v.begin() + static_cast<std::ptrdiff_t>(i), v.begin() + static_cast<std::ptrdiff_t>(i + n))));
    // transpose put the last axis where `axis` was: right for 2-d inputs, and for the last axis
    return out;
  };
}
double total(const std::vector<double>& v) {
  double s = 0;
  for (const double a : v) s += a;
  return s;
}
Reference over_all(double (*f)(const std::vector<double>&)) {
  return [f](const std::vector<Tensor>& x) { return std::vector<double>{f(x[0].to_vector<double>())}; };
}
const std::vector<std::vector<Shape>> matrices = {{{2, 3}}, {{4, 1}}, {{1, 5}}, {{3, 33}}, {{33, 3}}};
}  // namespace

std::vector<OpRow> reduce_rows() {
  return {
      {"sum", [](V x) { return sum(x[0] * x[0]); }, {{{2, 3}}, {{}}, {{33}}, {{2, 3, 4}}}, -2, 2,
       over_all([](const std::vector<double>& v) { double s = 0; for (double a : v) s += a * a; return s; }),
       {{[] { sum(some({2, 3}), {2}); }, "sum: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { sum(some({2, 3}), {0, -2}); }, "sum: an axis is named twice: axes are [0, -2]"},
        {[] { sum(Variable()); }, "undefined tensor"}}},
      {"sum", [](V x) { return sum(x[0], {0}); }, matrices, -2, 2, along(0, total), {}},
      {"sum", [](V x) { return sum(x[0], {-1}, true); }, singles, -2, 2, along(-1, total), {}},
      {"mean", [](V x) { return mean(x[0]); }, {{{2, 3}}, {{}}, {{33}}, {{2, 3, 4}}}, -2, 2,
       over_all([](const std::vector<double>& v) { return total(v) / static_cast<double>(v.size()); }),
       {{[] { mean(some({0, 3})); }, "mean: no elements to average: axes [0, 1] of [0, 3]"},
        {[] { mean(some({2, 3}), {5}); }, "mean: axis is out of range: axis is 5"},
        {[] { mean(Variable(ones({2}, DType::i64))); }, "mean: needs f32 or f64: got i64"}}},
      {"mean", [](V x) { return mean(x[0] * x[0], {0}, true); }, matrices, -2, 2,
       along(0, [](const std::vector<double>& v) { double s = 0; for (double a : v) s += a * a; return s / static_cast<double>(v.size()); }), {}},
      {"max", [](V x) { return max(x[0], -1).values; }, {{{2, 3}}, {{4, 1}}, {{3, 33}}, {{2, 3, 4}}, {{5}}}, -2, 2,
       along(-1, [](const std::vector<double>& v) { double m = v[0]; for (double a : v) m = a > m ? a : m; return m; }),
       {{[] { max(some({2, 0}), 1); }, "max: no elements along the axis: axis 1 of [2, 0]"},
        {[] { max(some({2}), 1); }, "max: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { max(Variable(full({2}, true, DType::boolean)), 0); }, "max: needs numbers: got bool"}}},
      {"max", [](V x) { return max(x[0] * x[0], 0, true).values; }, matrices, -2, 2,
       along(0, [](const std::vector<double>& v) { double m = 0; for (double a : v) m = a * a > m ? a * a : m; return m; }), {}},
      {"min", [](V x) { return min(x[0], 0).values; }, matrices, -2, 2,
       along(0, [](const std::vector<double>& v) { double m = v[0]; for (double a : v) m = a < m ? a : m; return m; }),
       {{[] { min(some({0}), 0); }, "min: no elements along the axis: axis 0 of [0]"},
        {[] { min(some({2}), -2); }, "min: axis is out of range: axis is -2"}}},
      {"sum_to", [](V x) { return sum_to(x[0], {1, 3}); }, {{{2, 3}}, {{4, 3}}}, -2, 2, along(0, total),
       {{[] { sum_to(some({2, 3}), {2, 2}); }, "sum_to: the shapes are unrelated: from [2, 3] to [2, 2]"},
        {[] { sum_to(some({3}), {2, 3}); }, "sum_to: the shapes are unrelated: from [3] to [2, 3]"}}},
  };
}

}  // namespace optable
