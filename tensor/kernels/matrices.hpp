// What the functions of linalg.hpp share: checks, memory as LAPACK wants it, loops over a batch of matrices.
#pragma once
#include <gradus/tensor/parallel.hpp>
#include <gradus/tensor/tensor.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <vector>

namespace gradus::kernels {

/// The extents before the last two.
Shape batch_of(const Tensor& a);
/// batch + last.
Shape join_shapes(Shape batch, const Shape& last);

/// Throws DTypeError or ShapeError unless a is f32 or f64 with at least two axes, and square.
void check_matrix(const char* op, const Tensor& a);
void check_square(const char* op, const Tensor& a);
/// a, if it is finite, else ValueError: LAPACK may loop for ever on NaN.
const Tensor& finite(const char* op, const Tensor& a);

/// A copy whose memory holds each matrix column by column: [..., m, n] -> [..., n, m].
inline Tensor by_columns(const Tensor& a) { return copy(transpose(a)); }

/// The first matrix of a batch on which a LAPACK routine failed, and its info; 0 where none did.
struct Failure {
  Index matrix = 0;
  int info = 0;
};
/// f(i) -> info for each matrix i; `work` multiplications each. Large ones use the threads inside, many small ones are
/// computed side by side. Empty matrices (no work) are skipped.
template <class F>
Failure for_each_matrix(Index count, Index work, const F& f) {
  if (work == 0) return {};
  std::vector<int> info(static_cast<std::size_t>(count));
  parallel_for(count, work > 1 << 20 ? count : std::max<Index>(1, (1 << 18) / work), [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) info[static_cast<std::size_t>(i)] = f(i);
  });
  const auto failed = std::find_if(info.begin(), info.end(), [](int i) { return i != 0; });
  return failed == info.end() ? Failure{} : Failure{failed - info.begin(), *failed};
}
/// For a message: "a is [2, 3, 3], in matrix [1]".
std::string place(const Tensor& a, Index matrix);

}  // namespace gradus::kernels
