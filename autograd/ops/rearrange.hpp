// Elements of Variables in other places. Values as in tensor/rearrange.hpp.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/rearrange.hpp>

namespace gradus {

std::vector<Variable> split(const Variable& x, Index size, Index axis = 0);
std::vector<Variable> split(const Variable& x, const std::vector<Index>& sizes, Index axis = 0);
inline std::vector<Variable> split(const Variable& x, std::initializer_list<Index> sizes, Index axis = 0) {
  return split(x, std::vector(sizes), axis);
}
std::vector<Variable> chunk(const Variable& x, Index count, Index axis = 0);
Variable pad(const Variable& x, const std::vector<Index>& pads, Scalar value = 0);
Variable pad(const Variable& x, const std::vector<Index>& pads, PadMode mode);
Variable flip(const Variable& x, const Axes& axes);
Variable roll(const Variable& x, Index shift, Index axis);
Variable repeat(const Variable& x, const Shape& times);
Variable tril(const Variable& x, Index offset = 0);
Variable triu(const Variable& x, Index offset = 0);
Variable diagonal(const Variable& x, Index offset = 0, Index axis_a = -2, Index axis_b = -1);
Variable embed_diagonal(const Variable& x, const Shape& shape, Index offset = 0, Index axis_a = -2, Index axis_b = -1);
Variable diag(const Variable& x);

}  // namespace gradus
