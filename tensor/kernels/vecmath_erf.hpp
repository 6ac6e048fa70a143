// The error function, its complement and its inverse; see vecmath.hpp. The polynomials that are no Taylor series were
// printed by tests/golden/erf_coefficients.py.
#pragma once
#include <gradus/tensor/kernels/vecmath_log.hpp>

namespace gradus::kernels {

inline constexpr double two_by_sqrt_pi = 1.1283791670955126;

/// erf(x) / x - 1 for z = x^2 <= 1.
template <class T>
GRADUS_INLINE T erf_slope(T z) {
  const T series =
      horner<terms<T>(10, 17)>(z, -1. / 3, 1. / 10, -1. / 42, 1. / 216, -1. / 1320, 1. / 9360, -1. / 75600, 1. / 685440,
                               -1. / 6894720, 1. / 76204800, -1. / 918086400, 1. / 11975040000, -1. / 168129561600,
                               1. / 2528170444800, -1. / 40537905408000, 1. / 690452066304000, -1. / 12449059983360000);
  return static_cast<T>(two_by_sqrt_pi - 1) + static_cast<T>(two_by_sqrt_pi) * (z * series);
}

/// (x + 2) e^(x^2) erfc(x) for v = (3 - x) / (x + 2), x >= 0.5: this number and what is added to it, in terms enough for
/// results in f32 or f64.
inline constexpr double scaled_erfc_middle = 0.89500575590694975;
template <bool f64, class T>
GRADUS_INLINE T scaled_erfc(T v) {
  if constexpr (!f64)
    return v * horner<11>(v, 0.46430074446607333, 0.16193908629280732, 0.025918932233068157, -0.0055216198621096827,
                          -0.003016739207414316, 0.00032452388844112344, 0.00035567877638965578, -4.6706796018941784e-5,
                          -4.471165423326059e-5, 6.6824075986789718e-6, 4.2340526049651022e-6);
  else
    return v * horner<24>(v, 0.46430074427237212, 0.16193915053222325, 0.025918946162114944, -0.0055223821607586187,
                          -0.0030169006447370421, 0.00032789200971678959, 0.00035635719561008209,
                          -5.3646315454669497e-5, -4.5974232936527609e-5, 1.3752783559596128e-5, 5.2422036217506533e-6,
                          -3.4002635265952959e-6, -1.6111998577341278e-7, 6.8687712064568143e-7, -1.7011049726019547e-7,
                          -8.7211535391274887e-8, 6.8029156461544639e-8, -4.9376881033747268e-9, -1.5150973610388795e-8,
                          6.2672320510734598e-9, 1.9723089417152056e-9, -1.6558549137949858e-9, -1.0877488259638229e-10,
                          1.8305169589872785e-10);
}
/// erfc(x) for x >= 0.5, to within a few units of T.
template <bool f64, class T>
GRADUS_INLINE T far_erfc(T x) {
  const T u = T(1) / (x + T(2));
  return vec_exp(-x * x) * ((static_cast<T>(scaled_erfc_middle) + scaled_erfc<f64>((T(3) - x) * u)) * u);
}

template <class T>
GRADUS_INLINE T vec_erf(T x) {
  const T size = std::abs(x), near = size + size * erf_slope(x * x);
  const T far = T(1) - far_erfc<sizeof(T) == 8>(size > T(28) ? T(28) : size);  // NaN passes
  return std::copysign(size < T(1) ? near : far, x);
}

/// far_erfc with the rounding error of each step carried along: of x^2, e^(-x^2), x + 2, v, the polynomial, the product.
GRADUS_INLINE double exact_far_erfc(double x) {
  const double z = x * x, z_rest = std::fma(x, x, -z);
  const auto e = reduce_exp(-z);
  const double r = e.r + (e.rest - z_rest), r_rest = (e.rest - z_rest) - (r - e.r);
  const double power = 1 + r, power_rest = (r - (power - 1)) + (r * r * exp_tail(r) + r_rest);

  const double d = x + 2, d_rest = x < 2 ? (2 - d) + x : (x - d) + 2, u = 1 / d;
  const double v = (3 - x) * u, v_rest = (std::fma(-v, d, 3 - x) - v * d_rest) * u;
  const double more = scaled_erfc<true>(v), factor = scaled_erfc_middle + more;
  const double factor_rest = ((scaled_erfc_middle - factor) + more) + v_rest * (0.4643 + 0.3239 * v);

  const double product = power * factor;
  const double product_rest = std::fma(power, factor, -product) + (power * factor_rest + power_rest * factor);
  const double y = product / d, remainder = std::fma(-y, d, product) + (product_rest - y * d_rest);
  return scale(y + remainder * u, e.k);
}
template <class T>
GRADUS_INLINE T vec_erfc(T x) {
  const double wide = static_cast<double>(x), size = std::abs(wide), cut = size > 28 ? 28 : size;
  const double near = wide + wide * static_cast<double>(erf_slope(static_cast<T>(wide * wide)));
  const double far = sizeof(T) == 4 ? far_erfc<false>(cut) : exact_far_erfc(cut);
  return static_cast<T>(size < 0.5 ? 1 - near : wide < 0 ? 2 - far : far);
}

/// An approximation to 7 digits by w = -log(1 - x^2), then one step of Halley's method, which triples the digits.
template <class T>
GRADUS_INLINE T vec_erfinv(T argument) {
  const double x = std::abs(static_cast<double>(argument));
  const double w = -vec_log((1 - x) * (1 + x)), v = w * 0.32 - 1, t = std::sqrt(w) * (25. / 44) - 213. / 88;
  const double center =
      horner<10>(v, 1.6536546892219325, 0.75049431742331357, -0.058928916063956815, -0.022604305629810968,
                 0.017860078867377418, -0.0041388284838654564, -0.0014222517484181084, 0.0012391520601206598,
                 -7.7561226693150641e-5, -0.00013112077655869794);
  const double tail =
      horner<10>(t, 4.1023237689671683, 1.7775865896001173, 0.0021268449782059472, -0.0032705248593404772,
                 0.0022157589891836082, -0.001058934170095996, -2.0974380514812268e-5, -0.00045934643901004455,
                 0.001379734938783095, -0.00071828714091147761);
  const double y = x * (w < 6.25 ? center : tail);
  // erf(y) - x, so that little is lost where the two are close; 1 - x is exact from 0.5 on.
  const double error = x < 0.75 ? (y - x) + y * erf_slope(y * y) : (1 - x) - exact_far_erfc(y);
  const double step = error / (two_by_sqrt_pi * vec_exp(-y * y)), root = y - step / (1 + y * step);
  const double inside = x == 1 ? std::numeric_limits<double>::infinity() : root;
  return static_cast<T>(std::copysign(x > 1 ? std::numeric_limits<double>::quiet_NaN() : inside, argument));
}

}  // namespace gradus::kernels
