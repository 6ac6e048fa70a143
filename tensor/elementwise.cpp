#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/kernels/vecmath.hpp>

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
}  // namespace

Tensor exp(Tensor x) {
  return floating("exp", std::move(x), [](auto v) { return kernels::vec_exp(v); });
}
Tensor log(Tensor x) {
  return floating("log", std::move(x), [](auto v) { return kernels::vec_log(v); });
}
Tensor sqrt(Tensor x) {
  return floating(
      "sqrt", std::move(x), [](auto v) { return std::sqrt(v); }, parallel_grain);
}
Tensor tanh(Tensor x) {
  return floating("tanh", std::move(x), [](auto v) { return kernels::vec_tanh(v); });
}
Tensor sigmoid(Tensor x) {
  return floating("sigmoid", std::move(x), [](auto v) { return kernels::vec_sigmoid(v); });
}
Tensor relu(Tensor x) {
  return number("relu", std::move(x), [](auto v) { return v < 0 ? decltype(v)(0) : v; });  // keeps NaN
}
Tensor abs(Tensor x) {
  return number("abs", std::move(x), [](auto v) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return std::abs(v);
    else return static_cast<decltype(v)>(v < 0 ? 0 - v : v);
  });
}
Tensor sign(Tensor x) {
  return number("sign", std::move(x), [](auto v) {
    using T = decltype(v);
    return v > 0 ? T(1) : v < 0 ? static_cast<T>(-1) : v;
  });
}
Tensor isfinite(const Tensor& x) {
  return dispatch_floating(x.dtype(), "isfinite", [&]<class T>() {
    return kernels::map<bool, T>(x, [](T v) { return std::abs(v) <= std::numeric_limits<T>::max(); });
  });
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
