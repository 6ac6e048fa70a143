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
#include <gradus/tensor/recurrence.hpp>
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
Tensor zero(const Variable& like) { return scalar_tensor(0, like.dtype()); }

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
                  const Variable spread = reshape(y, r.kept);
                  const Variable ratio = (x - mean(x, r.axes, true)) / masked_fill(spread, spread == 0, 1);
                  return reshape(g / n, r.kept) * masked_fill(ratio, spread == 0, 0);
                }, x, output));
}

Variable recurrence(const Variable& a, const Variable& b, Index axis) {
  return record("recurrence", recurrence(a.data(), b.data(), axis), edges<2>({a, b}, [axis](auto& g, auto& needs, auto& a, auto& y) {
                  const Variable h = flip(recurrence(flip(a, {axis}), flip(g, {axis}), axis), {axis});
                  return std::array{needs[0] ? slice(h, axis, 1) * slice(y, axis, 0, -1) : Variable(), h};
                }, a, output));
}

namespace {
/// The products of the elements before each one: 1, x_0, x_0 x_1, ...
Variable products_before(const Variable& x, Index axis) {
  Shape first = x.shape();
  first[wrap_axis("cumprod", axis, x.rank())] = 1;
  return concat({ones(first, x.dtype()), cumprod(slice(x, axis, 0, -1), axis)}, axis);
}
}  // namespace
// The rules divide by nothing, so that they are right at zeros, to any order; in f64, so that f32 does not overflow midway.
Variable cumprod(const Variable& x, Index axis) {
  return record("cumprod", cumprod(x.data(), axis), edge(x, [axis](auto& g, auto& x) -> Variable {
                  if (x.numel() == 0) return g;
                  const Variable wide = to(x, DType::f64);
                  // s_i = g_i + x_(i+1) s_(i+1) is what the factors behind x_i make of g.
                  const Variable s = recurrence(flip(slice(wide, axis, 1), {axis}), flip(to(g, DType::f64), {axis}), axis);
                  return products_before(wide, axis) * flip(s, {axis});
                }, x));
}
Variable prod(const Variable& x) { return prod(x, all_axes(x.rank())); }
Variable prod(const Variable& x, const Axes& asked, bool keepdim) {
  Tensor y = prod(x.data(), asked, keepdim);
  const Reduced r = reduced("prod", x, asked);
  Axes order;  // the reduced axes last
  for (Index i = 0; i < x.rank(); ++i) if (!r.axes.contains(i)) order.push_back(i);
  for (const Index a : r.axes) order.push_back(a);
  return record("prod", std::move(y), edge(x, [order, n = r.count](auto& g, auto& x) -> Variable {
                  if (x.numel() == 0) return x;
                  const Variable moved = permute(x, order), lines = to(reshape(moved, {-1, n}), DType::f64);
                  const Variable behind = flip(products_before(flip(lines, {1}), 1), {1});
                  const Variable others = products_before(lines, 1) * behind * reshape(g, {-1, 1});
                  return permute(reshape(others, moved.shape()), inverse_permutation(order));
                }, x));
}

namespace {
/// Elements that are the extreme share the gradient; NaN is one where it is the result.
Variable extreme(const char* op, const Variable& x, Tensor y, const Reduced& r) {
  return record(op, std::move(y), edge(x, [r](auto& g, auto& x, auto& y) {
                  const Tensor top = reshape(y.data(), r.kept), hits = (x.data() == top) | (isnan(x.data()) & isnan(top));
                  return where(hits, reshape(g, r.kept) / sum(to(hits, x.dtype()), r.axes, true), zero(g));
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
                  if (p == 2) return spread * where(top == 0, zero(x), x / top);
                  if (std::isinf(p)) {
                    const Tensor size = abs(x.data()), hits = (size == top.data()) | (isnan(size) & isnan(top.data()));
                    return where(hits, spread / sum(to(hits, x.dtype()), r.axes, true), zero(x)) * sign(x.data());
                  }
                  const Variable ratio = abs(x) / masked_fill(top, top == 0, 1);  // and 0 where x is 0, for p < 1 too
                  return masked_fill(expand(spread, x.shape()) * pow(masked_fill(ratio, x == 0, 1), p - 1), x == 0, 0) * sign(x.data());
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
                  const Variable total = sum(e, r.axes, true);
                  return reshape(g, r.kept) * (e / masked_fill(total, total == 0, 1));
                }, x));
}

Variable cumsum(const Variable& x, Index axis) {
  return record("cumsum", cumsum(x.data(), axis), edge(x, [axis](auto& g) {
                  return flip(cumsum(flip(g, {axis}), axis), {axis});
                }));
}

}  // namespace gradus
