#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

/// f(a, b) for all elements, dtypes promoted and shapes broadcast. f works on any element type but bool.
template <class F>
Tensor zip(const char* op, const Tensor& a, const Tensor& b, F f) {
  if (a.dtype() != b.dtype()) {
    const DType d = promote(a.dtype(), b.dtype());
    return zip(op, to(a, d), to(b, d), f);
  }
  return dispatch_number(a.dtype(), op, [&]<class T>() {
    using R = kernels::Result<T, F, T, T>;
    if (a.shape() == b.shape()) {
      Tensor y = a.strides() == b.strides() && is_dense(a.shape(), a.strides())
                     ? Tensor(a.shape(), dtype_of<R>()).as_strided(a.shape(), a.strides())
                     : Tensor(a.shape(), dtype_of<R>());
      kernels::zip_into<R, T>(y, a, b, f);
      return y;
    }
    const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
    Tensor y(shape, dtype_of<R>());
    kernels::zip_into<R, T>(y, expand(a, shape), expand(b, shape), f);
    return y;
  });
}
template <class F>
Tensor zip(const char* op, const Tensor& a, Scalar b, F f) {
  b.check_fits(a.dtype(), op);
  return dispatch_number(a.dtype(), op, [&]<class T>() {
    const T c = b.to<T>();
    return kernels::map<kernels::Result<T, F, T, T>, T>(a, [=](T v) { return f(v, c); });
  });
}
template <class F>
auto flipped(F f) {
  return [=](auto a, auto b) { return f(b, a); };
}

// Integers wrap around, as in NumPy; in C++ a signed overflow would be undefined.
template <class T, class F>
T wrapping(T a, T b, F f) {
  if constexpr (std::is_floating_point_v<T>) return f(a, b);
  else return static_cast<T>(f(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
}
constexpr auto add = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x + y; }); };
constexpr auto sub = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x - y; }); };
constexpr auto mul = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x * y; }); };
constexpr auto divide = [](auto a, auto b) { return a / b; };
constexpr auto larger = [](auto a, auto b) { return a != a || a > b ? a : b; };
constexpr auto smaller = [](auto a, auto b) { return a != a || a < b ? a : b; };
constexpr auto greater = [](auto a, auto b) { return a > b; };
constexpr auto greater_equal = [](auto a, auto b) { return a >= b; };
constexpr auto less = [](auto a, auto b) { return a < b; };
constexpr auto less_equal = [](auto a, auto b) { return a <= b; };
constexpr auto same = [](auto a, auto b) { return a == b; };
constexpr auto different = [](auto a, auto b) { return a != b; };
constexpr auto power = [](auto a, auto b) {
  using T = decltype(a);
  if constexpr (std::is_floating_point_v<T>) {
    return std::pow(a, b);
  } else {
    if (b < 0) return static_cast<T>(a == 1 ? 1 : 0);
    T result = 1;
    for (T base = a, n = b; n > 0; n = static_cast<T>(n / 2)) {
      if (n % 2) result = mul(result, base);
      base = mul(base, base);
    }
    return result;
  }
};

Tensor real(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, DType::f32); }
const Tensor& check_mask(const char* op, const Tensor& mask) {
  if (mask.dtype() != DType::boolean) fail<DTypeError>(op, ": the mask must be bool: got ", mask.dtype());
  return mask;
}

}  // namespace

Tensor operator+(const Tensor& a, const Tensor& b) { return zip("add", a, b, add); }
Tensor operator-(const Tensor& a, const Tensor& b) { return zip("sub", a, b, sub); }
Tensor operator*(const Tensor& a, const Tensor& b) { return zip("mul", a, b, mul); }
Tensor operator/(const Tensor& a, const Tensor& b) {
  return is_floating(promote(a.dtype(), b.dtype())) ? zip("div", a, b, divide) : zip("div", real(a), real(b), divide);
}
Tensor pow(const Tensor& a, const Tensor& b) { return zip("pow", a, b, power); }
Tensor maximum(const Tensor& a, const Tensor& b) { return zip("maximum", a, b, larger); }
Tensor minimum(const Tensor& a, const Tensor& b) { return zip("minimum", a, b, smaller); }

Tensor operator+(const Tensor& a, Scalar b) { return zip("add", a, b, add); }
Tensor operator+(Scalar a, const Tensor& b) { return b + a; }
Tensor operator-(const Tensor& a, Scalar b) { return zip("sub", a, b, sub); }
Tensor operator-(Scalar a, const Tensor& b) { return zip("sub", b, a, flipped(sub)); }
Tensor operator*(const Tensor& a, Scalar b) { return zip("mul", a, b, mul); }
Tensor operator*(Scalar a, const Tensor& b) { return b * a; }
Tensor operator/(const Tensor& a, Scalar b) { return zip("div", real(a), b, divide); }
Tensor operator/(Scalar a, const Tensor& b) { return zip("div", real(b), a, flipped(divide)); }
Tensor operator-(const Tensor& x) {
  return zip("neg", x, Scalar(0), [](auto v, auto zero) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return -v;  // 0 - 0 would lose the sign of zero
    else return sub(zero, v);
  });
}
Tensor pow(const Tensor& a, Scalar b) {
  if (b.as_double() == 2) return a * a;
  if (b.as_double() == 0.5 && is_floating(a.dtype()))
    return zip("pow", a, b, [](auto v, auto) { return static_cast<decltype(v)>(std::sqrt(v)); });
  return zip("pow", a, b, power);
}

Tensor operator>(const Tensor& a, const Tensor& b) { return zip("gt", a, b, greater); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return zip("ge", a, b, greater_equal); }
Tensor operator<(const Tensor& a, const Tensor& b) { return zip("lt", a, b, less); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return zip("le", a, b, less_equal); }
Tensor operator==(const Tensor& a, const Tensor& b) { return zip("eq", a, b, same); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return zip("ne", a, b, different); }
Tensor operator>(const Tensor& a, Scalar b) { return zip("gt", a, b, greater); }
Tensor operator>=(const Tensor& a, Scalar b) { return zip("ge", a, b, greater_equal); }
Tensor operator<(const Tensor& a, Scalar b) { return zip("lt", a, b, less); }
Tensor operator<=(const Tensor& a, Scalar b) { return zip("le", a, b, less_equal); }
Tensor operator==(const Tensor& a, Scalar b) { return zip("eq", a, b, same); }
Tensor operator!=(const Tensor& a, Scalar b) { return zip("ne", a, b, different); }

Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  check_mask("where", mask);
  const DType d = promote(a.dtype(), b.dtype());
  const Shape shape = broadcast_shapes("where", mask.shape(), broadcast_shapes("where", a.shape(), b.shape()));
  const Tensor m = expand(mask, shape), x = expand(to(a, d), shape), z = expand(to(b, d), shape);
  Tensor y(shape, d);
  dispatch(d, [&]<class T>() {
    T* out = y.write<T>();
    const bool* take = m.read<bool>();
    const T *p = x.read<T>(), *q = z.read<T>();
    kernels::for_rows<4>(shape, {y.strides(), m.strides(), x.strides(), z.strides()}, [&](auto& o, Index n, auto& s) {
      for (Index i = 0; i < n; ++i)
        out[o[0] + i * s[0]] = take[o[1] + i * s[1]] ? p[o[2] + i * s[2]] : q[o[3] + i * s[3]];
    });
  });
  return y;
}
bool all(const Tensor& mask) {
  const Tensor m = contiguous(check_mask("all", mask));
  return std::all_of(m.read<bool>(), m.read<bool>() + m.numel(), [](bool b) { return b; });
}
bool any(const Tensor& mask) {
  const Tensor m = contiguous(check_mask("any", mask));
  return std::any_of(m.read<bool>(), m.read<bool>() + m.numel(), [](bool b) { return b; });
}

namespace {
/// An expanded axis holds one element many times: changing it in place would change it as often.
void check_distinct(const char* op, const Tensor& a) {
  for (Index i = 0; i < a.rank(); ++i)
    if (a.strides()[i] == 0 && a.shape()[i] > 1 && a.numel() > 0)
      fail<ShapeError>(op, ": elements share memory: shape is ", a.shape(), ", strides are ", a.strides(),
                       " — copy(x) first");
}
}  // namespace

void add_(Tensor& a, const Tensor& b) {
  check_distinct("add_", a);
  if (promote(a.dtype(), b.dtype()) != a.dtype())
    fail<DTypeError>("add_: the sum does not fit in place: a is ", a.dtype(), ", b is ", b.dtype());
  const Tensor addend = expand(to(b, a.dtype()), a.shape());
  dispatch_number(a.dtype(), "add_", [&]<class T>() { kernels::zip_into<T, T>(a, a, addend, add); });
}
void mul_(Tensor& a, Scalar b) {
  check_distinct("mul_", a);
  b.check_fits(a.dtype(), "mul_");
  dispatch_number(a.dtype(), "mul_",
                  [&]<class T>() { kernels::map_into<T, T>(a, a, [c = b.to<T>()](T v) { return mul(v, c); }); });
}

}  // namespace gradus
