// Reductions of Variables beyond sum and mean, and running sums and products. Values as in tensor/statistics.hpp.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/statistics.hpp>

namespace gradus {

Variable var(const Variable& x);
Variable var(const Variable& x, const Axes& axes, double correction = 1, bool keepdim = false);
/// The gradient is 0 where all values are equal.
Variable stddev(const Variable& x);
Variable stddev(const Variable& x, const Axes& axes, double correction = 1, bool keepdim = false);
/// Composed as a tree of products, so that the derivative is right at zeros too.
Variable prod(const Variable& x);
Variable prod(const Variable& x, const Axes& axes, bool keepdim = false);
/// Equal extremes share the gradient evenly.
Variable amax(const Variable& x, const Axes& axes, bool keepdim = false);
Variable amin(const Variable& x, const Axes& axes, bool keepdim = false);
/// The gradient is 0 where the norm is 0.
Variable norm(const Variable& x, double p = 2);
Variable norm(const Variable& x, double p, const Axes& axes, bool keepdim = false);
Variable logsumexp(const Variable& x, const Axes& axes, bool keepdim = false);
Variable cumsum(const Variable& x, Index axis);
/// Composed of log2(n) steps (Hillis and Steele 1986), so that the derivative is right at zeros too.
Variable cumprod(const Variable& x, Index axis);

}  // namespace gradus
