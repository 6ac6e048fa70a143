#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/index.hpp>

namespace gradus {

Variable reshape(const Variable& x, const Shape& shape) {
  return record("reshape", reshape(x.data(), shape), edge(x, [from = x.shape()](auto& g) { return reshape(g, from); }));
}
Variable view(const Variable& x, const Shape& shape) {
  static_cast<void>(view(x.data(), shape));  // checks the strides
  return reshape(x, shape);
}
Variable flatten(const Variable& x, Index first, Index last) {
  return reshape(x, flatten(x.data(), first, last).shape());
}
Variable transpose(const Variable& x) {
  return record("transpose", transpose(x.data()), edge(x, [](auto& g) { return transpose(g); }));
}
Variable transpose(const Variable& x, Index axis_a, Index axis_b) {
  return record("transpose", transpose(x.data(), axis_a, axis_b), edge(x, [axis_a, axis_b](auto& g) {
                  return transpose(g, axis_a, axis_b);
                }));
}
Variable permute(const Variable& x, const Axes& axes) {
  Tensor y = permute(x.data(), axes);
  return record("permute", std::move(y), edge(x, [inverse = inverse_permutation(wrap_axes("permute", axes, x.rank()))](auto& g) {
                  return permute(g, inverse);
                }));
}
Variable expand(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record("expand", expand(x.data(), shape), edge(x, [from = x.shape()](auto& g) { return sum_to(g, from); }));
}
Variable squeeze(const Variable& x, const Axes& axes) {
  return record("squeeze", squeeze(x.data(), axes), edge(x, [from = x.shape()](auto& g) { return reshape(g, from); }));
}
Variable unsqueeze(const Variable& x, Index axis) {
  return record("unsqueeze", unsqueeze(x.data(), axis), edge(x, [from = x.shape()](auto& g) { return reshape(g, from); }));
}
Variable slice(const Variable& x, Index axis, Index start, Index stop, Index step) {
  Tensor y = slice(x.data(), axis, start, stop, step);
  const Index first = slice_range("slice", x.size(axis), start, stop, step).start;
  return record("slice", std::move(y), edge(x, [from = x.shape(), axis, first, step](auto& g) {
                  return embed(g, from, axis, first, step);
                }));
}
Variable narrow(const Variable& x, Index axis, Index start, Index length) {
  static_cast<void>(narrow(x.data(), axis, start, length));  // checks the range
  const Index first = start < 0 ? start + x.size(axis) : start;
  return slice(x, axis, first, first + length);
}
Variable select(const Variable& x, Index axis, Index position) {
  static_cast<void>(select(x.data(), axis, position));  // checks the position
  const Index i = position < 0 ? position + x.size(axis) : position;
  return squeeze(slice(x, axis, i, i + 1), axis);
}
Variable embed(const Variable& x, const Shape& shape, Index axis, Index start, Index step) {
  return record("embed", embed(x.data(), shape, axis, start, step), edge(x, [axis, start, step, n = x.size(axis)](auto& g) {
                  return slice(g, axis, start, n ? start + (n - 1) * step + 1 : start, step);
                }));
}

}  // namespace gradus
