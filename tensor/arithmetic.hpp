// Element-wise arithmetic of two tensors, or of a tensor and a number, with NumPy's broadcasting.
// Two dtypes meet at the later one of bool, u8, i64, f32, f64; a number takes the tensor's dtype.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
/// Quotient; integers are divided as f32 (so 1 / 2 is 0.5).
Tensor operator/(const Tensor& a, const Tensor& b);
/// a to the power b; for floating point, NaN where a < 0 and b is not whole.
Tensor pow(const Tensor& a, const Tensor& b);
/// The larger / smaller of two values; NaN where either is NaN.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);

Tensor operator+(const Tensor& a, Scalar b);
Tensor operator+(Scalar a, const Tensor& b);
Tensor operator-(const Tensor& a, Scalar b);
Tensor operator-(Scalar a, const Tensor& b);
Tensor operator*(const Tensor& a, Scalar b);
Tensor operator*(Scalar a, const Tensor& b);
Tensor operator/(const Tensor& a, Scalar b);
Tensor operator/(Scalar a, const Tensor& b);
Tensor pow(const Tensor& a, Scalar b);
Tensor operator-(const Tensor& x);

/// a - b floor(a / b): the sign of b, as Python's %. Throws ValueError for whole numbers and b = 0.
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, Scalar b);
/// Angle of the point (x, y) in (-pi, pi].
Tensor atan2(const Tensor& y, const Tensor& x);
/// x between two bounds; NaN stays. Where low > high, high.
Tensor clamp(const Tensor& x, Scalar low, Scalar high);
Tensor clamp_min(const Tensor& x, Scalar low);
Tensor clamp_max(const Tensor& x, Scalar high);

/// a += b in place, b broadcast to a: counts as one in-place change. a's dtype must be able to hold the sum. b may share
/// memory with a; two elements of a may not share theirs (ShapeError).
void add_(Tensor& a, const Tensor& b);
/// a *= b in place.
void mul_(Tensor& a, Scalar b);

}  // namespace gradus
