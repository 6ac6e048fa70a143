// Functions of one Variable, element by element; tensor/elementwise.hpp says what they compute. Their derivatives read
// only the result where they can, so that an argument handed over (relu(a + b), exp(std::move(x))) is overwritten
// instead of copied.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

Variable abs(const Variable& x);     ///< dy/dx = sign(x), 0 at 0
Variable sign(Variable x);           ///< dy/dx = 0, at the step too
Variable relu(Variable x);           ///< dy/dx = 0 where y <= 0, else 1 (also for NaN)
Variable square(const Variable& x);  ///< dy/dx = 2 x
Variable floor(Variable x);          ///< dy/dx = 0, at the steps too
Variable ceil(Variable x);           ///< the same
Variable trunc(Variable x);          ///< the same
Variable round(Variable x);          ///< the same
Variable frac(Variable x);           ///< dy/dx = 1
Variable sqrt(Variable x);           ///< dy/dx = 1 / (2 y)
Variable rsqrt(Variable x);          ///< dy/dx = -y^3 / 2
Variable reciprocal(Variable x);     ///< dy/dx = -y^2

Variable exp(Variable x);           ///< dy/dx = y
Variable exp2(Variable x);          ///< dy/dx = y ln 2
Variable expm1(Variable x);         ///< dy/dx = y + 1
Variable log(const Variable& x);    ///< dy/dx = 1 / x
Variable log2(const Variable& x);   ///< dy/dx = 1 / (x ln 2)
Variable log10(const Variable& x);  ///< dy/dx = 1 / (x ln 10)
Variable log1p(const Variable& x);  ///< dy/dx = 1 / (1 + x)
Variable sigmoid(Variable x);       ///< dy/dx = y (1 - y)

Variable sin(const Variable& x);    ///< dy/dx = cos(x)
Variable cos(const Variable& x);    ///< dy/dx = -sin(x)
Variable tan(Variable x);           ///< dy/dx = 1 + y^2
Variable asin(const Variable& x);   ///< dy/dx = 1 / sqrt(1 - x^2)
Variable acos(const Variable& x);   ///< dy/dx = -1 / sqrt(1 - x^2)
Variable atan(const Variable& x);   ///< dy/dx = 1 / (1 + x^2)
Variable sinh(const Variable& x);   ///< dy/dx = cosh(x)
Variable cosh(const Variable& x);   ///< dy/dx = sinh(x)
Variable tanh(Variable x);          ///< dy/dx = 1 - y^2
Variable asinh(const Variable& x);  ///< dy/dx = 1 / sqrt(x^2 + 1)
Variable acosh(const Variable& x);  ///< dy/dx = 1 / sqrt(x^2 - 1)
Variable atanh(const Variable& x);  ///< dy/dx = 1 / (1 - x^2)

Variable erf(const Variable& x);   ///< dy/dx = 2 / sqrt(pi) e^(-x^2)
Variable erfc(const Variable& x);  ///< dy/dx = -2 / sqrt(pi) e^(-x^2)
Variable erfinv(Variable x);       ///< dy/dx = sqrt(pi) / 2 e^(y^2)

}  // namespace gradus
