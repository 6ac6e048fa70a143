#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/ops/index.hpp>
#include <gradus/autograd/ops/rearrange.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/ops/statistics.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/statistics.hpp>

#include <cmath>
#include <limits>

namespace gradus {
namespace {

/// The axes wrapped, and the result's shape with them kept as 1: what the rules need to spread a gradient.
struct Reduced {
  Axes axes;
  Shape kept;
  Index count;  // elements per result
};
Reduced reduced(const char* op, const Variable& x, const Axes& asked) {
  const Axes axes = wrap_axes(op, asked, x.rank());
  Index count = 1;
  for (const Index a : axes) count *= x.shape()[a];
  return {axes, reduced_shape(x.shape(), axes, true), count};
}
/// y with 1 in place of 0: a divisor.
Variable without_zeros(const Variable& y) { return y + to(y == 0, y.dtype()); }

}  // namespace

Variable var(const Variable& x) { return var(x, all_axes(x.rank())); }
Variable var(const Variable& x, const Axes& axes, double correction, bool keepdim) {
  Tensor y = var(x.data(), axes, correction, keepdim);
  const Reduced r = reduced("var", x, axes);
  const double scale = 2 / std::max(0.0, static_cast<double>(r.count) - correction);
  return record("var", std::move(y), edge(x, [r, scale](auto& g, auto& x) {
                  return reshape(g, r.kept) * scale * (x - mean(x, r.axes, true));
                }, x));
}
Variable stddev(const Variable& x) { return stddev(x, all_axes(x.rank())); }
Variable stddev(const Variable& x, const Axes& axes, double correction, bool keepdim) {
  Tensor y = stddev(x.data(), axes, correction, keepdim);
  const Reduced r = reduced("stddev", x, axes);
  const double n = std::max(0.0, static_cast<double>(r.count) - correction);
  return record("stddev", std::move(y), edge(x, [r, n](auto& g, auto& x, auto& y) {
                  return reshape(g / (without_zeros(y) * n), r.kept) * (x - mean(x, r.axes, true));
                }, x, output));
}

Variable prod(const Variable& x) { return prod(x, all_axes(x.rank())); }
Variable prod(const Variable& x, const Axes& asked, bool keepdim) {
  if (!recording() || !x.requires_grad()) return prod(x.data(), asked, keepdim);
  const Axes axes = wrap_axes("prod", asked, x.rank());
  const Shape shape = reduced_shape(x.shape(), axes, keepdim);
  Axes order;
  for (Index i = 0; i < x.rank(); ++i) if (!axes.contains(i)) order.push_back(i);
  for (const Index a : axes) order.push_back(a);
  const Index rows = shape.numel();
  Index n = 1;
  for (const Index a : axes) n *= x.shape()[a];
  if (n == 0) return sum(x, asked, keepdim) + 1;  // the product of nothing
  Variable y = reshape(permute(x, order), {rows, n});
  while (n > 1) {
    const Index half = n / 2;
    Variable pairs = slice(y, 1, 0, half) * slice(y, 1, half, 2 * half);
    y = n % 2 ? concat({pairs, slice(y, 1, n - 1)}, 1) : pairs;
    n = half + n % 2;
  }
  return reshape(y, shape);
}

namespace {
Variable extreme(const char* op, const Variable& x, Tensor y, const Reduced& r) {
  return record(op, std::move(y), edge(x, [r](auto& g, auto& x, auto& y) {
                  const Tensor hits = to(x.data() == reshape(y.data(), r.kept), x.dtype());
                  return reshape(g, r.kept) * (hits / sum(hits, r.axes, true));
                }, x, output));
}
}  // namespace
Variable amax(const Variable& x, const Axes& axes, bool keepdim) {
  return extreme("amax", x, amax(x.data(), axes, keepdim), reduced("amax", x, axes));
}
Variable amin(const Variable& x, const Axes& axes, bool keepdim) {
  return extreme("amin", x, amin(x.data(), axes, keepdim), reduced("amin", x, axes));
}

Variable norm(const Variable& x, double p) { return norm(x, p, all_axes(x.rank())); }
Variable norm(const Variable& x, double p, const Axes& axes, bool keepdim) {
  Tensor y = norm(x.data(), p, axes, keepdim);
  const Reduced r = reduced("norm", x, axes);
  return record("norm", std::move(y), edge(x, [r, p](auto& g, auto& x, auto& y) -> Variable {
                  const Variable spread = reshape(g, r.kept), top = reshape(y, r.kept);
                  if (p == 0) return zeros_like(x.data());
                  if (p == 1) return spread * sign(x.data());
                  if (p == 2) return spread / without_zeros(top) * x;
                  if (std::isinf(p)) {
                    const Tensor hits = to(abs(x.data()) == top.data(), x.dtype());
                    return spread * (sign(x.data()) * hits / sum(hits, r.axes, true));
                  }
                  return spread * pow(without_zeros(abs(x)) / without_zeros(top), p - 1) * sign(x.data());
                }, x, output));
}

Variable logsumexp(const Variable& x, const Axes& axes, bool keepdim) {
  Tensor y = logsumexp(x.data(), axes, keepdim);
  const Reduced r = reduced("logsumexp", x, axes);
  return record("logsumexp", std::move(y), edge(x, [r](auto& g, auto& x) -> Variable {
                  // Not e^(x - y): y is rounded, at 1e8 to a multiple of 8. Infinite tops: -inf - -inf would be NaN.
                  if (x.numel() == 0) return zeros_like(x.data());
                  const double most = x.dtype() == DType::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
                  const Variable e = exp(x - clamp(amax(x.data(), r.axes, true), -most, most));
                  return reshape(g, r.kept) * (e / without_zeros(sum(e, r.axes, true)));
                }, x));
}

Variable cumsum(const Variable& x, Index axis) {
  return record("cumsum", cumsum(x.data(), axis), edge(x, [axis](auto& g) {
                  return flip(cumsum(flip(g, {axis}), axis), {axis});
                }));
}
Variable cumprod(const Variable& x, Index axis) {
  if (!recording() || !x.requires_grad()) return cumprod(x.data(), axis);
  const Index n = x.shape()[wrap_axis("cumprod", axis, x.rank())];
  Variable y = x;
  for (Index step = 1; step < n; step *= 2)
    y = concat({slice(y, axis, 0, step), slice(y, axis, step) * slice(y, axis, 0, n - step)}, axis);
  return y;
}

}  // namespace gradus
