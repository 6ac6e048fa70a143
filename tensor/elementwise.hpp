// Functions of one tensor, element by element, f32 and f64 (others throw DTypeError). Those that take their argument by
// value overwrite it where the caller hands over the only handle: exp(std::move(x)), or exp(a + b).
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

Tensor exp(Tensor x);   ///< e^x, within 2 units in the last place
Tensor log(Tensor x);   ///< natural logarithm: -inf at 0, NaN below
Tensor sqrt(Tensor x);  ///< NaN below 0
Tensor tanh(Tensor x);
Tensor sigmoid(Tensor x);  ///< 1 / (1 + e^-x), without overflow
Tensor relu(Tensor x);     ///< x where x > 0 or x is NaN, else 0; any number type
Tensor abs(Tensor x);
Tensor sign(Tensor x);             ///< -1, 0 or 1; NaN stays
Tensor isfinite(const Tensor& x);  ///< bool: neither infinite nor NaN

/// 0 where y <= 0, else g: the derivative of relu from its output. Shapes are equal.
Tensor relu_backward(Tensor g, const Tensor& y);

}  // namespace gradus
