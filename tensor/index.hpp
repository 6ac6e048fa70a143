// Joining tensors, and reading or writing at positions that a tensor of whole numbers names.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// Joins tensors along an existing axis; the other extents must agree, dtypes are promoted.
Tensor concat(const std::vector<Tensor>& xs, Index axis = 0);
inline Tensor concat(std::initializer_list<Tensor> xs, Index axis = 0) { return concat(std::vector(xs), axis); }
/// Joins tensors of one shape along a new axis.
Tensor stack(const std::vector<Tensor>& xs, Index axis = 0);
inline Tensor stack(std::initializer_list<Tensor> xs, Index axis = 0) { return stack(std::vector(xs), axis); }
/// y[i, j, ..] = x[.., index[i, j, ..], ..]: index (i64) replaces the position along the axis. Ranks agree, and index is
/// nowhere larger than x on the other axes. Throws IndexError naming a position outside.
Tensor gather(const Tensor& x, Index axis, const Tensor& index);
/// x with src added at the positions that gather would read; positions may repeat.
Tensor scatter_add(const Tensor& x, Index axis, const Tensor& index, const Tensor& src);
/// The positions that index (i64, [n]) names along the axis, in that order. Throws IndexError for one outside.
Tensor index_select(const Tensor& x, Index axis, const Tensor& index);
/// x with src added at those positions; positions may repeat.
Tensor index_add(const Tensor& x, Index axis, const Tensor& index, const Tensor& src);
/// x[t]: for whole numbers (i64, negative ones count from the end) the entries of the first axis, [t's shape..., rest...];
/// for a mask over the leading axes the entries where it is true, [count, rest...].
Tensor index(const Tensor& x, const Tensor& t);
/// How index(x, t) reads x: rows of x reshaped to `joined`, put together in another shape.
struct IndexPlan {
  Tensor positions{};  ///< [n], i64
  Shape joined{1};     ///< of x, with the axes that t stands for joined in front
  Shape shape{};       ///< of the result
};
IndexPlan plan_index(const Shape& x, const Tensor& t);
/// Where x is not 0: [count, rank], in row-major order.
Tensor nonzero(const Tensor& x);
/// The elements where the mask is true, [count]; mask and x broadcast.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// Zeros of `shape` with x at start, start + step, ... along the axis: what slice took out, put back.
Tensor embed(const Tensor& x, const Shape& shape, Index axis, Index start, Index step);
/// [..] of i64 -> [.., classes] with 1 at the named class.
Tensor one_hot(const Tensor& labels, Index classes, DType dtype = DType::i64);

}  // namespace gradus
