// Matrix products over the last two axes.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast. A 1-d operand counts as one row (a) or column (b),
/// which the result lacks. Same floating dtype, else DTypeError; inner extents must agree, else ShapeError.
Tensor matmul(const Tensor& a, const Tensor& b);
/// Sum of products of two vectors [n], 0-d; and all products, [n] x [m] -> [n, m].
Tensor dot(const Tensor& a, const Tensor& b);
Tensor outer(const Tensor& a, const Tensor& b);
/// x W^T + bias: [..., in] x [out, in] (+ [out]) -> [..., out]. An undefined bias is left out.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// Throws ShapeError unless both have one axis (of one length).
void check_vectors(const char* op, const Shape& a, const Shape& b, bool same_length);

}  // namespace gradus
