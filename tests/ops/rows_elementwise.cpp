#include "ops/table.hpp"

#include <cmath>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
const std::vector<std::vector<Shape>> singles = {{{2, 3}}, {{}}, {{1}}, {{33}}, {{0, 2}}, {{2, 3, 2}}};
const Tensor flags = full({2}, true, DType::boolean), whole = ones({2}, DType::i64);

/// A row of a function that takes f32 and f64 only / any number.
template <class F>
OpRow real(const char* name, F f, double low, double high, double (*reference)(double)) {
  return {name, [f](V x) { return f(x[0]); }, singles, low, high, each(reference),
          {{[f] { f(Variable(whole)); }, std::string(name) + ": needs f32 or f64: got i64 — convert with to(x, DType::f32)"},
           {[f] { f(Variable(flags)); }, std::string(name) + ": needs f32 or f64: got bool"},
           {[f] { f(Variable()); }, "undefined tensor"}}};
}
template <class F>
OpRow number(const char* name, F f, double (*reference)(double)) {
  return {name, [f](V x) { return f(x[0]); }, singles, -3, 3, each(reference),
          {{[f] { f(Variable(flags)); }, std::string(name) + ": needs numbers: got bool — convert with to(x, DType::i64)"},
           {[f] { f(Variable()); }, "undefined tensor"}}};
}
double inverse_erf(double x) {
  double low = -6, high = 6;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle) < x ? low : high) = middle;
  }
  return low;
}
}  // namespace

std::vector<OpRow> elementwise_rows() {
  return {
      number("abs", [](Variable x) { return abs(x); }, std::abs),
      number("sign", [](Variable x) { return sign(x); }, [](double a) { return a > 0 ? 1.0 : -1.0; }),
      number("relu", [](Variable x) { return relu(x); }, [](double a) { return a > 0 ? a : 0; }),
      {"relu", [](V x) { return relu(x[0] * x[0] * x[0]); }, singles, -2, 2, each([](double a) { return a > 0 ? a * a * a : 0; }), {}},
      number("square", [](Variable x) { return square(x); }, [](double a) { return a * a; }),
      number("floor", [](Variable x) { return floor(x); }, std::floor),
      number("ceil", [](Variable x) { return ceil(x); }, std::ceil),
      number("trunc", [](Variable x) { return trunc(x); }, std::trunc),
      number("round", [](Variable x) { return round(x); }, std::nearbyint),
      {"floor", [](V x) { return floor(x[0]) * x[0]; }, singles, -3, 3, each([](double a) { return std::floor(a) * a; }), {}},
      real("frac", [](Variable x) { return frac(x); }, -3, 3, [](double a) { return a - std::trunc(a); }),
      real("sqrt", [](Variable x) { return sqrt(x); }, 0.2, 3, std::sqrt),
      real("rsqrt", [](Variable x) { return rsqrt(x); }, 0.3, 3, [](double a) { return 1 / std::sqrt(a); }),
      real("reciprocal", [](Variable x) { return reciprocal(x); }, -3, -0.3, [](double a) { return 1 / a; }),
      real("exp", [](Variable x) { return exp(x); }, -2, 2, std::exp),
      real("exp2", [](Variable x) { return exp2(x); }, -2, 2, std::exp2),
      real("expm1", [](Variable x) { return expm1(x); }, -2, 2, std::expm1),
      real("log", [](Variable x) { return log(x); }, 0.2, 3, std::log),
      real("log2", [](Variable x) { return log2(x); }, 0.2, 3, std::log2),
      real("log10", [](Variable x) { return log10(x); }, 0.2, 3, std::log10),
      real("log1p", [](Variable x) { return log1p(x); }, -0.7, 3, std::log1p),
      real("sigmoid", [](Variable x) { return sigmoid(x); }, -2, 2, [](double a) { return 1 / (1 + std::exp(-a)); }),
      real("sin", [](Variable x) { return sin(x); }, -4, 4, std::sin),
      real("cos", [](Variable x) { return cos(x); }, -4, 4, std::cos),
      real("tan", [](Variable x) { return tan(x); }, -1.2, 1.2, std::tan),
      real("asin", [](Variable x) { return asin(x); }, -0.9, 0.9, std::asin),
      real("acos", [](Variable x) { return acos(x); }, -0.9, 0.9, std::acos),
      real("atan", [](Variable x) { return atan(x); }, -3, 3, std::atan),
      real("sinh", [](Variable x) { return sinh(x); }, -2, 2, std::sinh),
      real("cosh", [](Variable x) { return cosh(x); }, -2, 2, std::cosh),
      real("tanh", [](Variable x) { return tanh(x); }, -2, 2, std::tanh),
      real("asinh", [](Variable x) { return asinh(x); }, -3, 3, std::asinh),
      real("acosh", [](Variable x) { return acosh(x); }, 1.3, 4, std::acosh),
      real("atanh", [](Variable x) { return atanh(x); }, -0.9, 0.9, std::atanh),
      real("erf", [](Variable x) { return erf(x); }, -2, 2, std::erf),
      real("erfc", [](Variable x) { return erfc(x); }, -2, 2, std::erfc),
      real("erfinv", [](Variable x) { return erfinv(x); }, -0.9, 0.9, inverse_erf),
  };
}

}  // namespace optable
