#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/kernels/matrices.hpp>
#include <gradus/tensor/logic.hpp>

namespace gradus::kernels {

Shape batch_of(const Tensor& a) {
  Shape batch;
  for (Index i = 0; i < a.rank() - 2; ++i) batch.push_back(a.shape()[i]);
  return batch;
}
Shape join_shapes(Shape batch, const Shape& last) {
  for (const Index n : last) batch.push_back(n);
  return batch;
}

void check_matrix(const char* op, const Tensor& a) {
  dispatch_floating(a.dtype(), op, []<class T>() {});
  if (a.rank() < 2) fail<ShapeError>(op, ": needs at least two axes: a is ", a.shape());
}
void check_square(const char* op, const Tensor& a) {
  check_matrix(op, a);
  if (a.size(-2) != a.size(-1)) fail<ShapeError>(op, ": the matrix must be square: a is ", a.shape());
}
const Tensor& finite(const char* op, const Tensor& a) {
  if (!all(isfinite(a)))
    fail<ValueError>(op, ": the matrix must be finite: it holds NaN or infinity, its shape is ", a.shape());
  return a;
}

std::string place(const Tensor& a, Index matrix) {
  if (a.rank() == 2) return join("a is ", a.shape());
  Shape at = batch_of(a);
  for (Index i = at.size(); i-- > 0;) {
    const Index extent = at[i];
    at[i] = matrix % extent;
    matrix /= extent;
  }
  return join("a is ", a.shape(), ", in matrix ", at);
}

}  // namespace gradus::kernels
