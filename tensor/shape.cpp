#include <gradus/tensor/shape.hpp>

#include <cmath>
#include <ostream>

namespace gradus {

void Scalar::check_fits(DType d, const char* op) const {
  if (is_floating(d)) return;
  if (d == DType::u8 && !(real_ >= 0 && real_ <= 255) && real_ == std::floor(real_))
    fail<DTypeError>(op, ": the number does not fit a u8 tensor: scalar is ", real_,
                     " — convert the tensor with to(x, DType::i64)");
  if (integral_) return;
  if (real_ != std::floor(real_) || std::isinf(real_))
    fail<DTypeError>(op, ": a fraction does not fit an integer tensor: tensor is ", d, ", scalar is ", real_,
                     " — convert the tensor with to(x, DType::f32)");
  if (d == DType::i64 && !fits<Index>(real_))
    fail<DTypeError>(op, ": the number does not fit an i64 tensor: scalar is ", real_,
                     " — convert the tensor with to(x, DType::f64)");
}

void Shape::too_many_axes() { fail<ShapeError>("shape: too many axes: at most ", max_rank, " are possible"); }

void append(std::string& to, const Shape& shape) {
  to += '[';
  for (Index i = 0; i < shape.size(); ++i) {
    if (i) to += ", ";
    detail::append_signed(to, shape[i]);
  }
  to += ']';
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << join(shape); }

bool is_row_major(const Shape& shape, const Strides& strides) {
  Index expected = 1;
  for (Index i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return shape.numel() == 0;
    expected *= shape[i];
  }
  return true;
}

bool is_dense(const Shape& shape, const Strides& strides) {
  if (is_row_major(shape, strides)) return true;
  // Take the axes from the smallest stride up: each must step over exactly what lies inside it.
  Index expected = 1;
  for (Index taken = 0; expected < shape.numel(); ++taken) {
    Index next = -1;
    for (Index i = 0; i < shape.size(); ++i)
      if (shape[i] != 1 && strides[i] == expected) next = i;
    if (next < 0 || taken == shape.size()) return false;
    expected *= shape[next];
  }
  return expected == shape.numel();
}

Index checked_numel(const char* op, const Shape& shape) {
  Index product = 1;
  bool overflow = false, zero = false;
  for (const Index n : shape) {
    if (n < 0) fail<ShapeError>(op, ": negative extent: shape is ", shape);
    zero |= n == 0;
    overflow |= __builtin_mul_overflow(product, n ? n : 1, &product);
  }
  if (overflow || product > max_numel) fail<ShapeError>(op, ": the size overflows: shape is ", shape);
  return zero ? 0 : product;
}
std::size_t checked_bytes(const char* op, const Shape& shape, DType dtype) {
  return static_cast<std::size_t>(checked_numel(op, shape)) * size_of(dtype);
}

Index wrap_axis(const char* op, Index axis, Index rank) {
  if (axis < -rank || axis >= rank)
    fail<IndexError>(op, ": axis is out of range: axis is ", axis, ", the tensor has ", rank,
                     rank == 1 ? " axis" : " axes");
  return axis < 0 ? axis + rank : axis;
}

Axes wrap_axes(const char* op, const Axes& axes, Index rank) {
  Axes wrapped;
  for (const Index a : axes) {
    const Index axis = wrap_axis(op, a, rank);
    if (wrapped.contains(axis)) fail<ValueError>(op, ": an axis is named twice: axes are ", axes);
    wrapped.push_back(axis);
  }
  return wrapped;
}

Axes all_axes(Index rank) {
  Axes axes;
  for (Index i = 0; i < rank; ++i) axes.push_back(i);
  return axes;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  const bool a_longer = a.size() >= b.size();
  Shape result = a_longer ? a : b;
  const Shape& other = a_longer ? b : a;
  const Index lead = result.size() - other.size();
  for (Index i = 0; i < other.size(); ++i) {
    Index& n = result[i + lead];
    if (n == 1) n = other[i];
    else if (other[i] != 1 && other[i] != n) fail<ShapeError>(op, ": shapes do not broadcast: a is ", a, ", b is ", b);
  }
  return result;
}

Shape reduced_shape(const Shape& shape, const Axes& axes, bool keepdim) {
  Shape result;
  for (Index i = 0; i < shape.size(); ++i) {
    if (!axes.contains(i)) result.push_back(shape[i]);
    else if (keepdim) result.push_back(1);
  }
  return result;
}

}  // namespace gradus
