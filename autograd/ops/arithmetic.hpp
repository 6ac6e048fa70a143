// Arithmetic of Variables, Tensors and numbers. A Tensor counts as a constant; shapes broadcast, dtypes are promoted.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

Variable operator+(const Variable& a, const Variable& b);
Variable operator-(const Variable& a, const Variable& b);
Variable operator*(const Variable& a, const Variable& b);
Variable operator/(const Variable& a, const Variable& b);
Variable operator-(const Variable& x);
/// a to the power b. The derivative for b takes a > 0.
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

// Comparisons have no derivative: they give bool tensors.
Tensor operator>(const Variable& a, const Variable& b);
Tensor operator<(const Variable& a, const Variable& b);
Tensor operator>(const Variable& a, Scalar b);
Tensor operator<(const Variable& a, Scalar b);

}  // namespace gradus
