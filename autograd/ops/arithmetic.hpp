// Arithmetic of Variables, Tensors and numbers. A Tensor counts as a constant; shapes broadcast, dtypes are promoted.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

Variable operator+(const Variable& a, const Variable& b);
Variable operator-(const Variable& a, const Variable& b);
Variable operator*(const Variable& a, const Variable& b);
Variable operator/(const Variable& a, const Variable& b);
Variable operator-(const Variable& x);
/// a to the power b. The derivative for b takes a >= 0, and is 0 at a = 0 where b >= 0; that for a is 0 where b = 0.
Variable pow(const Variable& a, const Variable& b);

Variable operator+(const Variable& a, Scalar b);
Variable operator+(Scalar a, const Variable& b);
Variable operator-(const Variable& a, Scalar b);
Variable operator-(Scalar a, const Variable& b);
Variable operator*(const Variable& a, Scalar b);
Variable operator*(Scalar a, const Variable& b);
Variable operator/(const Variable& a, Scalar b);
Variable operator/(Scalar a, const Variable& b);
Variable pow(const Variable& a, Scalar b);

/// The same values as another dtype; the gradient comes back in the old one.
Variable to(const Variable& x, DType dtype);

/// The larger / smaller of two values; where they are equal, each gets half of the gradient.
Variable maximum(const Variable& a, const Variable& b);
Variable minimum(const Variable& a, const Variable& b);
/// x between two bounds; dy/dx = 1 from low to high, else 0.
Variable clamp(const Variable& x, Scalar low, Scalar high);
Variable clamp_min(const Variable& x, Scalar low);
Variable clamp_max(const Variable& x, Scalar high);
/// a - b floor(a / b); the floor counts as constant.
Variable remainder(const Variable& a, const Variable& b);
Variable remainder(const Variable& a, Scalar b);
/// Angle of the point (x, y) in (-pi, pi]. At the origin the derivative is 0, the second NaN.
Variable atan2(const Variable& y, const Variable& x);
/// a where the mask (bool) is true, else b; all three broadcast.
Variable where(const Tensor& mask, const Variable& a, const Variable& b);
/// x with the value where the mask is true; the mask broadcasts to x.
Variable masked_fill(const Variable& x, const Tensor& mask, Scalar value);

// Comparisons have no derivative: they give bool tensors.
Tensor operator>(const Variable& a, const Variable& b);
Tensor operator>=(const Variable& a, const Variable& b);
Tensor operator<(const Variable& a, const Variable& b);
Tensor operator<=(const Variable& a, const Variable& b);
Tensor operator==(const Variable& a, const Variable& b);
Tensor operator!=(const Variable& a, const Variable& b);
Tensor operator>(const Variable& a, Scalar b);
Tensor operator>=(const Variable& a, Scalar b);
Tensor operator<(const Variable& a, Scalar b);
Tensor operator<=(const Variable& a, Scalar b);
Tensor operator==(const Variable& a, Scalar b);
Tensor operator!=(const Variable& a, Scalar b);

}  // namespace gradus
