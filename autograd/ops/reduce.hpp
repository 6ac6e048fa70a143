// Reductions of Variables. Axes may be negative; keepdim leaves the reduced axes with extent 1.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

Variable sum(const Variable& x);
Variable sum(const Variable& x, const Axes& axes, bool keepdim = false);
/// Throws ValueError over no elements.
Variable mean(const Variable& x);
Variable mean(const Variable& x, const Axes& axes, bool keepdim = false);

struct VariableAndIndices {
  Variable values;
  Tensor indices;
};
/// The largest values along an axis; the gradient goes to the position that was found, the first one of equals.
VariableAndIndices max(const Variable& x, Index axis, bool keepdim = false);
VariableAndIndices min(const Variable& x, Index axis, bool keepdim = false);
/// The largest / smallest of all elements, 0-d: amax / amin over all axes.
Variable max(const Variable& x);
Variable min(const Variable& x);
/// Values in order along an axis; the gradient goes back to where they stood. NaN counts as the largest.
VariableAndIndices sort(const Variable& x, Index axis = -1, bool descending = false);
/// The k largest (smallest) values along an axis, in order.
VariableAndIndices topk(const Variable& x, Index k, Index axis = -1, bool largest = true);
Tensor argmax(const Variable& x, Index axis, bool keepdim = false);
Tensor argmin(const Variable& x, Index axis, bool keepdim = false);
/// x summed over the axes along which `shape` was broadcast to x's shape.
Variable sum_to(const Variable& x, const Shape& shape);

}  // namespace gradus
