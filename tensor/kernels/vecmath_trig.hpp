// Sine and cosine, up to 2^20 as vector code; see vecmath.hpp. Further out, std::sin has the digits of pi that it takes.
#pragma once
#include <gradus/tensor/dtype.hpp>
#include <gradus/tensor/kernels/simd.hpp>
#include <gradus/tensor/kernels/vecmath.hpp>

#include <algorithm>

namespace gradus::kernels {

struct ReducedAngle {
  double r, rest;  // x = quarter pi / 2 + r + rest, |r| <= pi / 4
  std::int64_t quarter;
};
/// For f32 in two steps of f64; for f64 pi / 2 is taken in four parts, because x may be within 2^-60 of a multiple.
template <class T>
GRADUS_INLINE ReducedAngle reduce_angle(T argument) {
  const double x = static_cast<double>(argument);
  const auto k = nearest_whole(x * 0.63661977236758134);
  const double first = x - k.value * 0x1.921fb544p+0;  // exact, as is each product with a short part of pi / 2
  if constexpr (sizeof(T) == 4) return {first - k.value * 0x1.0b4611a626331p-34, 0, k.bits};
  const double b = k.value * 0x1.0b4611a6p-34, second = first - b, b_back = first - second;
  const double second_lost = (first - (second + b_back)) + (b_back - b);
  const double c = k.value * 0x1.3198a2ep-69, third = second - c, c_back = second - third;
  const double third_lost = (second - (third + c_back)) + (c_back - c);
  const double lost = second_lost + (third_lost - k.value * 0x1.b839a252049c1p-104), r = third + lost;
  return {r, (third - r) + lost, k.bits};
}
/// sin(x) for quarter 0, the next quarters for cos(x), -sin(x), -cos(x); T only says how many terms it takes.
template <class T>
GRADUS_INLINE double sine_of(const ReducedAngle& a, std::int64_t quarter) {
  const double r = a.r, z = r * r, half = 0.5 * z;
  const double s = horner<terms<T>(5, 8)>(z, -1. / 6, 1. / 120, -1. / 5040, 1. / 362880, -1. / 39916800,
                                          1. / 6227020800, -1. / 1307674368000, 1. / 355687428096000);
  const double c = horner<terms<T>(4, 7)>(z, 1. / 24, -1. / 720, 1. / 40320, -1. / 3628800, 1. / 479001600,
                                          -1. / 87178291200, 1. / 20922789888000);
  const double sine = r + (r * z * s + a.rest * (1 - half));
  const double cosine_high = 1 - half, cosine = cosine_high + (((1 - cosine_high) - half) + (z * z * c - r * a.rest));
  const std::int64_t y = std::bit_cast<std::int64_t>(quarter & 1 ? cosine : sine);
  return std::bit_cast<double>(y ^ static_cast<std::int64_t>(static_cast<std::uint64_t>(quarter & 2) << 62));
}
template <class T>
GRADUS_INLINE T vec_sin(T x) {
  const auto a = reduce_angle(x);
  return x == T(0) ? x : static_cast<T>(sine_of<T>(a, a.quarter));  // -0 stays
}
template <class T>
GRADUS_INLINE T vec_cos(T x) {
  const auto a = reduce_angle(x);
  return static_cast<T>(sine_of<T>(a, a.quarter + 1));
}

/// y[i] = fast(x[i]) where no x of the block is larger than 2^20 (or NaN), else exact(x[i]). y may be x.
template <class T, class Fast, class Exact>
void angle_loop(T* y, const T* x, Index begin, Index end, Fast fast, Exact exact) {
  constexpr Index block = 256;
  for (; begin < end; begin += block) {
    const Index stop = std::min(end, begin + block);
    typename FloatTraits<T>::Bits far = 0;  // as wide as T, so that this loop becomes vector code, too
    for (Index i = begin; i < stop; ++i) far |= std::abs(x[i]) <= T(0x1p20) ? 0 : 1;
    if (far == 0) {
      GRADUS_IVDEP
      for (Index i = begin; i < stop; ++i) y[i] = fast(x[i]);
    } else {
      for (Index i = begin; i < stop; ++i) y[i] = std::abs(x[i]) <= T(0x1p20) ? fast(x[i]) : exact(x[i]);
    }
  }
}

}  // namespace gradus::kernels
