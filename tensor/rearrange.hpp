// Elements in other places: cut up, padded, flipped, rolled, repeated; triangles and diagonals.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

/// Views of `size` positions each along an axis, the last one shorter if it does not come out even.
std::vector<Tensor> split(const Tensor& x, Index size, Index axis = 0);
/// Views of the given sizes, which must add up to the extent.
std::vector<Tensor> split(const Tensor& x, const std::vector<Index>& sizes, Index axis = 0);
inline std::vector<Tensor> split(const Tensor& x, std::initializer_list<Index> sizes, Index axis = 0) {
  return split(x, std::vector(sizes), axis);
}
/// At most `count` views of equal size (the last one may be shorter), as PyTorch's chunk.
std::vector<Tensor> chunk(const Tensor& x, Index count, Index axis = 0);
/// Tensors and Variables are cut alike: slices of the given sizes, one behind the other.
template <class X>
std::vector<X> cut(const X& x, const std::vector<Index>& sizes, Index axis) {
  std::vector<X> parts;
  Index at = 0;
  for (const Index n : sizes) {
    parts.push_back(slice(x, axis, at, at + n));
    at += n;
  }
  return parts;
}
/// The sizes that split(x, size) has.
std::vector<Index> split_sizes(const char* op, Index extent, Index size);
std::vector<Index> chunk_sizes(const Shape& shape, Index count, Index axis);
void check_split(const char* op, const Shape& shape, Index axis, const std::vector<Index>& sizes);

/// How much is put before and behind each axis; as many entries as the tensor has axes.
struct Padding {
  Shape before, behind;
};
/// From PyTorch's order {left, right, top, bottom, ...}: pairs from the last axis on. Throws ValueError for an odd or too
/// long list, or a negative entry.
Padding make_padding(const char* op, const Shape& shape, const std::vector<Index>& pads);
/// x with a margin of one value.
Tensor pad(const Tensor& x, const std::vector<Index>& pads, Scalar value = 0);
Tensor pad(const Tensor& x, const Padding& padding, Scalar value);
enum class PadMode { reflect, replicate, circular };
/// x with a margin taken from its own values: mirrored without the edge, the edge repeated, or from the other side.
/// Throws ShapeError where x is too small for it.
Tensor pad(const Tensor& x, const std::vector<Index>& pads, PadMode mode);
/// Which positions of an axis of extent n a padded axis shows.
Tensor padded_positions(Index n, Index before, Index behind, PadMode mode);

/// The axes in reverse order of their positions.
Tensor flip(const Tensor& x, const Axes& axes);
/// Positions moved by `shift` along an axis; what leaves at one end enters at the other.
Tensor roll(const Tensor& x, Index shift, Index axis);
/// x side by side, times[i] copies along axis i; further entries in front add axes.
Tensor repeat(const Tensor& x, const Shape& times);
/// x's shape with the axes that repeat(x, times) adds in front; checks `times`.
Shape repeat_from(const Shape& x, const Shape& times);
/// Which positions of an axis of extent n a repeated axis shows.
Tensor repeated_positions(Index n, Index times);

/// The last two axes with zeros above (tril) or below (triu) the diagonal that lies `offset` to the right.
Tensor tril(const Tensor& x, Index offset = 0);
Tensor triu(const Tensor& x, Index offset = 0);
/// The diagonal `offset` to the right between two axes, as a view with that axis last: [.., m, n] -> [.., length].
Tensor diagonal(const Tensor& x, Index offset = 0, Index axis_a = -2, Index axis_b = -1);
/// Zeros of `shape` with x on that diagonal: what diagonal took out, put back.
Tensor embed_diagonal(const Tensor& x, const Shape& shape, Index offset = 0, Index axis_a = -2, Index axis_b = -1);
/// [n] -> [n, n] with x on the diagonal.
Tensor diag(const Tensor& x);

}  // namespace gradus
