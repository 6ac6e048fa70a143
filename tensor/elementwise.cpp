#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/kernels/vecmath_erf.hpp>
#include <gradus/tensor/kernels/vecmath_trig.hpp>

#include <cmath>
#include <utility>

namespace gradus {
namespace {
constexpr Index expensive_grain = 8192;

template <class F>
Tensor floating(const char* op, Tensor x, F f, Index grain = expensive_grain) {
  return dispatch_floating(x.dtype(), op, [&]<class T>() { return kernels::map_reusing<T>(std::move(x), f, grain); });
}
template <class F>
Tensor number(const char* op, Tensor x, F f) {
  return dispatch_number(x.dtype(), op, [&]<class T>() { return kernels::map_reusing<T>(std::move(x), f); });
}
template <class F>
Tensor rounded(const char* op, Tensor x, F f) {
  return number(op, std::move(x), [=](auto v) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return f(v);
    else return v;
  });
}
/// bool; f is asked about f32 and f64, the answer for whole numbers is always the same.
template <class F>
Tensor test(const char* op, const Tensor& x, bool whole, F f) {
  return dispatch_number(x.dtype(), op, [&]<class T>() {
    return kernels::map<bool, T>(x, [=](T v) {
      if constexpr (std::is_floating_point_v<T>) return f(v);
      else return whole;
    });
  });
}
/// sin or cos: large arguments in a loop of their own, so that the others are vector code.
template <class Fast, class Exact>
Tensor of_angle(const char* op, Tensor x, Fast fast, Exact exact) {
  return dispatch_floating(x.dtype(), op, [&]<class T>() {
    if (!is_dense(x.shape(), x.strides())) x = copy(x);
    Tensor y = x.is_reusable() ? x : empty_like(x);
    const T* in = x.read<T>();
    T* out = y.write<T>();
    parallel_for(x.numel(), expensive_grain, [=](Index begin, Index end) {
      simd::run([=] { kernels::angle_loop(out, in, begin, end, fast, exact); });
    });
    return y;
  });
}
}  // namespace

Tensor abs(Tensor x) {
  return number("abs", std::move(x), [](auto v) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return std::abs(v);
    else return static_cast<decltype(v)>(v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v));
  });
}
Tensor sign(Tensor x) {
  return number("sign", std::move(x), [](auto v) {
    using T = decltype(v);
    return v > 0 ? T(1) : v < 0 ? static_cast<T>(-1) : v;
  });
}
Tensor relu(Tensor x) {
  return number("relu", std::move(x), [](auto v) { return v < 0 ? decltype(v)(0) : v; });  // keeps NaN
}
Tensor square(Tensor x) {
  return number("square", std::move(x), [](auto v) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return v * v;
    else return static_cast<decltype(v)>(static_cast<std::uint64_t>(v) * static_cast<std::uint64_t>(v));
  });
}
Tensor floor(Tensor x) {
  return rounded("floor", std::move(x), [](auto v) { return std::floor(v); });
}
Tensor ceil(Tensor x) {
  return rounded("ceil", std::move(x), [](auto v) { return std::ceil(v); });
}
Tensor trunc(Tensor x) {
  return rounded("trunc", std::move(x), [](auto v) { return std::trunc(v); });
}
Tensor round(Tensor x) {
  return rounded("round", std::move(x), [](auto v) { return std::nearbyint(v); });
}
Tensor isfinite(const Tensor& x) {
  return test("isfinite", x, true, [](auto v) { return std::abs(v) <= std::numeric_limits<decltype(v)>::max(); });
}
Tensor isinf(const Tensor& x) {
  return test("isinf", x, false, [](auto v) { return std::abs(v) > std::numeric_limits<decltype(v)>::max(); });
}
Tensor isnan(const Tensor& x) {
  return test("isnan", x, false, [](auto v) { return v != v; });
}

Tensor frac(Tensor x) {
  return floating(
      "frac", std::move(x), [](auto v) { return v - std::trunc(v); }, parallel_grain);
}
Tensor sqrt(Tensor x) {
  return floating(
      "sqrt", std::move(x), [](auto v) { return std::sqrt(v); }, parallel_grain);
}
Tensor rsqrt(Tensor x) {
  return floating(
      "rsqrt", std::move(x), [](auto v) { return 1 / std::sqrt(v); }, parallel_grain);
}
Tensor reciprocal(Tensor x) {
  return floating(
      "reciprocal", std::move(x), [](auto v) { return 1 / v; }, parallel_grain);
}

Tensor exp(Tensor x) {
  return floating("exp", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_exp(v); });
}
Tensor exp2(Tensor x) {
  return floating("exp2", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_exp2(v); });
}
Tensor expm1(Tensor x) {
  return floating("expm1", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_expm1(v); });
}
Tensor log(Tensor x) {
  return floating("log", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_log(v); });
}
Tensor log2(Tensor x) {
  return floating("log2", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_log2(v); });
}
Tensor log10(Tensor x) {
  return floating("log10", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_log10(v); });
}
Tensor log1p(Tensor x) {
  return floating("log1p", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_log1p(v); });
}
Tensor sigmoid(Tensor x) {
  return floating("sigmoid", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_sigmoid(v); });
}

Tensor sin(Tensor x) {
  return of_angle(
      "sin", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_sin(v); },
      [](auto v) { return static_cast<decltype(v)>(std::sin(static_cast<double>(v))); });
}
Tensor cos(Tensor x) {
  return of_angle(
      "cos", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_cos(v); },
      [](auto v) { return static_cast<decltype(v)>(std::cos(static_cast<double>(v))); });
}
Tensor tan(Tensor x) {
  return floating("tan", std::move(x), [](auto v) { return std::tan(v); });
}
Tensor asin(Tensor x) {
  return floating("asin", std::move(x), [](auto v) { return std::asin(v); });
}
Tensor acos(Tensor x) {
  return floating("acos", std::move(x), [](auto v) { return std::acos(v); });
}
Tensor atan(Tensor x) {
  return floating("atan", std::move(x), [](auto v) { return std::atan(v); });
}
Tensor sinh(Tensor x) {
  return floating("sinh", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_sinh(v); });
}
Tensor cosh(Tensor x) {
  return floating("cosh", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_cosh(v); });
}
Tensor tanh(Tensor x) {
  return floating("tanh", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_tanh(v); });
}
Tensor asinh(Tensor x) {
  return floating("asinh", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_asinh(v); });
}
Tensor acosh(Tensor x) {
  return floating("acosh", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_acosh(v); });
}
Tensor atanh(Tensor x) {
  return floating("atanh", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_atanh(v); });
}

Tensor erf(Tensor x) {
  return floating("erf", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_erf(v); });
}
Tensor erfc(Tensor x) {
  return floating("erfc", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_erfc(v); });
}
Tensor erfinv(Tensor x) {
  return floating("erfinv", std::move(x), [](auto v) GRADUS_INLINED { return kernels::vec_erfinv(v); });
}

Tensor relu_backward(Tensor g, const Tensor& y) {
  if (!(g.shape() == y.shape()))
    fail<ShapeError>("relu_backward: shapes differ: gradient is ", g.shape(), ", output is ", y.shape());
  Tensor out = g.is_reusable() ? g : empty_like(y);
  dispatch_floating(y.dtype(), "relu_backward", [&]<class T>() {
    kernels::zip_into<T, T>(out, g, y, [](T gradient, T value) { return value <= 0 ? T(0) : gradient; });
  });
  return out;
}

}  // namespace gradus
