// Matrix products of Variables.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

/// Matrix product over the last two axes: [..., m, k] x [..., k, n] -> [..., m, n]; 1-d operands as in tensor/matmul.hpp.
Variable matmul(const Variable& a, const Variable& b);
/// Sum of products of two vectors [n], 0-d; and all products, [n] x [m] -> [n, m].
Variable dot(const Variable& a, const Variable& b);
Variable outer(const Variable& a, const Variable& b);
/// x W^T + bias, fused: [..., in] x [out, in] (+ [out]) -> [..., out]. An undefined bias is left out.
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {});

}  // namespace gradus
