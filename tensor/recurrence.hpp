// Linear recurrences along an axis: running sums and products are special cases.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// y_0 = b_0, y_i = a_(i-1) y_(i-1) + b_i along an axis, where a is one shorter than b; of one floating dtype, computed
/// in f64. Throws ShapeError where the shapes do not fit.
Tensor recurrence(const Tensor& a, const Tensor& b, Index axis);

}  // namespace gradus
