#include <gradus/nn/init/random.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::nn::init {

namespace {
/// Whether dtype can hold the draws: none lies further than 9 standard deviations from the mean.
bool can_hold(DType dtype, double mean, double std) { return is_finite_in(dtype, std::abs(mean) + 9 * std); }
}  // namespace

Tensor uniform_(Target t, double low, double high, Generator& generator) {
  return t.value.copy_from(uniform(t.value.shape(), low, high, t.value.dtype(), generator));
}

Tensor normal_(Target t, double mean, double std, Generator& generator) {
  if (!(std >= 0) || !std::isfinite(mean) || !std::isfinite(std))
    fail<ValueError>("normal_: needs a finite mean and std >= 0: mean is ", mean, ", std is ", std);
  if (!can_hold(t.value.dtype(), mean, std))
    fail<ValueError>("normal_: ", t.value.dtype(), " cannot hold the draws: mean is ", mean, ", std is ", std);
  return t.value.copy_from(randn(t.value.shape(), t.value.dtype(), generator) * std + mean);
}

Tensor trunc_normal_(Target t, double mean, double std, double a, double b, Generator& generator) {
  if (!is_floating(t.value.dtype())) fail<DTypeError>("trunc_normal_: needs f32 or f64: got ", t.value.dtype());
  if (!(std > 0) || !std::isfinite(mean) || !std::isfinite(std))
    fail<ValueError>("trunc_normal_: needs a finite mean and std > 0: mean is ", mean, ", std is ", std);
  if (!can_hold(t.value.dtype(), mean, std))
    fail<ValueError>("trunc_normal_: ", t.value.dtype(), " cannot hold the draws: mean is ", mean, ", std is ", std);
  if (!(a <= b)) fail<ValueError>("trunc_normal_: needs a <= b: a is ", a, ", b is ", b);
  const double first = (a - mean) / std, last = (b - mean) / std, outside = std::max(first, -last);
  if (outside > 7)
    fail<ValueError>("trunc_normal_: [a, b] is too far from the mean to draw from: a is ", a, ", b is ", b,
                     ", mean is ", mean, ", std is ", std);
  if (outside > 2)
    warn(join("trunc_normal_: the mean ", mean, " lies more than 2 std outside [", a, ", ", b,
              "] — the bounds are values, not multiples of std"));
  // The inverse of the distribution function at a uniform draw: 2 P(z) - 1 is erf(z / sqrt 2). In f64 also for f32, whose
  // 24 bits are too coarse for the tails; and not from -1 itself, where the inverse is infinite.
  using std::numbers::sqrt2;
  const double low = std::max(std::erf(first / sqrt2), std::nextafter(-1.0, 0.0));
  const double high = std::min(std::erf(last / sqrt2), std::nextafter(1.0, 0.0));
  const Tensor z = erfinv(uniform(t.value.shape(), low, high, DType::f64, generator));
  return t.value.copy_from(clamp(z * (sqrt2 * std) + mean, a, b));
}

}  // namespace gradus::nn::init
