// Two operands of any dtypes and shapes, or an operand and a number: promoted, broadcast, and handed to a function of one
// pair of elements.
#pragma once
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus::kernels {

/// Integers wrap around, as in NumPy; in C++ a signed overflow would be undefined.
template <class T, class F>
T wrapping(T a, T b, F f) {
  if constexpr (std::is_floating_point_v<T>) return f(a, b);
  else return static_cast<T>(f(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
}
constexpr auto add = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x + y; }); };

/// f(a, b) for all elements, dtypes promoted and shapes broadcast. f works on any element type but bool.
template <class F>
Tensor zip(const char* op, const Tensor& a, const Tensor& b, F f) {
  if (a.dtype() != b.dtype()) {
    const DType d = promote(a.dtype(), b.dtype());
    return zip(op, to(a, d), to(b, d), f);
  }
  return dispatch_number(a.dtype(), op, [&]<class T>() {
    using R = Result<T, F, T, T>;
    if (a.shape() == b.shape()) {
      Tensor y = a.strides() == b.strides() && is_dense(a.shape(), a.strides())
                     ? Tensor(a.shape(), dtype_of<R>()).as_strided(a.shape(), a.strides())
                     : Tensor(a.shape(), dtype_of<R>());
      zip_into<R, T>(y, a, b, f);
      return y;
    }
    const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
    Tensor y(shape, dtype_of<R>());
    zip_into<R, T>(y, expand(a, shape), expand(b, shape), f);
    return y;
  });
}
template <class F>
Tensor zip(const char* op, const Tensor& a, Scalar b, F f) {
  b.check_fits(a.dtype(), op);
  return dispatch_number(a.dtype(), op, [&]<class T>() {
    const T c = b.to<T>();
    return map<Result<T, F, T, T>, T>(a, [=](T v) { return f(v, c); });
  });
}
template <class F>
auto flipped(F f) {
  return [=](auto a, auto b) { return f(b, a); };
}

}  // namespace gradus::kernels
