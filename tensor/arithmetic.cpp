#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/kernels/overlap.hpp>
#include <gradus/tensor/kernels/zip.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

using kernels::add;
using kernels::flipped;
using kernels::wrapping;
using kernels::zip;

constexpr auto sub = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x - y; }); };
constexpr auto mul = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x * y; }); };
constexpr auto divide = [](auto a, auto b) { return a / b; };
constexpr auto larger = [](auto a, auto b) { return a != a || a > b ? a : b; };
constexpr auto smaller = [](auto a, auto b) { return a != a || a < b ? a : b; };
constexpr auto power = [](auto a, auto b) {
  using T = decltype(a);
  if constexpr (std::is_floating_point_v<T>) {
    return std::pow(a, b);
  } else {
    if constexpr (std::is_signed_v<T>)
      if (b < 0) return static_cast<T>(a == 1 ? 1 : a == -1 ? 1 - 2 * (b & 1) : 0);
    T result = 1;
    for (T base = a, n = b; n > 0; n = static_cast<T>(n / 2)) {
      if (n % 2) result = mul(result, base);
      base = mul(base, base);
    }
    return result;
  }
};

Tensor real(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, DType::f32); }
constexpr auto modulo = [](auto a, auto b) {
  using T = decltype(a);
  if constexpr (std::is_floating_point_v<T>) {
    const T r = std::fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  } else {
    if (b == 0) return T(0);
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return T(0);  // the smallest number % -1 would trap
    const T r = static_cast<T>(a % b);
    return static_cast<T>(r != 0 && (r < 0) != (b < 0) ? r + b : r);
  }
};
void check_divisor(const Tensor& b, DType d) {
  if (is_floating(d) || d == DType::boolean || !b.defined()) return;
  if (any(to(b, d) == 0)) fail<ValueError>("remainder: whole numbers have no remainder of a division by 0");
}
void check_bound(const char* op, Scalar bound) {
  if (std::isnan(bound.as_double())) fail<ValueError>(op, ": a bound is NaN: it is ", bound.as_double());
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

Tensor remainder(const Tensor& a, const Tensor& b) {
  check_divisor(b, promote(a.dtype(), b.dtype()));
  return zip("remainder", a, b, modulo);
}
Tensor remainder(const Tensor& a, Scalar b) {
  if (!is_floating(a.dtype()) && b.as_double() == 0)
    fail<ValueError>("remainder: whole numbers have no remainder of a division by 0");
  return zip("remainder", a, b, modulo);
}
Tensor atan2(const Tensor& y, const Tensor& x) {
  const DType d = promote(promote(y.dtype(), x.dtype()), DType::f32);
  return zip("atan2", to(y, d), to(x, d), [](auto a, auto b) { return static_cast<decltype(a)>(std::atan2(a, b)); });
}

Tensor clamp(const Tensor& x, Scalar low, Scalar high) {
  low.check_fits(x.dtype(), "clamp");
  high.check_fits(x.dtype(), "clamp");
  if (std::isnan(low.as_double()) || std::isnan(high.as_double()))
    fail<ValueError>("clamp: a bound is NaN: low is ", low.as_double(), ", high is ", high.as_double());
  return dispatch_number(x.dtype(), "clamp", [&]<class T>() {
    const T a = low.to<T>(), b = high.to<T>();
    return kernels::map<T, T>(x, [=](T v) { return v > b ? b : v < a ? (a > b ? b : a) : v; });  // NaN passes
  });
}
Tensor clamp_min(const Tensor& x, Scalar low) {
  check_bound("clamp_min", low);
  return zip("clamp_min", x, low, [](auto v, auto a) { return v < a ? a : v; });
}
Tensor clamp_max(const Tensor& x, Scalar high) {
  check_bound("clamp_max", high);
  return zip("clamp_max", x, high, [](auto v, auto b) { return v > b ? b : v; });
}

void add_(Tensor& a, const Tensor& b) {
  kernels::check_distinct("add_", a);
  if (promote(a.dtype(), b.dtype()) != a.dtype())
    fail<DTypeError>("add_: the sum does not fit in place: a is ", a.dtype(), ", b is ", b.dtype());
  const Tensor addend = kernels::keep_apart(expand(to(b, a.dtype()), a.shape()), a);
  dispatch_number(a.dtype(), "add_", [&]<class T>() { kernels::zip_into<T, T>(a, a, addend, add); });
}
void mul_(Tensor& a, Scalar b) {
  kernels::check_distinct("mul_", a);
  b.check_fits(a.dtype(), "mul_");
  dispatch_number(a.dtype(), "mul_",
                  [&]<class T>() { kernels::map_into<T, T>(a, a, [c = b.to<T>()](T v) { return mul(v, c); }); });
}

}  // namespace gradus
