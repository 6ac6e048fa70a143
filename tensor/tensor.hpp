// Tensor: a cheap handle on shared memory. Copying one copies the handle; views (reshape, transpose, slice, expand)
// share the memory; copy(t) copies the values. dtype is known at run time, shape and strides are stored inline.
#pragma once
#include <gradus/tensor/memory.hpp>
#include <gradus/tensor/shape.hpp>

#include <span>
#include <vector>

namespace gradus {

class Tensor {
 public:
  /// No tensor at all: defined() is false.
  Tensor() = default;
  /// Dense and row-major, values uninitialised.
  Tensor(const Shape& shape, DType dtype)
      : storage_(allocate(checked_bytes("tensor", shape, dtype))), shape_(shape), strides_(dense_strides(shape)),
        dtype_(dtype) {}

  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  Index offset() const { return offset_; }
  DType dtype() const { return dtype_; }
  Index rank() const { return shape_.size(); }
  Index numel() const { return shape_.numel(); }
  /// Extent of one axis; negative axes count from the end.
  Index size(Index axis) const { return shape_[wrap_axis("size", axis, rank())]; }

  /// Dense in row-major order.
  bool is_contiguous() const { return is_row_major(shape_, strides_); }
  /// Whether this handle alone owns the memory, all of it, without gaps: then an operation may overwrite it.
  bool is_reusable() const {
    return storage_ && storage_->refs.load(std::memory_order_acquire) == 1 && !storage_->on_release &&
           static_cast<std::size_t>(numel()) * size_of(dtype_) == storage_->bytes && is_dense(shape_, strides_);
  }
  bool shares_memory_with(const Tensor& other) const { return storage_.get() == other.storage_.get(); }
  /// Identity and size of the memory behind this tensor and its views.
  const void* storage_id() const { return storage_.get(); }
  std::size_t storage_bytes() const { return storage_ ? storage_->bytes : 0; }
  /// How often the memory was written in place, through any tensor on it.
  std::uint32_t version() const { return storage_ ? storage_->version : 0; }

  /// First element, for reading. Throws DTypeError if T is not the element type.
  template <class T>
  const T* read() const {
    check_type(dtype_of<T>());
    return static_cast<const T*>(storage_->data) + offset_;
  }
  /// First element, for writing: counts as one in-place change.
  template <class T>
  T* write() {
    check_type(dtype_of<T>());
    ++storage_->version;
    return static_cast<T*>(storage_->data) + offset_;
  }
  /// All elements of a contiguous tensor. Throws ShapeError if it is not contiguous.
  template <class T>
  std::span<const T> span() const {
    check_contiguous("span");
    return {read<T>(), static_cast<std::size_t>(numel())};
  }
  template <class T>
  std::span<T> mutable_span() {
    check_contiguous("mutable_span");
    return {write<T>(), static_cast<std::size_t>(numel())};
  }
  /// The single element as a C++ number, fractions cut for a whole one. Throws ShapeError if there is not exactly one,
  /// ValueError if a whole number of type T cannot hold it.
  template <class T = double>
  T item() const {
    check_single();
    return dispatch(dtype_, [&]<class U>() {
      const U v = *read<U>();
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<U, bool>)
        if (!fits<T>(v)) does_not_fit(static_cast<double>(v), sizeof(T));
      return static_cast<T>(v);
    });
  }
  /// All elements in row-major order, whatever the strides.
  template <class T>
  std::vector<T> to_vector() const;
  /// Does not compile: only a Variable has a tape.
  template <class... Options>
  void backward(const Options&...) const {
    static_assert(detail::never<Options...>,
                  "a Tensor has no backward(): compute the loss from Variables, made with "
                  "leaf(tensor) or by a module, not from their .data()");
  }

  /// Element or sub-tensor at position i of the first axis, as a view; negative i counts from the end.
  Tensor operator[](Index i) const;
  /// Entries of the first axis by number (i64), or where a mask over the leading axes is true: index(x, t), a copy.
  Tensor operator[](const Tensor& t) const;
  /// The same memory seen with another shape, strides (in elements) and offset from this tensor's first element.
  /// Nothing is checked: for kernels.
  Tensor as_strided(const Shape& shape, const Strides& strides, Index offset = 0) const {
    Tensor t = *this;
    t.shape_ = shape;
    t.strides_ = strides;
    t.offset_ += offset;
    return t;
  }
  /// Copies the values of `from` (broadcast, converted to this dtype) into this tensor's memory, which `from` may share.
  Tensor& copy_from(const Tensor& from);
  /// Sets every element. Throws DTypeError for a number that the dtype cannot hold.
  Tensor& fill(Scalar value);

 private:
  friend Tensor from_memory(void*, const Shape&, DType, std::function<void()>);
  void check_type(DType asked) const {
    if (!storage_ || asked != dtype_) wrong_type(asked);
  }
  [[noreturn]] void wrong_type(DType asked) const;
  [[noreturn]] static void does_not_fit(double value, std::size_t bytes);
  void check_single() const;
  void check_contiguous(const char* op) const;

  Ref<Storage> storage_;
  Index offset_ = 0;
  Shape shape_;
  Strides strides_;
  DType dtype_ = DType::f32;
};

/// A tensor over memory that is not ours, row-major; it must stay alive until `on_release` runs (an exception of which
/// ends in a warning: it may run in a destructor).
Tensor from_memory(void* data, const Shape& shape, DType dtype, std::function<void()> on_release = {});
template <class T>
Tensor from_span(std::span<T> values, const Shape& shape) {
  if (checked_bytes("from_span", shape, dtype_of<T>()) != values.size_bytes())
    fail<ShapeError>("from_span: the number of values does not fit: ", values.size(), " values, shape ", shape);
  return from_memory(values.data(), shape, dtype_of<T>());
}

// Creation. Default dtype is f32.
Tensor empty(const Shape& shape, DType dtype = DType::f32);  ///< values uninitialised
Tensor full(const Shape& shape, Scalar value, DType dtype = DType::f32);
Tensor zeros(const Shape& shape, DType dtype = DType::f32);
Tensor ones(const Shape& shape, DType dtype = DType::f32);
Tensor empty_like(const Tensor& x);  ///< the same dense layout, uninitialised
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor full_like(const Tensor& x, Scalar value);
/// 0-d tensor of the given dtype.
Tensor scalar_tensor(Scalar value, DType dtype);
/// 0, 1, ... n - 1, or start, start + step, ... below stop (above it for steps < 0). Throws ValueError if the steps do not
/// lead to stop, or if dtype cannot hold the values.
Tensor arange(Index n, DType dtype = DType::i64);
Tensor arange(double start, double stop, double step = 1, DType dtype = DType::f32);
/// `count` values from start to stop, both included, evenly spaced. Throws ValueError for a negative count, or ends that
/// are not finite in dtype.
Tensor linspace(double start, double stop, Index count, DType dtype = DType::f32);
/// Ones on the diagonal: [n, n] or [n, m].
Tensor eye(Index n, DType dtype = DType::f32);
Tensor eye(Index n, Index m, DType dtype = DType::f32);
/// Values in row-major order with the given shape, or as one axis. double gives f64, float f32, int i64.
template <class T>
Tensor tensor(const std::vector<T>& values, const Shape& shape) {
  using Element = std::conditional_t<std::is_same_v<T, int>, Index, T>;
  Tensor t(shape, dtype_of<Element>());
  if (static_cast<Index>(values.size()) != t.numel())
    fail<ShapeError>("tensor: the number of values does not fit: ", values.size(), " values, shape ", shape);
  Element* out = t.write<Element>();
  for (const T value : values) *out++ = value;
  return t;
}
template <class T>
Tensor tensor(const std::vector<T>& values) {
  return tensor(values, {static_cast<Index>(values.size())});
}
template <class T>
Tensor tensor(std::initializer_list<T> values) {
  return tensor(std::vector<T>(values));
}
/// Rows of equal length: tensor({{1.f, 2.f}, {3.f, 4.f}}).
template <class T>
Tensor tensor(std::initializer_list<std::initializer_list<T>> rows) {
  std::vector<T> values;
  const auto columns = rows.size() ? rows.begin()->size() : 0;
  for (const auto& row : rows) {
    if (row.size() != columns) fail<ShapeError>("tensor: rows differ in length: ", columns, " and ", row.size());
    values.insert(values.end(), row.begin(), row.end());
  }
  return tensor(values, {static_cast<Index>(rows.size()), static_cast<Index>(columns)});
}

/// A fresh, contiguous tensor with the same values.
Tensor copy(const Tensor& x);
/// x itself if it is contiguous, else a contiguous copy.
Tensor contiguous(const Tensor& x);
/// The values as another dtype: x itself if it has it already. Fractions are cut towards zero, bool is != 0. Throws
/// ValueError for a NaN or a floating number beyond the range of i64 or u8; whole numbers wrap.
Tensor to(const Tensor& x, DType dtype);

/// Same shape, dtype and values; NaN differs from everything.
bool equal(const Tensor& a, const Tensor& b);
/// |a - b| <= atol + rtol * |b| for all elements. Shapes must match; equal infinities are close.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);

/// Prints like NumPy 2.4's str(): aligned columns, up to 8 decimals, "..." in place of the middle beyond 1000 elements.
std::ostream& operator<<(std::ostream& out, const Tensor& x);
std::string to_string(const Tensor& x);

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Tensor dense = contiguous(to(*this, dtype_of<T>()));
  const T* first = dense.read<T>();
  return std::vector<T>(first, first + numel());  // braces would mean a list of two for bool
}

}  // namespace gradus
