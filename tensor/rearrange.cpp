#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/rearrange.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>

namespace gradus {

// ---- pieces

std::vector<Index> split_sizes(const char* op, Index extent, Index size) {
  if (size < 1) fail<ValueError>(op, ": the size must be at least 1: got ", size);
  std::vector<Index> sizes;
  for (Index at = 0; at < extent || sizes.empty(); at += size) sizes.push_back(std::min(size, extent - at));
  return sizes;
}
void check_split(const char* op, const Shape& shape, Index axis, const std::vector<Index>& sizes) {
  Index total = 0;
  for (const Index n : sizes) {
    if (n < 0) fail<ValueError>(op, ": a size is negative: ", n);
    total = n > INT64_MAX - total ? INT64_MAX : total + n;
  }
  if (total != shape[wrap_axis(op, axis, shape.size())])
    fail<ValueError>(op, ": the sizes must add up to the extent: they make ", total, ", axis ", axis, " of ", shape);
}
std::vector<Tensor> split(const Tensor& x, const std::vector<Index>& sizes, Index axis) {
  check_split("split", x.shape(), axis, sizes);
  return cut(x, sizes, axis);
}
std::vector<Tensor> split(const Tensor& x, Index size, Index axis) {
  return split(x, split_sizes("split", x.shape()[wrap_axis("split", axis, x.rank())], size), axis);
}
std::vector<Index> chunk_sizes(const Shape& shape, Index count, Index axis) {
  if (count < 1) fail<ValueError>("chunk: the number of chunks must be at least 1: got ", count);
  const Index n = shape[wrap_axis("chunk", axis, shape.size())];
  return split_sizes("chunk", n, n ? (n - 1) / count + 1 : 1);
}
std::vector<Tensor> chunk(const Tensor& x, Index count, Index axis) {
  return split(x, chunk_sizes(x.shape(), count, axis), axis);
}

// ---- margins

Padding make_padding(const char* op, const Shape& shape, const std::vector<Index>& pads) {
  const auto axes = static_cast<Index>(pads.size() / 2);
  if (pads.size() % 2 || axes > shape.size())
    fail<ValueError>(op, ": needs two numbers per axis, from the last axis on: got ", pads.size(), " for ", shape);
  Padding p{shape, shape};
  for (Index i = 0; i < shape.size(); ++i) p.before[i] = p.behind[i] = 0;
  for (Index i = 0; i < axes; ++i) {
    const Index before = pads[static_cast<std::size_t>(2 * i)], behind = pads[static_cast<std::size_t>(2 * i + 1)];
    if (before < 0 || behind < 0)
      fail<ValueError>(op, ": a margin is negative: ", std::min(before, behind), " — use slice to cut");
    if (before > INT64_MAX / 4 || behind > INT64_MAX / 4)
      fail<ShapeError>(op, ": the margin is too large: ", std::max(before, behind));
    p.before[shape.size() - 1 - i] = before;
    p.behind[shape.size() - 1 - i] = behind;
  }
  return p;
}
Tensor pad(const Tensor& x, const std::vector<Index>& pads, Scalar value) {
  return pad(x, make_padding("pad", x.shape(), pads), value);
}
Tensor pad(const Tensor& x, const Padding& p, Scalar value) {
  value.check_fits(x.dtype(), "pad");
  Shape shape = x.shape();
  for (Index i = 0; i < x.rank(); ++i) shape[i] += p.before[i] + p.behind[i];
  Tensor y = full(shape, value, x.dtype());
  Tensor middle = y;
  for (Index i = 0; i < x.rank(); ++i) middle = slice(middle, i, p.before[i], p.before[i] + x.shape()[i]);
  middle.copy_from(x);
  return y;
}

Tensor padded_positions(Index n, Index before, Index behind, PadMode mode) {
  const Index limit = mode == PadMode::reflect ? n - 1 : mode == PadMode::circular ? n : n ? INT64_MAX : 0;
  if (before > limit || behind > limit)
    fail<ShapeError>("pad: the axis is too short for this margin: extent ", n, ", margins ", before, " and ", behind);
  Tensor positions({before + n + behind}, DType::i64);
  Index* out = positions.write<Index>();
  for (Index i = -before; i < n + behind; ++i) {
    if (mode == PadMode::replicate) *out++ = std::clamp<Index>(i, 0, n - 1);
    else if (mode == PadMode::circular) *out++ = (i + n) % n;
    else *out++ = i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
  }
  return positions;
}
Tensor pad(const Tensor& x, const std::vector<Index>& pads, PadMode mode) {
  const Padding p = make_padding("pad", x.shape(), pads);
  Tensor y = x;
  for (Index i = 0; i < x.rank(); ++i)
    if (p.before[i] || p.behind[i])
      y = index_select(y, i, padded_positions(x.shape()[i], p.before[i], p.behind[i], mode));
  return y.shares_memory_with(x) ? copy(y) : y;
}

// ---- order

Tensor flip(const Tensor& x, const Axes& asked) {
  const Axes axes = wrap_axes("flip", asked, x.rank());
  if (x.numel() == 0) return copy(x);
  Strides strides = x.strides();
  Index offset = 0;
  for (const Index a : axes) {
    offset += (x.shape()[a] - 1) * strides[a];
    strides[a] = -strides[a];
  }
  return copy(x.as_strided(x.shape(), strides, offset));  // negative strides are for this copy only
}
Tensor roll(const Tensor& x, Index shift, Index asked) {
  const Index axis = wrap_axis("roll", asked, x.rank()), n = x.shape()[axis];
  if (n == 0) return copy(x);
  const Index by = (shift % n + n) % n;
  return concat({slice(x, axis, n - by), slice(x, axis, 0, n - by)}, axis);
}
Shape repeat_from(const Shape& x, const Shape& times) {
  const Index lead = times.size() - x.size();
  if (lead < 0) fail<ShapeError>("repeat: needs a number for every axis: got ", times, " for ", x);
  Shape from;
  for (Index i = 0; i < times.size(); ++i) {
    from.push_back(i < lead ? 1 : x[i - lead]);
    if (times[i] < 0) fail<ValueError>("repeat: a number is negative: ", times);
    if (from[i] && times[i] > INT64_MAX / from[i])
      fail<ShapeError>("repeat: the size overflows: ", times, " times ", x);
  }
  return from;
}
Tensor repeated_positions(Index n, Index times) {
  Tensor positions({n * times}, DType::i64);
  Index* out = positions.write<Index>();
  for (Index i = 0; i < positions.numel(); ++i) out[i] = i % n;
  return positions;
}
Tensor repeat(const Tensor& x, const Shape& times) {
  Tensor y = reshape(x, repeat_from(x.shape(), times));
  for (Index i = 0; i < times.size(); ++i)
    if (times[i] != 1) y = index_select(y, i, repeated_positions(y.shape()[i], times[i]));
  return y.shares_memory_with(x) ? copy(y) : y;
}

// ---- triangles and diagonals

namespace {
Tensor triangle(const char* op, const Tensor& x, Index offset, bool lower) {
  if (x.rank() < 2) fail<ShapeError>(op, ": needs at least two axes: shape is ", x.shape());
  Tensor y = copy(x);
  const Index rows = x.size(-2), columns = x.size(-1), shift = std::clamp(offset, -rows, columns);
  if (y.numel() == 0) return y;
  dispatch(x.dtype(), [&]<class T>() {
    T* out = y.write<T>();
    for (Index row = 0; row < y.numel() / columns; ++row) {
      T* const line = out + row * columns;
      const Index edge = std::clamp<Index>(row % rows + shift + (lower ? 1 : 0), 0, columns);
      std::fill(lower ? line + edge : line, lower ? line + columns : line + edge, T(0));
    }
  });
  return y;
}
}  // namespace

Tensor tril(const Tensor& x, Index offset) { return triangle("tril", x, offset, true); }
Tensor triu(const Tensor& x, Index offset) { return triangle("triu", x, offset, false); }

Tensor diagonal(const Tensor& x, Index offset, Index axis_a, Index axis_b) {
  const Index a = wrap_axis("diagonal", axis_a, x.rank()), b = wrap_axis("diagonal", axis_b, x.rank());
  if (a == b) fail<ValueError>("diagonal: the axes are the same: ", axis_a, " and ", axis_b, " of ", x.shape());
  const Index shift = std::clamp(offset, -x.shape()[a], x.shape()[b]);
  const Index down = std::max<Index>(0, -shift), right = std::max<Index>(0, shift);
  const Index length = std::max<Index>(0, std::min(x.shape()[a] - down, x.shape()[b] - right));
  Shape shape, strides;
  for (Index i = 0; i < x.rank(); ++i) {
    if (i == a || i == b) continue;
    shape.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  shape.push_back(length);
  strides.push_back(x.strides()[a] + x.strides()[b]);
  return x.as_strided(shape, strides, length ? down * x.strides()[a] + right * x.strides()[b] : 0);
}
Tensor embed_diagonal(const Tensor& x, const Shape& shape, Index offset, Index axis_a, Index axis_b) {
  Tensor y = zeros(shape, x.dtype());
  Tensor place = diagonal(y, offset, axis_a, axis_b);
  if (!(place.shape() == x.shape()))
    fail<ShapeError>("embed_diagonal: the tensor does not fit: ", x.shape(), " on the diagonal ", offset, " of ",
                     shape);
  place.copy_from(x);
  return y;
}
Tensor diag(const Tensor& x) {
  if (x.rank() != 1) fail<ShapeError>("diag: needs one axis: shape is ", x.shape(), " — use diagonal to read one");
  return embed_diagonal(x, {x.numel(), x.numel()});
}

}  // namespace gradus
