// Logarithms and the inverse hyperbolic functions, which are logarithms; see vecmath.hpp.
#pragma once
#include <gradus/tensor/kernels/vecmath.hpp>

namespace gradus::kernels {

template <class T>
struct SplitLog {
  T n, f;  // x = 2^n (1 + f), 1 + f in [sqrt(1/2), sqrt(2))
};
template <class T>
GRADUS_INLINE SplitLog<T> split_log(T x) {
  using F = FloatTraits<T>;
  using Bits = typename F::Bits;
  using Word = std::make_unsigned_t<Bits>;  // wraps around for negative x, whose result is not used
  constexpr auto word = [](T v) { return static_cast<Word>(std::bit_cast<Bits>(v)); };
  constexpr Word one = word(T(1)), mantissa = (Word{1} << F::mantissa_bits) - 1;
  constexpr Word sqrt_half = word(static_cast<T>(0.70710678118654752));
  constexpr T shift = static_cast<T>(Word{1} << F::mantissa_bits);  // a whole number in its low bits is added to it
  const bool tiny = x < std::numeric_limits<T>::min();              // subnormal numbers are scaled up first
  const Word bits = word(tiny ? x * power_of_two<T>(F::mantissa_bits + 1) : x) - sqrt_half + one;
  const T biased = std::bit_cast<T>(static_cast<Word>(word(shift) | (bits >> F::mantissa_bits))) - shift;
  const T m = std::bit_cast<T>(static_cast<Word>((bits & mantissa) + sqrt_half));
  return {biased - static_cast<T>(tiny ? F::bias + F::mantissa_bits + 1 : F::bias), m - T(1)};
}
/// 2 (s^2/3 + s^4/5 + ...) with z = s^2: log((1 + s) / (1 - s)) = 2 s + s R.
template <class T>
GRADUS_INLINE T log_series(T z) {
  return z * horner<terms<T>(4, 11)>(z, 2. / 3, 2. / 5, 2. / 7, 2. / 9, 2. / 11, 2. / 13, 2. / 15, 2. / 17, 2. / 19,
                                     2. / 21, 2. / 23);
}
/// log(1 + f) + n ln 2 + rest. log(1 + f) = f - f^2/2 + s (f^2/2 + R) with s = f / (2 + f): f itself is exact.
template <class T>
GRADUS_INLINE T join_log(T n, T f, T rest) {
  using F = FloatTraits<T>;
  const T s = f / (T(2) + f), square = T(0.5) * f * f;
  return n * F::ln2_high - ((square - (s * (square + log_series(s * s)) + (n * F::ln2_low + rest))) - f);
}
/// y = the logarithm of x; where x has none or an infinite one, that.
template <class T>
GRADUS_INLINE T special_log(T x, T y) {
  using Limits = std::numeric_limits<T>;
  const T finite_or_special = x == T(0) ? -Limits::infinity() : x < T(0) ? Limits::quiet_NaN() : y;
  return x > Limits::max() || x != x ? x : finite_or_special;
}
template <class T>
GRADUS_INLINE T vec_log(T x) {
  const auto [n, f] = split_log(x);
  return special_log(x, join_log(n, f, T(0)));
}

/// The logarithm to another base, from log_b 2 and log_b e in two parts each, the first ones short. log(1 + f) is taken
/// in two parts, too, so that the products of the first parts are exact.
GRADUS_INLINE double log_to_base(double x, double log_2, double log_2_rest, double log_e, double log_e_rest) {
  const auto [n, f] = split_log(x);
  const double s = f / (2 + f), square = 0.5 * f * f;
  const double high = leading_bits(f - square, 32);
  const double low = ((f - high) - square) + s * (square + log_series(s * s));
  const double whole = n * log_2, sum = whole + high * log_e, error = (whole - sum) + high * log_e;
  return special_log(x, sum + (error + (low * log_e + ((high + low) * log_e_rest + n * log_2_rest))));
}
template <class T>
GRADUS_INLINE T vec_log2(T x) {
  return static_cast<T>(log_to_base(x, 1, 0, 0x1.715476p+0, 0x1.4ae0bf85ddf44p-26));
}
template <class T>
GRADUS_INLINE T vec_log10(T x) {
  return static_cast<T>(
      log_to_base(x, 0x1.34413509f78p-2, 0x1.fef311f12b358p-46, 0x1.bcb7b152p-2, 0x1.b9438ca9aadd5p-36));
}

/// log(1 + x + rest) + n ln 2, the rest below x's precision: what 1 + x loses is added back.
template <class T>
GRADUS_INLINE T log_one_plus(T x, T rest, T n) {
  const T u = T(1) + x, added = u - T(1), lost = (T(1) - (u - added)) + (x - added);
  const auto [k, f] = split_log(u);
  const bool small = k == T(0);  // then x itself is f, and nothing was lost
  const T y = join_log(k + n, small ? x : f, ((small ? T(0) : lost) + rest) / u);
  return special_log(x > std::numeric_limits<T>::max() ? x : u, y);
}
template <class T>
GRADUS_INLINE T vec_log1p(T x) {
  return std::copysign(log_one_plus(x, T(0), T(0)), x);  // -0 stays
}

/// log(x + sqrt(x^2 + 1)); where x^2 could overflow, log(2 x).
template <class T>
GRADUS_INLINE T vec_asinh(T x) {
  const T size = std::abs(x), z = x * x, far = sizeof(T) == 4 ? T(0x1p30) : T(0x1p60);
  const T more = z / (T(1) + std::sqrt(T(1) + z)), sum = size + more, rest = (size - sum) + more;
  const bool large = size > far;
  return std::copysign(log_one_plus(large ? size : sum, large ? T(0) : rest, large ? T(1) : T(0)), x);
}
/// log(x + sqrt(x^2 - 1)) in terms of t = x - 1, which is exact near 1.
template <class T>
GRADUS_INLINE T vec_acosh(T x) {
  const T t = x - T(1), far = sizeof(T) == 4 ? T(0x1p30) : T(0x1p60);
  const T root = std::sqrt(T(2) * t + t * t), sum = root + t, rest = (root - sum) + t;
  const bool large = x > far;
  const T y = log_one_plus(large ? x : sum, large ? T(0) : rest, large ? T(1) : T(0));
  return x < T(1) ? std::numeric_limits<T>::quiet_NaN() : y;
}
template <class T>
GRADUS_INLINE T vec_atanh(T x) {
  const T size = std::abs(x), near = size + size * (T(0.5) * log_series(x * x));
  // (1 + x) / (1 - x) = 1 + q; what 1 - x loses, q gets back.
  const T less = T(1) - size, lost = (T(1) - less) - size, q = (size + size) / less;
  const T far = T(0.5) * log_one_plus(q, -q * lost * (T(1) + T(0.5) * q), T(0));
  return std::copysign(size < T(0.17) ? near : far, x);
}

}  // namespace gradus::kernels
