// Reductions of Variables beyond sum and mean, and running sums and products. Values as in tensor/statistics.hpp.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/statistics.hpp>

namespace gradus {

Variable var(const Variable& x);
Variable var(const Variable& x, const Axes& axes, double correction = 1, bool keepdim = false);
/// The gradient is 0 where all values are equal, and the second derivative too.
Variable stddev(const Variable& x);
Variable stddev(const Variable& x, const Axes& axes, double correction = 1, bool keepdim = false);
/// The derivatives are right at zeros too, to any order.
Variable prod(const Variable& x);
Variable prod(const Variable& x, const Axes& axes, bool keepdim = false);
/// Equal extremes share the gradient evenly, and so do NaNs where the result is NaN.
Variable amax(const Variable& x, const Axes& axes, bool keepdim = false);
Variable amin(const Variable& x, const Axes& axes, bool keepdim = false);
/// The gradient is 0 where the norm is 0; the second derivative of the 2-norm is NaN there.
Variable norm(const Variable& x, double p = 2);
Variable norm(const Variable& x, double p, const Axes& axes, bool keepdim = false);
Variable logsumexp(const Variable& x, const Axes& axes, bool keepdim = false);
Variable cumsum(const Variable& x, Index axis);
Variable cumprod(const Variable& x, Index axis);  ///< derivatives as prod's
/// y_0 = b_0, y_i = a_(i-1) y_(i-1) + b_i along an axis, where a is one shorter than b.
Variable recurrence(const Variable& a, const Variable& b, Index axis);

}  // namespace gradus
