// Shapes of Variables seen differently; the values are shared wherever tensor/views.hpp shares them.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus {

Variable reshape(const Variable& x, const Shape& shape);
/// The same, never a copy. Throws ShapeError where the strides allow no view.
Variable view(const Variable& x, const Shape& shape);
Variable flatten(const Variable& x, Index first = 0, Index last = -1);
Variable transpose(const Variable& x);
Variable transpose(const Variable& x, Index axis_a, Index axis_b);
Variable permute(const Variable& x, const Axes& axes);
Variable expand(const Variable& x, const Shape& shape);
Variable squeeze(const Variable& x, const Axes& axes);
Variable unsqueeze(const Variable& x, Index axis);
Variable slice(const Variable& x, Index axis, Index start, Index stop = to_end, Index step = 1);
Variable narrow(const Variable& x, Index axis, Index start, Index length);
Variable select(const Variable& x, Index axis, Index position);
/// Zeros of `shape` with x at start, start + step, ... along the axis: the derivative of slice.
Variable embed(const Variable& x, const Shape& shape, Index axis, Index start, Index step);

}  // namespace gradus
