// Shapes seen differently. All of these share memory with their input, except reshape and flatten where no view exists.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// "Up to the end", as the stop of a slice.
inline constexpr Index to_end = INT64_MAX;

/// [..] -> shape, the same elements in row-major order. One extent may be -1 and is computed.
Tensor reshape(const Tensor& x, const Shape& shape);
/// The same as a view always. Throws ShapeError where the strides allow none.
Tensor view(const Tensor& x, const Shape& shape);
/// Joins the axes from `first` to `last`: [n, c, h, w] -> [n, c*h*w] for flatten(x, 1).
Tensor flatten(const Tensor& x, Index first = 0, Index last = -1);
/// Swaps the last two axes.
Tensor transpose(const Tensor& x);
/// Swaps two axes.
Tensor transpose(const Tensor& x, Index axis_a, Index axis_b);
/// Axis i of the result is axis axes[i] of x; every axis is named once.
Tensor permute(const Tensor& x, const Axes& axes);
/// Repeats axes of extent 1, and adds axes in front, by strides of 0.
Tensor expand(const Tensor& x, const Shape& shape);
/// Removes axes of extent 1 / inserts one.
Tensor squeeze(const Tensor& x, const Axes& axes);
Tensor unsqueeze(const Tensor& x, Index axis);
/// Elements start, start + step, ... below stop along an axis; negative positions count from the end, positions beyond
/// the ends are cut to them (Python's rule). step >= 1.
Tensor slice(const Tensor& x, Index axis, Index start, Index stop = to_end, Index step = 1);
/// `length` positions from `start` on; throws IndexError where they do not lie on the axis.
Tensor narrow(const Tensor& x, Index axis, Index start, Index length);
/// One position along an axis, which disappears. Throws IndexError outside.
Tensor select(const Tensor& x, Index axis, Index position);

/// What a reshape with a -1 comes to; throws ShapeError where the element counts differ.
Shape infer_shape(const char* op, const Shape& from, const Shape& to);
/// start and stop of a slice, wrapped and cut.
struct SliceRange {
  Index start, count;
};
SliceRange slice_range(const char* op, Index extent, Index start, Index stop, Index step);
/// The inverse of a permutation.
Axes inverse_permutation(const Axes& axes);

}  // namespace gradus
