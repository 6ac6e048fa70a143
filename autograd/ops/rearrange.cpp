#include <gradus/autograd/ops/index.hpp>
#include <gradus/autograd/ops/rearrange.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>

#include <algorithm>

namespace gradus {

std::vector<Variable> split(const Variable& x, const std::vector<Index>& sizes, Index axis) {
  check_split("split", x.shape(), axis, sizes);
  return cut(x, sizes, axis);
}
std::vector<Variable> split(const Variable& x, Index size, Index axis) {
  return split(x, split_sizes("split", x.shape()[wrap_axis("split", axis, x.rank())], size), axis);
}
std::vector<Variable> chunk(const Variable& x, Index count, Index axis) {
  return split(x, chunk_sizes(x.shape(), count, axis), axis);
}

Variable pad(const Variable& x, const std::vector<Index>& pads, Scalar value) {
  const Padding p = make_padding("pad", x.shape(), pads);
  return record("pad", pad(x.data(), p, value), edge(x, [p, from = x.shape()](auto& g) {
                  Variable middle = g;
                  for (Index i = 0; i < from.size(); ++i)
                    if (p.before[i] || p.behind[i]) middle = slice(middle, i, p.before[i], p.before[i] + from[i]);
                  return middle;
                }));
}
Variable pad(const Variable& x, const std::vector<Index>& pads, PadMode mode) {
  const Padding p = make_padding("pad", x.shape(), pads);
  Variable y = x;
  for (Index i = 0; i < x.rank(); ++i)
    if (p.before[i] || p.behind[i])
      y = index_select(y, i, padded_positions(x.shape()[i], p.before[i], p.behind[i], mode));
  return y;
}

Variable flip(const Variable& x, const Axes& axes) {
  return record("flip", flip(x.data(), axes), edge(x, [axes](auto& g) { return flip(g, axes); }));
}
Variable roll(const Variable& x, Index shift, Index axis) {
  return record("roll", roll(x.data(), shift, axis), edge(x, [shift, axis](auto& g) {
                  return roll(g, -(shift % std::max<Index>(1, g.size(axis))), axis);
                }));
}
Variable repeat(const Variable& x, const Shape& times) {
  Variable y = reshape(x, repeat_from(x.shape(), times));
  for (Index i = 0; i < times.size(); ++i)
    if (times[i] != 1) y = index_select(y, i, repeated_positions(y.shape()[i], times[i]));
  return y;
}

Variable tril(const Variable& x, Index offset) {
  return record("tril", tril(x.data(), offset), edge(x, [offset](auto& g) { return tril(g, offset); }));
}
Variable triu(const Variable& x, Index offset) {
  return record("triu", triu(x.data(), offset), edge(x, [offset](auto& g) { return triu(g, offset); }));
}
Variable diagonal(const Variable& x, Index offset, Index axis_a, Index axis_b) {
  return record("diagonal", diagonal(x.data(), offset, axis_a, axis_b), edge(x, [from = x.shape(), offset, axis_a, axis_b](auto& g) {
                  return embed_diagonal(g, from, offset, axis_a, axis_b);
                }));
}
Variable embed_diagonal(const Variable& x, const Shape& shape, Index offset, Index axis_a, Index axis_b) {
  return record("embed_diagonal", embed_diagonal(x.data(), shape, offset, axis_a, axis_b), edge(x, [offset, axis_a, axis_b](auto& g) {
                  return diagonal(g, offset, axis_a, axis_b);
                }));
}
Variable diag(const Variable& x) {
  if (x.rank() != 1) fail<ShapeError>("diag: needs one axis: shape is ", x.shape(), " — use diagonal to read one");
  return embed_diagonal(x, {x.numel(), x.numel()});
}

}  // namespace gradus
