#include <gradus/tensor/views.hpp>

#include <algorithm>

namespace gradus {

Shape infer_shape(const char* op, const Shape& from, const Shape& to) {
  Shape shape = to;
  Index unknown = -1;
  for (Index i = 0; i < to.size(); ++i) {
    if (to[i] < -1) fail<ShapeError>(op, ": negative extent: shape is ", to);
    if (to[i] != -1) continue;
    if (unknown >= 0) fail<ShapeError>(op, ": only one extent may be -1: shape is ", to);
    unknown = i;
    shape[i] = 1;
  }
  const Index n = from.numel(), known = checked_numel(op, shape);
  if (unknown >= 0) {
    if (known == 0 || n % known) fail<ShapeError>(op, ": no extent fits for -1: from ", from, " to ", to);
    shape[unknown] = n / known;
  } else if (known != n) {
    fail<ShapeError>(op, ": the number of elements differs: from ", from, " to ", to);
  }
  return shape;
}

namespace {
/// Strides that show x's elements in the new shape without a copy, if there are such strides.
bool view_strides(const Tensor& x, const Shape& shape, Strides& strides) {
  Shape extent, stride;  // x's axes, without those of extent 1
  for (Index i = 0; i < x.rank(); ++i) {
    if (x.shape()[i] == 1) continue;
    extent.push_back(x.shape()[i]);
    stride.push_back(x.strides()[i]);
  }
  strides = shape;
  Index to = shape.size();
  for (Index from = extent.size(); from > 0;) {
    // A run of axes that are dense among themselves, from the back, ...
    const Index step = stride[--from];
    Index run = extent[from];
    for (; from > 0 && stride[from - 1] == stride[from] * extent[from]; --from) run *= extent[from - 1];
    // ... must be made up of whole axes of the new shape.
    Index taken = 1;
    for (; to > 0 && (taken < run || shape[to - 1] == 1); --to) {
      strides[to - 1] = step * taken;
      taken *= shape[to - 1];
    }
    if (taken != run) return false;
  }
  while (to > 0) strides[--to] = 1;
  return true;
}
}  // namespace

Tensor reshape(const Tensor& x, const Shape& to) {
  const Shape shape = infer_shape("reshape", x.shape(), to);
  Strides strides;
  if (x.numel() == 0) return Tensor(shape, x.dtype());
  if (view_strides(x, shape, strides)) return x.as_strided(shape, strides);
  return copy(x).as_strided(shape, dense_strides(shape));
}

Tensor view(const Tensor& x, const Shape& asked) {
  const Shape shape = infer_shape("view", x.shape(), asked);
  Strides strides;
  if (x.numel() == 0) return x.as_strided(shape, dense_strides(shape));
  if (!view_strides(x, shape, strides))
    fail<ShapeError>("view: no strides show this shape: from ", x.shape(), " with strides ", x.strides(), " to ", asked,
                     " — use reshape, which copies");
  return x.as_strided(shape, strides);
}

Tensor flatten(const Tensor& x, Index first, Index last) {
  if (x.rank() == 0) return reshape(x, {1});
  const Index a = wrap_axis("flatten", first, x.rank()), b = wrap_axis("flatten", last, x.rank());
  if (a > b)
    fail<ValueError>("flatten: the first axis lies behind the last: ", first, " and ", last, " of ", x.shape());
  Shape shape;
  for (Index i = 0; i < x.rank(); ++i) {
    if (i <= a || i > b) shape.push_back(x.shape()[i]);
    else shape[a] *= x.shape()[i];
  }
  return reshape(x, shape);
}

Tensor transpose(const Tensor& x) {
  if (x.rank() < 2) fail<ShapeError>("transpose: needs at least two axes: shape is ", x.shape());
  return transpose(x, -2, -1);
}
Tensor transpose(const Tensor& x, Index axis_a, Index axis_b) {
  const Index a = wrap_axis("transpose", axis_a, x.rank()), b = wrap_axis("transpose", axis_b, x.rank());
  Shape shape = x.shape(), strides = x.strides();
  std::swap(shape[a], shape[b]);
  std::swap(strides[a], strides[b]);
  return x.as_strided(shape, strides);
}

Tensor permute(const Tensor& x, const Axes& axes) {
  const Axes order = wrap_axes("permute", axes, x.rank());
  if (order.size() != x.rank())
    fail<ShapeError>("permute: every axis must be named once: axes are ", axes, ", shape is ", x.shape());
  Shape shape = x.shape(), strides = x.strides();
  for (Index i = 0; i < x.rank(); ++i) {
    shape[i] = x.shape()[order[i]];
    strides[i] = x.strides()[order[i]];
  }
  return x.as_strided(shape, strides);
}
Axes inverse_permutation(const Axes& axes) {
  Axes inverse = axes;
  for (Index i = 0; i < axes.size(); ++i) inverse[axes[i]] = i;
  return inverse;
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  static_cast<void>(checked_numel("expand", shape));
  const Index lead = shape.size() - x.rank();
  bool fits = lead >= 0;
  Strides strides = shape;
  for (Index i = 0; fits && i < shape.size(); ++i) {
    const Index from = i < lead ? 1 : x.shape()[i - lead];
    strides[i] = from == 1 ? 0 : x.strides()[i - lead];
    fits = from == 1 || from == shape[i];
  }
  if (!fits) fail<ShapeError>("expand: the shape cannot be expanded: from ", x.shape(), " to ", shape);
  return x.as_strided(shape, strides);
}

Tensor squeeze(const Tensor& x, const Axes& asked) {
  const Axes axes = wrap_axes("squeeze", asked, x.rank());
  for (const Index a : axes)
    if (x.shape()[a] != 1) fail<ShapeError>("squeeze: the axis does not have extent 1: axis ", a, " of ", x.shape());
  Shape shape, strides;
  for (Index i = 0; i < x.rank(); ++i) {
    if (axes.contains(i)) continue;
    shape.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  return x.as_strided(shape, strides);
}
Tensor unsqueeze(const Tensor& x, Index axis) {
  const Index a = wrap_axis("unsqueeze", axis, x.rank() + 1);
  Shape shape, strides;
  for (Index i = 0; i <= x.rank(); ++i) {
    if (i == a) {
      shape.push_back(1);
      strides.push_back(1);
    }
    if (i == x.rank()) break;
    shape.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  return x.as_strided(shape, strides);
}

SliceRange slice_range(const char* op, Index extent, Index start, Index stop, Index step) {
  if (step < 1) fail<ValueError>(op, ": the step must be at least 1: got ", step);
  const auto wrap = [&](Index i) { return std::clamp<Index>(i < 0 ? i + extent : i, 0, extent); };
  const Index first = wrap(start), last = wrap(stop);
  return {first, last > first ? (last - first - 1) / step + 1 : 0};
}
Tensor slice(const Tensor& x, Index axis, Index start, Index stop, Index step) {
  const Index a = wrap_axis("slice", axis, x.rank());
  const auto [first, count] = slice_range("slice", x.shape()[a], start, stop, step);
  Shape shape = x.shape(), strides = x.strides();
  const Index offset = count ? first * strides[a] : 0;
  shape[a] = count;
  if (count > 1) strides[a] *= step;
  return x.as_strided(shape, strides, offset);
}

Tensor narrow(const Tensor& x, Index axis, Index start, Index length) {
  const Index n = x.shape()[wrap_axis("narrow", axis, x.rank())], first = start < 0 ? start + n : start;
  if (first < 0 || length < 0 || length > n - first)
    fail<IndexError>("narrow: the range leaves the axis: ", length, " from ", start, " on axis ", axis, " of ",
                     x.shape());
  return slice(x, axis, first, first + length);
}

Tensor select(const Tensor& x, Index axis, Index position) {
  const Index a = wrap_axis("select", axis, x.rank());
  const Index n = x.shape()[a];
  if (position < -n || position >= n)
    fail<IndexError>("select: position is out of range: ", position, " on axis ", axis, " of ", x.shape());
  const Index i = position < 0 ? position + n : position;
  return squeeze(slice(x, a, i, i + 1), a);
}

}  // namespace gradus
