#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/index.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/ops/statistics.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/sort.hpp>

namespace gradus {

Variable sum(const Variable& x) { return sum(x, all_axes(x.rank())); }
Variable sum(const Variable& x, const Axes& axes, bool keepdim) {
  const Shape kept = reduced_shape(x.shape(), wrap_axes("sum", axes, x.rank()), true);
  return record("sum", sum(x.data(), axes, keepdim), edge(x, [kept, from = x.shape()](auto& g) {
                  return expand(reshape(g, kept), from);
                }));
}
Variable mean(const Variable& x) { return mean(x, all_axes(x.rank())); }
Variable mean(const Variable& x, const Axes& axes, bool keepdim) {
  Tensor y = mean(x.data(), axes, keepdim);
  const Shape kept = reduced_shape(x.shape(), wrap_axes("mean", axes, x.rank()), true);
  const double n = y.numel() ? static_cast<double>(x.numel() / y.numel()) : 1;
  return record("mean", std::move(y), edge(x, [kept, from = x.shape(), n](auto& g) {
                  return expand(reshape(g / n, kept), from);
                }));
}

namespace {
VariableAndIndices extreme(const char* op, const Variable& x, ValuesAndIndices found, Index axis, bool keepdim) {
  Variable values = record(op, std::move(found.values), edge(x, [axis, keepdim, from = x.shape()](auto& g, auto& index) {
                             const Variable column = keepdim ? g : unsqueeze(g, axis);
                             return scatter_add(zeros(from, g.dtype()), axis, keepdim ? index.data() : unsqueeze(index, axis).data(), column);
                           }, Variable(found.indices)));
  return {std::move(values), std::move(found.indices)};
}
}  // namespace

VariableAndIndices max(const Variable& x, Index axis, bool keepdim) {
  return extreme("max", x, max(x.data(), axis, keepdim), axis, keepdim);
}
VariableAndIndices min(const Variable& x, Index axis, bool keepdim) {
  return extreme("min", x, min(x.data(), axis, keepdim), axis, keepdim);
}
Variable max(const Variable& x) { return amax(x, all_axes(x.rank())); }
Variable min(const Variable& x) { return amin(x, all_axes(x.rank())); }

namespace {
VariableAndIndices ordered(const char* op, const Variable& x, ValuesAndIndices found, Index asked) {
  const Index axis = x.rank() ? wrap_axis(op, asked, x.rank()) : 0;
  Variable values = record(op, std::move(found.values), edge(x, [axis, from = x.shape()](auto& g, auto& index) {
                             if (from.size() == 0) return g;
                             return scatter_add(zeros(from, g.dtype()), axis, index.data(), g);
                           }, Variable(found.indices)));
  return {std::move(values), std::move(found.indices)};
}
}  // namespace
VariableAndIndices sort(const Variable& x, Index axis, bool descending) {
  return ordered("sort", x, sort(x.data(), axis, descending), axis);
}
VariableAndIndices topk(const Variable& x, Index k, Index axis, bool largest) {
  return ordered("topk", x, topk(x.data(), k, axis, largest), axis);
}
Tensor argmax(const Variable& x, Index axis, bool keepdim) { return argmax(x.data(), axis, keepdim); }
Tensor argmin(const Variable& x, Index axis, bool keepdim) { return argmin(x.data(), axis, keepdim); }

Variable sum_to(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record("sum_to", sum_to(x.data(), shape), edge(x, [from = x.shape()](auto& g) { return expand(g, from); }));
}

}  // namespace gradus
