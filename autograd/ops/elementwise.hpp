// Functions of one Variable, element by element. Their derivatives read only the result where they can, so that an
// argument handed over (relu(a + b), exp(std::move(x))) is overwritten instead of copied.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

Variable exp(Variable x);             ///< dy/dx = y
Variable log(const Variable& x);      ///< dy/dx = 1 / x
Variable sqrt(Variable x);            ///< dy/dx = 1 / (2 y)
Variable tanh(Variable x);            ///< dy/dx = 1 - y^2
Variable sigmoid(Variable x);         ///< dy/dx = y (1 - y)
Variable relu(Variable x);            ///< dy/dx = 1 where y > 0, else 0 (0 at 0)
Variable abs(const Variable& x);      ///< dy/dx = sign(x)

}  // namespace gradus
