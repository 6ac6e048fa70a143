// Shape: a short list of extents without heap memory; also used for strides and lists of axes.
#pragma once
#include <gradus/tensor/dtype.hpp>

#include <array>
#include <concepts>
#include <initializer_list>
#include <iosfwd>

namespace gradus {

/// The largest number of axes a tensor can have.
inline constexpr Index max_rank = 6;
/// The largest product that the extents other than 0 can have: no stride, offset or count of bytes overflows, and double
/// holds every count.
inline constexpr Index max_numel = Index{1} << 53;

/// Up to six numbers, trivially copyable, so that a derivative rule may capture one.
class Shape {
 public:
  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<Index> extents) {
    for (const Index n : extents) push_back(n);
  }
  constexpr Index size() const { return rank_; }
  constexpr bool empty() const { return rank_ == 0; }
  constexpr Index& operator[](Index i) { return extents_[static_cast<std::size_t>(i)]; }
  constexpr Index operator[](Index i) const { return extents_[static_cast<std::size_t>(i)]; }
  constexpr Index* begin() { return extents_.data(); }
  constexpr Index* end() { return extents_.data() + rank_; }
  constexpr const Index* begin() const { return extents_.data(); }
  constexpr const Index* end() const { return extents_.data() + rank_; }
  constexpr Index back() const { return extents_[static_cast<std::size_t>(rank_ - 1)]; }
  constexpr void push_back(Index extent) {
    if (rank_ == max_rank) too_many_axes();
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
  constexpr bool contains(Index value) const {
    for (const Index i : *this)
      if (i == value) return true;
    return false;
  }
  /// Product of the extents; 1 for a 0-d shape.
  constexpr Index numel() const {
    Index n = 1;
    for (const Index i : *this) n *= i;
    return n;
  }
  constexpr bool operator==(const Shape& other) const {
    if (rank_ != other.rank_) return false;
    for (Index i = 0; i < rank_; ++i)
      if ((*this)[i] != other[i]) return false;
    return true;
  }

 private:
  [[noreturn]] static void too_many_axes();
  std::array<Index, max_rank> extents_{};
  Index rank_ = 0;
};
using Strides = Shape;

/// A list of axes. One axis may stand as a number: sum(x, 0), sum(x, {0, 2}).
class Axes : public Shape {
 public:
  using Shape::Shape;
  constexpr Axes() = default;
  constexpr Axes(const Shape& axes) : Shape(axes) {}  // NOLINT(google-explicit-constructor)
  /// Not from bool: sum(x, true) has keepdim in the place of the axes.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  constexpr Axes(T axis) : Shape{static_cast<Index>(axis)} {}  // NOLINT(google-explicit-constructor)
};

void append(std::string& to, const Shape& shape);  // "[2, 3]"
std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// Row-major strides of a dense tensor of this shape.
constexpr Strides dense_strides(const Shape& shape) {
  Strides strides = shape;
  Index n = 1;
  for (Index i = shape.size(); i-- > 0;) {
    strides[i] = n;
    n *= shape[i];
  }
  return strides;
}
/// Whether the strides are those of a dense row-major tensor; strides of axes with extent 1 do not matter.
bool is_row_major(const Shape& shape, const Strides& strides);
/// Whether the strides visit `shape.numel()` neighbouring elements once each, in any order of the axes.
bool is_dense(const Shape& shape, const Strides& strides);
/// Number of elements; throws ShapeError on a negative extent, or if those other than 0 make more than max_numel. Every
/// shape of a tensor that is not part of another tensor's has passed it.
Index checked_numel(const char* op, const Shape& shape);
/// Bytes of a dense tensor; throws as checked_numel.
std::size_t checked_bytes(const char* op, const Shape& shape, DType dtype);
/// Maps axis in [-rank, rank) to [0, rank); throws IndexError otherwise.
Index wrap_axis(const char* op, Index axis, Index rank);
/// The same for a list; throws ValueError if an axis is named twice.
Axes wrap_axes(const char* op, const Axes& axes, Index rank);
/// 0, 1, ..., rank - 1.
Axes all_axes(Index rank);
/// The shape that a and b broadcast to (NumPy's rule); throws ShapeError.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);
/// `shape` without the (wrapped) axes, or with extent 1 there.
Shape reduced_shape(const Shape& shape, const Axes& axes, bool keepdim);

}  // namespace gradus
