// Reductions over any axes: negative ones count from the end, one alone may be a number. keepdim leaves them with extent 1.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// Sum; f32 is accumulated in f64, whole numbers and bool in i64. Over nothing: 0.
Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, const Axes& axes, bool keepdim = false);
/// Mean of floating tensors. Throws ValueError over nothing.
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, const Axes& axes, bool keepdim = false);

/// The extreme values along one axis, and where they stand (the first one of equals; the first NaN if there is one).
struct ValuesAndIndices {
  Tensor values, indices;
};
/// Throws ValueError where the axis has extent 0.
ValuesAndIndices max(const Tensor& x, Index axis, bool keepdim = false);
ValuesAndIndices min(const Tensor& x, Index axis, bool keepdim = false);
/// The largest / smallest of all elements, 0-d.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
Tensor argmax(const Tensor& x, Index axis, bool keepdim = false);
Tensor argmin(const Tensor& x, Index axis, bool keepdim = false);
/// Place in row-major order of the largest / smallest of all elements, 0-d.
Tensor argmax(const Tensor& x);
Tensor argmin(const Tensor& x);

/// x summed over the axes along which `shape` was broadcast to x's shape.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace gradus
