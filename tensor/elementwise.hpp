// Functions of one tensor, element by element, f32 and f64 (others throw DTypeError) where nothing else is said. All are
// within 2 units in the last place; what an argument outside the domain gives is NaN. Those that take their argument by
// value overwrite it where the caller hands over the only handle: exp(std::move(x)), or exp(a + b).
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

// Any number type.
Tensor abs(Tensor x);
Tensor sign(Tensor x);             ///< -1, 0 or 1; NaN stays
Tensor relu(Tensor x);             ///< x where x > 0 or x is NaN, else 0
Tensor square(Tensor x);           ///< x^2; integers wrap around
Tensor floor(Tensor x);            ///< the next whole number towards -inf; integers stay as they are
Tensor ceil(Tensor x);             ///< towards +inf
Tensor trunc(Tensor x);            ///< towards 0
Tensor round(Tensor x);            ///< the nearest, halves to the even one: round(0.5) is 0, round(1.5) is 2
Tensor isfinite(const Tensor& x);  ///< bool: neither infinite nor NaN; true for integers
Tensor isinf(const Tensor& x);
Tensor isnan(const Tensor& x);

Tensor frac(Tensor x);        ///< x - trunc(x), with the sign of x
Tensor sqrt(Tensor x);        ///< domain x >= 0
Tensor rsqrt(Tensor x);       ///< 1 / sqrt(x): inf at 0
Tensor reciprocal(Tensor x);  ///< 1 / x

Tensor exp(Tensor x);
Tensor exp2(Tensor x);   ///< 2^x
Tensor expm1(Tensor x);  ///< e^x - 1, exact near 0
Tensor log(Tensor x);    ///< natural logarithm: domain x >= 0, -inf at 0
Tensor log2(Tensor x);
Tensor log10(Tensor x);
Tensor log1p(Tensor x);    ///< log(1 + x), exact near 0: domain x >= -1
Tensor sigmoid(Tensor x);  ///< 1 / (1 + e^-x), without overflow

Tensor sin(Tensor x);  ///< of radians, exact for large ones too
Tensor cos(Tensor x);
Tensor tan(Tensor x);
Tensor asin(Tensor x);  ///< in [-pi / 2, pi / 2]: domain |x| <= 1
Tensor acos(Tensor x);  ///< in [0, pi]: domain |x| <= 1
Tensor atan(Tensor x);  ///< in [-pi / 2, pi / 2]
Tensor sinh(Tensor x);
Tensor cosh(Tensor x);
Tensor tanh(Tensor x);
Tensor asinh(Tensor x);
Tensor acosh(Tensor x);  ///< domain x >= 1
Tensor atanh(Tensor x);  ///< domain |x| <= 1, infinite at the ends

Tensor erf(Tensor x);     ///< 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x
Tensor erfc(Tensor x);    ///< 1 - erf(x), with all its digits where that is small
Tensor erfinv(Tensor x);  ///< the y with erf(y) = x: domain |x| <= 1, infinite at the ends

/// 0 where y <= 0, else g: the derivative of relu from its output. Shapes are equal.
Tensor relu_backward(Tensor g, const Tensor& y);

}  // namespace gradus
