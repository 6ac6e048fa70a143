#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/kernels/overlap.hpp>
#include <gradus/tensor/tensor.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gradus {

void Tensor::wrong_type(DType asked) const {
  if (!defined()) fail<StateError>("tensor: an undefined tensor was used");
  fail<DTypeError>("tensor: elements were asked for as ", asked, ": they are ", dtype_);
}
void Tensor::does_not_fit(double value, std::size_t bytes) {
  fail<ValueError>("item: the value does not fit a whole number of ", 8 * bytes, " bits: got ", value);
}
void Tensor::check_single() const {
  if (!defined()) fail<StateError>("item: an undefined tensor was used");
  if (numel() != 1) fail<ShapeError>("item: needs exactly one element: shape is ", shape_);
}
void Tensor::check_contiguous(const char* op) const {
  if (!is_contiguous())
    fail<ShapeError>(op, ": needs a contiguous tensor: shape is ", shape_, ", strides are ", strides_,
                     " — call contiguous(x) first");
}

Tensor Tensor::operator[](Index i) const { return select(*this, 0, i); }
Tensor Tensor::operator[](const Tensor& t) const { return index(*this, t); }

Tensor& Tensor::copy_from(const Tensor& from) {
  kernels::check_distinct("copy_from", *this);
  const Tensor source = kernels::keep_apart(expand(to(from, dtype_), shape_), *this);
  dispatch(dtype_, [&]<class T>() { kernels::map_into<T, T>(*this, source, [](T v) { return v; }); });
  return *this;
}

Tensor& Tensor::fill(Scalar value) {
  value.check_fits(dtype_, "fill");
  if (std::isfinite(value.as_double()) && !is_finite_in(dtype_, value.as_double()))
    fail<DTypeError>("fill: the number does not fit an f32 tensor: scalar is ", value.as_double(),
                     " — use DType::f64, or infinity");
  dispatch(dtype_, [&]<class T>() {
    const T v = value.to<T>();
    T* out = write<T>();
    if (is_dense(shape_, strides_)) {
      parallel_for(numel(), parallel_grain, [=](Index begin, Index end) { std::fill(out + begin, out + end, v); });
      return;
    }
    kernels::for_rows<1>(shape_, {strides_}, [&](auto& offset, Index n, auto& step) {
      for (Index i = 0; i < n; ++i) out[offset[0] + i * step[0]] = v;
    });
  });
  return *this;
}

Tensor from_memory(void* data, const Shape& shape, DType dtype, std::function<void()> on_release) {
  Tensor t;
  const std::size_t bytes = checked_bytes("from_memory", shape, dtype);
  if (!data && bytes) fail<ValueError>("from_memory: the pointer is null: shape is ", shape);
  t.storage_ = adopt(data, bytes, std::move(on_release));
  t.shape_ = shape;
  t.strides_ = dense_strides(shape);
  t.dtype_ = dtype;
  return t;
}

Tensor empty(const Shape& shape, DType dtype) { return {shape, dtype}; }
Tensor full(const Shape& shape, Scalar value, DType dtype) {
  Tensor t(shape, dtype);
  t.fill(value);
  return t;
}
Tensor zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor empty_like(const Tensor& x) {
  const Tensor t(x.shape(), x.dtype());
  return is_dense(x.shape(), x.strides()) ? t.as_strided(x.shape(), x.strides()) : t;
}
Tensor full_like(const Tensor& x, Scalar value) {
  Tensor t = empty_like(x);
  t.fill(value);
  return t;
}
Tensor zeros_like(const Tensor& x) { return full_like(x, 0); }
Tensor ones_like(const Tensor& x) { return full_like(x, 1); }
Tensor scalar_tensor(Scalar value, DType dtype) { return full({}, value, dtype); }

Tensor arange(Index n, DType dtype) {
  if (n < 0) fail<ValueError>("arange: the number of values is negative: ", n);
  return arange(0, static_cast<double>(n), 1, dtype);
}
Tensor arange(double start, double stop, double step, DType dtype) {
  const double steps = std::ceil((stop - start) / step);
  if (!std::isfinite(step) || !(steps <= max_numel) || (step > 0 ? start > stop : start < stop))
    fail<ValueError>("arange: the steps do not lead from start to stop: start ", start, ", stop ", stop, ", step ",
                     step);
  const auto n = static_cast<Index>(steps);
  const double last = start + static_cast<double>(std::max<Index>(0, n - 1)) * step;
  Tensor t({n}, dtype);
  dispatch_number(dtype, "arange", [&]<class T>() {
    T* out = t.write<T>();
    bool fitting = is_finite_in(dtype, start) && is_finite_in(dtype, last);
    if constexpr (std::is_integral_v<T>)
      fitting = fits<T>(start) && fits<T>(last) && fits<Index>(step) && std::trunc(start) == start &&
                std::trunc(step) == step;
    if (!fitting)
      fail<ValueError>("arange: the values do not fit ", dtype, ": start ", start, ", stop ", stop, ", step ", step);
    for (Index i = 0; i < n; ++i) {
      if constexpr (std::is_integral_v<T>)
        out[i] = static_cast<T>(static_cast<Index>(start) + i * static_cast<Index>(step));
      else out[i] = static_cast<T>(start + static_cast<double>(i) * step);
    }
  });
  return t;
}

namespace {
/// Copies the plane out[i * out_i + j] = in[i + j * in_j] tile by tile, so that both sides use whole cache lines.
template <class T>
void transpose_plane(T* out, Index out_i, const T* in, Index in_j, Index rows, Index columns) {
  constexpr Index tile = 16;
  for (Index i0 = 0; i0 < rows; i0 += tile)
    for (Index j0 = 0; j0 < columns; j0 += tile)
      for (Index i = i0; i < std::min(rows, i0 + tile); ++i)
        for (Index j = j0; j < std::min(columns, j0 + tile); ++j) out[i * out_i + j] = in[i + j * in_j];
}

template <class T>
Tensor copy_of(const Tensor& x) {
  Tensor y(x.shape(), x.dtype());
  T* out = y.write<T>();
  const T* in = x.read<T>();
  if (x.is_contiguous()) {
    parallel_for(x.numel(), 4 * parallel_grain, [=](Index begin, Index end) {
      std::memcpy(out + begin, in + begin, static_cast<std::size_t>(end - begin) * sizeof(T));
    });
    return y;
  }
  // Find an axis i along which the source is dense; the last axis is j. The rest are walked over.
  const Index j = x.rank() - 1;
  Index i = 0;
  while (i < j && !(x.strides()[i] == 1 && x.shape()[i] > 1)) ++i;
  if (j < 1 || i == j || x.shape()[j] == 1) {
    kernels::map_into<T, T>(y, x, [](T v) { return v; });
    return y;
  }
  Shape rest = x.shape();
  rest[i] = rest[j] = 1;
  if (x.numel() == 0) return y;
  kernels::for_rows<2>(rest, {y.strides(), x.strides()}, [&](auto& offset, Index n, auto& step) {
    for (Index k = 0; k < n; ++k)
      transpose_plane(out + offset[0] + k * step[0], y.strides()[i], in + offset[1] + k * step[1], x.strides()[j],
                      x.shape()[i], x.shape()[j]);
  });
  return y;
}
[[noreturn, gnu::noinline]] void does_not_fit(DType dtype, double v) {
  fail<ValueError>("to: a value does not fit ", dtype, ": got ", v);
}
}  // namespace

Tensor linspace(double start, double stop, Index count, DType dtype) {
  if (count < 0 || !is_finite_in(dtype, start) || !is_finite_in(dtype, stop))
    fail<ValueError>("linspace: needs ends that are finite in ", dtype, " and a count of at least 0: from ", start,
                     " to ", stop, ", count ", count);
  Tensor t({count}, dtype);
  dispatch_floating(dtype, "linspace", [&]<class T>() {
    T* out = t.write<T>();
    // From both ends, so that the last value is exactly stop.
    const auto steps = static_cast<double>(count > 1 ? count - 1 : 1);
    const double span = stop - start, step = std::isfinite(span) ? span / steps : stop / steps - start / steps;
    for (Index i = 0; i < count; ++i)
      out[i] = static_cast<T>(i < (count + 1) / 2 ? start + step * static_cast<double>(i)
                                                  : stop - step * static_cast<double>(count - 1 - i));
  });
  return t;
}
Tensor eye(Index n, DType dtype) { return eye(n, n, dtype); }
Tensor eye(Index n, Index m, DType dtype) {
  Tensor t = zeros({n, m}, dtype);
  t.as_strided({std::min(n, m)}, {m + 1}).fill(1);
  return t;
}

Tensor copy(const Tensor& x) {
  return dispatch(x.dtype(), [&]<class T>() { return copy_of<T>(x); });
}
Tensor contiguous(const Tensor& x) { return x.is_contiguous() ? x : copy(x); }
Tensor to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return dispatch(x.dtype(), [&]<class From>() {
    return dispatch(dtype, [&]<class To>() {
      if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>)
        return kernels::map<To, From>(x, [dtype](From v) {
          if (!fits<To>(v)) does_not_fit(dtype, static_cast<double>(v));
          return v;
        });
      else return kernels::map<To, From>(x, [](From v) { return v; });
    });
  });
}

bool equal(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()) || a.dtype() != b.dtype()) return false;
  return dispatch(a.dtype(), [&]<class T>() {
    const Tensor p = contiguous(a), q = contiguous(b);
    return std::equal(p.read<T>(), p.read<T>() + p.numel(), q.read<T>());
  });
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  if (!(a.shape() == b.shape())) fail<ShapeError>("allclose: shapes differ: a is ", a.shape(), ", b is ", b.shape());
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  return std::equal(x.begin(), x.end(), y.begin(), [&](double p, double q) {
    if (std::isnan(p) && std::isnan(q)) return equal_nan;
    return p == q || (std::isfinite(q) && std::abs(p - q) <= atol + rtol * std::abs(q));
  });
}

}  // namespace gradus
