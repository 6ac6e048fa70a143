// Comparison and logic, element by element with NumPy's broadcasting: bool tensors, and what one does with them.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

// NaN compares as in C++: only != is true.
Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, Scalar b);
Tensor operator>=(const Tensor& a, Scalar b);
Tensor operator<(const Tensor& a, Scalar b);
Tensor operator<=(const Tensor& a, Scalar b);
Tensor operator==(const Tensor& a, Scalar b);
Tensor operator!=(const Tensor& a, Scalar b);
/// allclose element by element: |a - b| <= atol + rtol |b|, or equal.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);

/// Logic of masks; whole numbers bit by bit. Other dtypes throw DTypeError.
Tensor operator&(const Tensor& a, const Tensor& b);
Tensor operator|(const Tensor& a, const Tensor& b);
Tensor operator^(const Tensor& a, const Tensor& b);
/// Not, of a mask.
Tensor operator!(const Tensor& mask);
/// Logic of any numbers: != 0 counts as true.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);

/// a where the mask is true, else b; all three broadcast.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);
/// x with the value where the mask is true; the mask broadcasts to x.
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value);
/// Whether all / any elements of a mask are true; over no elements: true / false.
bool all(const Tensor& mask);
bool any(const Tensor& mask);
Tensor all(const Tensor& mask, const Axes& axes, bool keepdim = false);
Tensor any(const Tensor& mask, const Axes& axes, bool keepdim = false);

}  // namespace gradus
