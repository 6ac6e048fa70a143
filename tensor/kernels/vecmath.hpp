// The exponential family as straight-line code that compilers turn into vector instructions (a loop over std::exp stays
// scalar: ten times slower). vecmath_log.hpp, vecmath_erf.hpp and vecmath_trig.hpp have the others. Each function is
// within 2 units in the last place; NaN and the infinities keep their meaning, results below the smallest normal number
// are rounded like any other. Coefficients are those of the Taylor series: the intervals are so short that a minimax
// fit would gain nothing.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

/// On a function that is too long to be inlined by itself, but must be for its caller's loop to become vector code, and
/// on the lambda around it.
#define GRADUS_INLINE [[gnu::always_inline]] inline
#define GRADUS_INLINED __attribute__((always_inline))

namespace gradus::kernels {

template <class T>
struct FloatTraits;
template <>
struct FloatTraits<float> {
  using Bits = std::int32_t;
  static constexpr int mantissa_bits = 23, bias = 127;
  static constexpr float exp_low = -104.f, exp_high = 90.f;
  // ln 2 in two parts; the product of the first with an integer below 2^8 is exact.
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
};
template <>
struct FloatTraits<double> {
  using Bits = std::int64_t;
  static constexpr int mantissa_bits = 52, bias = 1023;
  static constexpr double exp_low = -746., exp_high = 711.;
  static constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
};

/// The first n of the coefficients as a polynomial: c0 + x (c1 + x (c2 + ...)).
template <int n, class T, class... C>
GRADUS_INLINE T horner(T x, double c0, C... more) {
  if constexpr (n == 1) return static_cast<T>(c0);
  else return static_cast<T>(c0) + x * horner<n - 1>(x, more...);
}
/// How many terms a series needs in T.
template <class T>
constexpr int terms(int f32, int f64) {
  return sizeof(T) == 4 ? f32 : f64;
}
/// x with its lowest bits cleared, so that products with another short number are exact.
template <class T>
GRADUS_INLINE T leading_bits(T x, int cleared) {
  using Bits = typename FloatTraits<T>::Bits;
  return std::bit_cast<T>(static_cast<Bits>(std::bit_cast<Bits>(x) & -(Bits{1} << cleared)));
}

/// The nearest whole number: adding 1.5 * 2^mantissa_bits rounds to it and leaves it in the low bits.
template <class T>
struct Rounded {
  T value;
  typename FloatTraits<T>::Bits bits;
};
template <class T>
GRADUS_INLINE Rounded<T> nearest_whole(T x) {
  using Bits = typename FloatTraits<T>::Bits;
  constexpr T magic = static_cast<T>(Bits{3} << (FloatTraits<T>::mantissa_bits - 1));
  const T shifted = x + magic;
  return {shifted - magic, std::bit_cast<Bits>(shifted) - std::bit_cast<Bits>(magic)};
}

template <class T>
struct ReducedExp {
  T r, rest;  // x = k ln 2 + r + rest, |r| <= ln 2 / 2, the rest below r's precision
  typename FloatTraits<T>::Bits k;
};
template <class T>
GRADUS_INLINE ReducedExp<T> reduce_exp(T x) {
  using F = FloatTraits<T>;
  const auto k = nearest_whole(x * static_cast<T>(1.4426950408889634));
  const T high = x - k.value * F::ln2_high, r = high - k.value * F::ln2_low;
  return {r, (high - r) - k.value * F::ln2_low, k.bits};
}
/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2.
template <class T>
GRADUS_INLINE T exp_tail(T r) {
  return horner<terms<T>(6, 12)>(r, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880,
                                 1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800);
}
/// 2^k for a k within the range of normal numbers.
template <class T>
GRADUS_INLINE T power_of_two(typename FloatTraits<T>::Bits k) {
  using F = FloatTraits<T>;
  return std::bit_cast<T>(static_cast<typename F::Bits>((k + F::bias) << F::mantissa_bits));
}
/// y 2^k in two steps, so that overflow and gradual underflow come out by themselves.
template <class T>
GRADUS_INLINE T scale(T y, typename FloatTraits<T>::Bits k) {
  const auto half = k >> 1;
  return y * power_of_two<T>(half) * power_of_two<T>(k - half);
}
template <class T>
GRADUS_INLINE T clamp(T x, T low, T high) {
  return x > high ? high : x < low ? low : x;  // NaN passes
}

/// e^x 2^shift
template <class T>
GRADUS_INLINE T vec_exp(T x, int shift = 0) {
  using F = FloatTraits<T>;
  const auto e = reduce_exp(clamp(x, F::exp_low, F::exp_high));
  return scale(T(1) + (e.r + e.r * e.r * exp_tail(e.r)), e.k + shift);
}

template <class T>
GRADUS_INLINE T vec_exp2(T x) {
  using F = FloatTraits<T>;
  const T cut = clamp(x, static_cast<T>(-F::bias - F::mantissa_bits - 2), static_cast<T>(F::bias + 2));
  const auto k = nearest_whole(cut);
  const T r = (cut - k.value) * static_cast<T>(0.69314718055994531);
  return scale(T(1) + (r + r * r * exp_tail(r)), k.bits);
}

/// 2^k (1 + r + r^2 ...) - 1, the large terms added first and their rounding error with the small ones.
template <class T>
GRADUS_INLINE T vec_expm1(T x) {
  using F = FloatTraits<T>;
  const auto e = reduce_exp(clamp(x, T(-40), F::exp_high));
  const auto above = e.k > F::bias ? e.k - F::bias : 0;  // at the edge of overflow 2^k itself is infinite
  const T power = power_of_two<T>(e.k - above), whole = power - T(1), part = power * e.r;
  const T sum = whole + part, error = (whole - sum) + part;
  const T y = sum + (error + power * (e.r * e.r * exp_tail(e.r) + e.rest));
  return std::copysign(y * power_of_two<T>(above), x);  // -0 stays
}

template <class T>
GRADUS_INLINE T vec_sinh(T x) {
  const T size = std::abs(x), z = x * x;
  const T near = size + size * (z * horner<terms<T>(5, 9)>(z, 1. / 6, 1. / 120, 1. / 5040, 1. / 362880, 1. / 39916800,
                                                           1. / 6227020800, 1. / 1307674368000, 1. / 355687428096000,
                                                           1. / 121645100408832000));
  const T half = vec_exp(size, -1);
  return std::copysign(size < T(1) ? near : half - T(0.25) / half, x);
}
template <class T>
GRADUS_INLINE T vec_cosh(T x) {
  const T half = vec_exp(std::abs(x), -1);
  return half + T(0.25) / half;
}

/// Near 0 from Lambert's continued fraction x / (1 + x^2 / (3 + x^2 / (5 + ...))), as |x| minus a small correction;
/// further out from e^2x.
template <class T>
GRADUS_INLINE T vec_tanh(T x) {
  const T size = std::abs(x), z = x * x;
  T over, under;
  if constexpr (sizeof(T) == 4) {
    over = T(315) + z * T(14);
    under = T(945) + z * (T(420) + z * T(15));
  } else {
    over = T(11486475) + z * (T(810810) + z * (T(12870) + z * T(44)));
    under = T(34459425) + z * (T(16216200) + z * (T(945945) + z * (T(13860) + z * T(45))));
  }
  const T near = size - size * (z * (over / under));
  const T cut = size > T(20) ? T(20) : size;  // tanh is 1 there; NaN passes
  const T far = T(1) - T(2) / (vec_exp(cut + cut) + T(1));
  return std::copysign(size < T(0.55) ? near : far, x);
}

template <class T>
GRADUS_INLINE T vec_sigmoid(T x) {
  const T e = vec_exp(-std::abs(x));
  const T sum = T(1) + e, error = (T(1) - sum) + e;
  const T y = (x < T(0) ? e : T(1)) / sum;
  return y - y * error * (x < T(0) ? T(1) - y : y);  // 1 / sum is sigmoid(|x|)
}

}  // namespace gradus::kernels
