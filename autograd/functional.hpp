// Derivatives of functions: products with the Jacobian and the Hessian, and the matrices themselves. The functions are
// called with leaves that stand for the inputs; .grad() of nothing is touched.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

/// A function of several values, and of one.
using Function = std::function<Variable(const std::vector<Variable>&)>;
using UnaryFunction = std::function<Variable(const Variable&)>;

struct ValueAndDerivative {
  Tensor value;       ///< f(inputs)
  Tensor derivative;  ///< of the value's shape
};
struct ValueAndDerivatives {
  Tensor value;
  std::vector<Tensor> derivatives;  ///< of the inputs' shapes
};

/// J v: how the value changes along the tangents, one per input. Two reverse passes (the derivative of u -> u^T J).
ValueAndDerivative jvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& tangents);
ValueAndDerivative jvp(const UnaryFunction& f, const Tensor& input, const Tensor& tangent);
/// u^T J: one reverse pass. `cotangent` has the value's shape; it may be left undefined for a scalar (1).
ValueAndDerivatives vjp(const Function& f, const std::vector<Tensor>& inputs, const Tensor& cotangent = {});
ValueAndDerivative vjp(const UnaryFunction& f, const Tensor& input, const Tensor& cotangent = {});
/// H v of a scalar function: the derivative of the gradient along the vectors (Pearlmutter 1994).
ValueAndDerivatives hvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& vectors);
ValueAndDerivative hvp(const UnaryFunction& f, const Tensor& input, const Tensor& vector);

/// All first derivatives, [value's shape..., input's shape...]: one reverse pass per element of the value. Throws
/// ShapeError where that makes more than six axes.
std::vector<Tensor> jacobian(const Function& f, const std::vector<Tensor>& inputs);
Tensor jacobian(const UnaryFunction& f, const Tensor& input);
/// All second derivatives of a scalar function, [input's shape..., input's shape...]: one pass per element of the input.
Tensor hessian(const UnaryFunction& f, const Tensor& input);
/// The same of several inputs: block i, j is [shape of i..., shape of j...].
std::vector<std::vector<Tensor>> hessian(const Function& f, const std::vector<Tensor>& inputs);

}  // namespace gradus
