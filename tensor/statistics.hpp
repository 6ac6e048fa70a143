// Reductions beyond sum and mean: spread, products, extremes over several axes, norms, and running sums and products.
// Axes may be negative; keepdim leaves the reduced axes with extent 1.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// Sum of squared deviations from the mean over n - correction, two passes in f64 (correction 1: Bessel's). Infinite
/// or NaN where n <= correction, as in PyTorch. Throws ValueError over nothing. (No correction for all axes without their
/// list: var(x, {0}) would be taken for it.)
Tensor var(const Tensor& x);
Tensor var(const Tensor& x, const Axes& axes, double correction = 1, bool keepdim = false);
/// Its square root (std elsewhere, which C++ has taken), also where the variance itself leaves the range of numbers.
Tensor stddev(const Tensor& x);
Tensor stddev(const Tensor& x, const Axes& axes, double correction = 1, bool keepdim = false);
/// Do not compile: in sum(x, axes, true) it is keepdim that stands there.
template <class X, std::same_as<bool> B>
void var(const X&, const Axes&, B) {
  static_assert(detail::never<X>, "the correction comes before keepdim: var(x, axes, 1, true)");
}
template <class X, std::same_as<bool> B>
void stddev(const X&, const Axes&, B) {
  static_assert(detail::never<X>, "the correction comes before keepdim: stddev(x, axes, 1, true)");
}

/// Product; f32 is accumulated in f64, whole numbers and bool in i64, wrapping around. Over nothing: 1.
Tensor prod(const Tensor& x);
Tensor prod(const Tensor& x, const Axes& axes, bool keepdim = false);
/// The largest / smallest values over any axes; NaN where there is one. Throws ValueError over nothing.
Tensor amax(const Tensor& x, const Axes& axes, bool keepdim = false);
Tensor amin(const Tensor& x, const Axes& axes, bool keepdim = false);
/// (sum |x|^p)^(1/p), without overflow on the way; p = infinity: the largest |x|, -infinity: the smallest,
/// 0: how many are not 0. Throws ValueError for p = NaN, and for +-infinity over nothing.
Tensor norm(const Tensor& x, double p = 2);
Tensor norm(const Tensor& x, double p, const Axes& axes, bool keepdim = false);
/// Do not compile: norm(x, 1) could mean the order, as in PyTorch, or the axis, as in sum(x, 1). The order alone is a
/// floating number: norm(x, 1.0); axes stand after it: norm(x, 2, 1).
template <class X, std::integral T>
void norm(const X&, T) {
  static_assert(detail::never<X>, "norm(x, 1): the order is written norm(x, 1.0), an axis norm(x, 2, 1)");
}
template <class X>
void norm(const X&, std::initializer_list<Index>) {
  static_assert(detail::never<X>, "norm(x, {1}): the order comes before the axes: norm(x, 2, {1})");
}
/// log(sum(e^x)), computed from the largest value: no overflow. Over nothing: -infinity.
Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdim = false);

/// Sums (products) of the elements up to each position along an axis. f32 is accumulated in f64, bool in i64.
Tensor cumsum(const Tensor& x, Index axis);
Tensor cumprod(const Tensor& x, Index axis);

}  // namespace gradus
