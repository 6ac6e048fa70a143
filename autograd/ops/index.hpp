// Joining Variables, and reading or adding at positions that a tensor of whole numbers names.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus {

/// Joins along an existing axis; the other extents must agree.
Variable concat(const std::vector<Variable>& xs, Index axis = 0);
inline Variable concat(std::initializer_list<Variable> xs, Index axis = 0) { return concat(std::vector(xs), axis); }
/// Joins Variables of one shape along a new axis.
Variable stack(const std::vector<Variable>& xs, Index axis = 0);
inline Variable stack(std::initializer_list<Variable> xs, Index axis = 0) { return stack(std::vector(xs), axis); }
/// x at the positions that index (i64) names along the axis.
Variable gather(const Variable& x, Index axis, const Tensor& index);
/// x with src added at the positions that gather would read.
Variable scatter_add(const Variable& x, Index axis, const Tensor& index, const Variable& src);

/// The positions that index (i64, [n]) names along the axis.
Variable index_select(const Variable& x, Index axis, const Tensor& index);
/// x with src added at those positions.
Variable index_add(const Variable& x, Index axis, const Tensor& index, const Variable& src);
/// x[t] for whole numbers or a mask, as in tensor/index.hpp.
Variable index(const Variable& x, const Tensor& t);
/// The elements where the mask is true, [count]; mask and x broadcast.
Variable masked_select(const Variable& x, const Tensor& mask);

}  // namespace gradus
