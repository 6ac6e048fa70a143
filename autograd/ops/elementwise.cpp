#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/logic.hpp>

#include <numbers>

namespace gradus {
namespace {
using std::numbers::inv_sqrtpi;
using std::numbers::ln10;
using std::numbers::ln2;

/// The rule of a function of steps: zeros, also where g is infinite.
constexpr auto no_slope = [](auto& g) -> Variable { return zeros_like(g.data()); };
/// 1 / sqrt(x^2 + c) for c = 1 or -1; a large x is scaled first (by a constant), so that its square stays in the range.
Variable inverse_root(const Variable& x, double c) {
  const Tensor size = abs(x.data()), scale = masked_fill(size, (size <= 1e10) | isinf(size), 1);
  return rsqrt(square(x / scale) + c / scale / scale) / scale;
}
}  // namespace

// An operation that may overwrite its argument makes its edge first: the kernel empties the handle.

Variable abs(const Variable& x) {
  return record("abs", abs(x.data()), edge(x, [](auto& g, auto& x) { return g * sign(x.data()); }, x));
}
Variable sign(Variable x) {
  auto e = edge(x, no_slope);
  return record("sign", sign(std::move(x.data())), std::move(e));
}
Variable relu(Variable x) {
  auto e = edge(x, fused([](auto& g, auto& y) { return masked_fill(g, y <= 0, 0); },
                         [](auto& g, auto& y) -> Variable { return relu_backward(g.data(), y.data()); }),
                output);
  return record("relu", relu(std::move(x.data())), std::move(e));
}
Variable square(const Variable& x) {
  return record("square", square(x.data()), edge(x, [](auto& g, auto& x) { return g * (x * 2); }, x));
}
Variable floor(Variable x) {
  auto e = edge(x, no_slope);
  return record("floor", floor(std::move(x.data())), std::move(e));
}
Variable ceil(Variable x) {
  auto e = edge(x, no_slope);
  return record("ceil", ceil(std::move(x.data())), std::move(e));
}
Variable trunc(Variable x) {
  auto e = edge(x, no_slope);
  return record("trunc", trunc(std::move(x.data())), std::move(e));
}
Variable round(Variable x) {
  auto e = edge(x, no_slope);
  return record("round", round(std::move(x.data())), std::move(e));
}
Variable frac(Variable x) {
  auto e = edge(x, [](auto& g) { return g; });
  return record("frac", frac(std::move(x.data())), std::move(e));
}
Variable sqrt(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g / (y * 2); }, output);
  return record("sqrt", sqrt(std::move(x.data())), std::move(e));
}
Variable rsqrt(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * y * (y * y * -0.5); }, output);
  return record("rsqrt", rsqrt(std::move(x.data())), std::move(e));
}
Variable reciprocal(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return -g * y * y; }, output);
  return record("reciprocal", reciprocal(std::move(x.data())), std::move(e));
}

Variable exp(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * y; }, output);
  return record("exp", exp(std::move(x.data())), std::move(e));
}
Variable exp2(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (y * ln2); }, output);
  return record("exp2", exp2(std::move(x.data())), std::move(e));
}
Variable expm1(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (y + 1); }, output);
  return record("expm1", expm1(std::move(x.data())), std::move(e));
}
Variable log(const Variable& x) {
  return record("log", log(x.data()), edge(x, [](auto& g, auto& x) { return g / x; }, x));
}
Variable log2(const Variable& x) {
  return record("log2", log2(x.data()), edge(x, [](auto& g, auto& x) { return g / (x * ln2); }, x));
}
Variable log10(const Variable& x) {
  return record("log10", log10(x.data()), edge(x, [](auto& g, auto& x) { return g / (x * ln10); }, x));
}
Variable log1p(const Variable& x) {
  return record("log1p", log1p(x.data()), edge(x, [](auto& g, auto& x) { return g / (x + 1); }, x));
}
Variable sigmoid(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (y * (1 - y)); }, output);
  return record("sigmoid", sigmoid(std::move(x.data())), std::move(e));
}

Variable sin(const Variable& x) {
  return record("sin", sin(x.data()), edge(x, [](auto& g, auto& x) { return g * cos(x); }, x));
}
Variable cos(const Variable& x) {
  return record("cos", cos(x.data()), edge(x, [](auto& g, auto& x) { return -g * sin(x); }, x));
}
Variable tan(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (y * y + 1); }, output);
  return record("tan", tan(std::move(x.data())), std::move(e));
}
Variable asin(const Variable& x) {
  return record("asin", asin(x.data()), edge(x, [](auto& g, auto& x) { return g * rsqrt(1 - x * x); }, x));
}
Variable acos(const Variable& x) {
  return record("acos", acos(x.data()), edge(x, [](auto& g, auto& x) { return -g * rsqrt(1 - x * x); }, x));
}
Variable atan(const Variable& x) {
  return record("atan", atan(x.data()), edge(x, [](auto& g, auto& x) { return g / (x * x + 1); }, x));
}
Variable sinh(const Variable& x) {
  return record("sinh", sinh(x.data()), edge(x, [](auto& g, auto& x) { return g * cosh(x); }, x));
}
Variable cosh(const Variable& x) {
  return record("cosh", cosh(x.data()), edge(x, [](auto& g, auto& x) { return g * sinh(x); }, x));
}
Variable tanh(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (1 - y * y); }, output);
  return record("tanh", tanh(std::move(x.data())), std::move(e));
}
Variable asinh(const Variable& x) {
  return record("asinh", asinh(x.data()), edge(x, [](auto& g, auto& x) { return g * inverse_root(x, 1); }, x));
}
Variable acosh(const Variable& x) {
  return record("acosh", acosh(x.data()), edge(x, [](auto& g, auto& x) { return g * inverse_root(x, -1); }, x));
}
Variable atanh(const Variable& x) {
  return record("atanh", atanh(x.data()), edge(x, [](auto& g, auto& x) { return g / (1 - x * x); }, x));
}

Variable erf(const Variable& x) {
  return record("erf", erf(x.data()), edge(x, [](auto& g, auto& x) { return g * (exp(-(x * x)) * (2 * inv_sqrtpi)); }, x));
}
Variable erfc(const Variable& x) {
  return record("erfc", erfc(x.data()), edge(x, [](auto& g, auto& x) { return g * (exp(-(x * x)) * (-2 * inv_sqrtpi)); }, x));
}
Variable erfinv(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (exp(y * y) * (0.5 / inv_sqrtpi)); }, output);
  return record("erfinv", erfinv(std::move(x.data())), std::move(e));
}

}  // namespace gradus
