// exp, log, tanh and sigmoid as straight-line code that compilers turn into vector instructions (a loop over std::exp
// stays scalar: ten times slower). Each is within 2 units in the last place; NaN and the infinities keep their meaning,
// results below the smallest normal number are rounded like any other. Coefficients are those of the Taylor series:
// the intervals are so short that a minimax fit would gain nothing.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace gradus::kernels {

template <class T>
struct FloatTraits;
template <>
struct FloatTraits<float> {
  using Bits = std::int32_t;
  static constexpr int mantissa_bits = 23, bias = 127;
  static constexpr float exp_low = -104.f, exp_high = 89.f;
  // ln 2 in two parts; the product of the first with an integer below 2^8 is exact.
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
};
template <>
struct FloatTraits<double> {
  using Bits = std::int64_t;
  static constexpr int mantissa_bits = 52, bias = 1023;
  static constexpr double exp_low = -746., exp_high = 710.;
  static constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
};

template <class T>
struct ReducedExp {
  T r;  // x = k ln 2 + r, |r| <= ln 2 / 2
  typename FloatTraits<T>::Bits k;
};
template <class T>
inline ReducedExp<T> reduce_exp(T x) {
  using F = FloatTraits<T>;
  using Bits = typename F::Bits;
  // Adding 1.5 * 2^mantissa rounds to the nearest whole number and leaves it in the low bits.
  constexpr T magic = static_cast<T>(Bits{3} << (F::mantissa_bits - 1));
  const T shifted = x * static_cast<T>(1.4426950408889634) + magic;
  const T k = shifted - magic;
  return {(x - k * F::ln2_high) - k * F::ln2_low, std::bit_cast<Bits>(shifted) - std::bit_cast<Bits>(magic)};
}
/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2.
template <class T>
inline T exp_tail(T r) {
  if constexpr (sizeof(T) == 4) {
    return T(1. / 2) + r * (T(1. / 6) + r * (T(1. / 24) + r * (T(1. / 120) + r * (T(1. / 720) + r * T(1. / 5040)))));
  } else {
    const T high =
        T(1. / 40320) +
        r * (T(1. / 362880) +
             r * (T(1. / 3628800) + r * (T(1. / 39916800) + r * (T(1. / 479001600) + r * T(1. / 6227020800)))));
    return T(1. / 2) +
           r * (T(1. / 6) + r * (T(1. / 24) + r * (T(1. / 120) + r * (T(1. / 720) + r * (T(1. / 5040) + r * high)))));
  }
}
/// 2^k for a k within the range of normal numbers.
template <class T>
inline T power_of_two(typename FloatTraits<T>::Bits k) {
  using F = FloatTraits<T>;
  return std::bit_cast<T>(static_cast<typename F::Bits>((k + F::bias) << F::mantissa_bits));
}

template <class T>
inline T vec_exp(T x) {
  using F = FloatTraits<T>;
  const T cut = x > F::exp_high ? F::exp_high : x < F::exp_low ? F::exp_low : x;  // NaN passes
  const auto [r, k] = reduce_exp(cut);
  const T y = T(1) + (r + r * r * exp_tail(r));
  const auto half = k >> 1;  // in two steps, so that overflow and gradual underflow come out by themselves
  return y * power_of_two<T>(half) * power_of_two<T>(k - half);
}

/// Near 0 from Lambert's continued fraction x / (1 + x^2 / (3 + x^2 / (5 + ...))), as |x| minus a small correction;
/// further out from e^2x.
template <class T>
inline T vec_tanh(T x) {
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
inline T vec_sigmoid(T x) {
  const T e = vec_exp(-std::abs(x));
  return (x < T(0) ? e : T(1)) / (T(1) + e);
}

template <class T>
inline T vec_log(T x) {
  using F = FloatTraits<T>;
  using Bits = typename F::Bits;
  using Limits = std::numeric_limits<T>;
  // x = 2^k m with m in [sqrt(1/2), sqrt(2)); subnormal numbers are scaled up first.
  const bool tiny = x < Limits::min();
  const T scaled = tiny ? x * power_of_two<T>(F::mantissa_bits + 1) : x;
  const Bits bits = std::bit_cast<Bits>(scaled), sqrt_half = std::bit_cast<Bits>(static_cast<T>(0.70710678118654752));
  using Word = std::make_unsigned_t<Bits>;  // wraps around for negative x, whose result is not used
  const Bits k = static_cast<Bits>(static_cast<Word>(bits) - static_cast<Word>(sqrt_half)) >> F::mantissa_bits;
  const T m = std::bit_cast<T>(static_cast<Bits>(static_cast<Word>(bits) - (static_cast<Word>(k) << F::mantissa_bits)));
  const T n = static_cast<T>(k - (tiny ? F::mantissa_bits + 1 : 0));
  // log(1 + f) = f - f^2/2 + s (f^2/2 + R) with s = f / (2 + f), R = 2 (s^2/3 + s^4/5 + ...): f itself is exact.
  const T f = m - T(1), s = f / (T(2) + f), z = s * s;
  T series;
  if constexpr (sizeof(T) == 4) {
    series = z * (T(2. / 3) + z * (T(2. / 5) + z * (T(2. / 7) + z * T(2. / 9))));
  } else {
    const T high =
        T(2. / 13) + z * (T(2. / 15) + z * (T(2. / 17) + z * (T(2. / 19) + z * (T(2. / 21) + z * T(2. / 23)))));
    series = z * (T(2. / 3) + z * (T(2. / 5) + z * (T(2. / 7) + z * (T(2. / 9) + z * (T(2. / 11) + z * high)))));
  }
  const T square = T(0.5) * f * f;
  const T y = n * F::ln2_high - ((square - (s * (square + series) + n * F::ln2_low)) - f);
  const T finite_or_special = x == T(0) ? -Limits::infinity() : x < T(0) ? Limits::quiet_NaN() : y;
  return x > Limits::max() || x != x ? x : finite_or_special;
}

}  // namespace gradus::kernels
