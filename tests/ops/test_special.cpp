// First and second derivatives at zeros, subnormals, huge values, infinities and NaN, against PyTorch.
#include "catch.hpp"
#include "autograd_layer.hpp"
#include "golden.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gradus;

namespace {

using One = std::function<Variable(const Variable&)>;
using Two = std::function<Variable(const Variable&, const Variable&)>;
template <class F>
using Named = std::vector<std::pair<std::string, F>>;

const Named<One> functions = {
    {"abs", [](auto& x) { return abs(x); }},
    {"sign", [](auto& x) { return sign(x); }},
    {"relu", [](auto& x) { return relu(x); }},
    {"square", [](auto& x) { return square(x); }},
    {"floor", [](auto& x) { return floor(x); }},
    {"ceil", [](auto& x) { return ceil(x); }},
    {"trunc", [](auto& x) { return trunc(x); }},
    {"round", [](auto& x) { return round(x); }},
    {"frac", [](auto& x) { return frac(x); }},
    {"sqrt", [](auto& x) { return sqrt(x); }},
    {"rsqrt", [](auto& x) { return rsqrt(x); }},
    {"reciprocal", [](auto& x) { return reciprocal(x); }},
    {"exp", [](auto& x) { return exp(x); }},
    {"exp2", [](auto& x) { return exp2(x); }},
    {"expm1", [](auto& x) { return expm1(x); }},
    {"log", [](auto& x) { return log(x); }},
    {"log2", [](auto& x) { return log2(x); }},
    {"log10", [](auto& x) { return log10(x); }},
    {"log1p", [](auto& x) { return log1p(x); }},
    {"sigmoid", [](auto& x) { return sigmoid(x); }},
    {"sin", [](auto& x) { return sin(x); }},
    {"cos", [](auto& x) { return cos(x); }},
    {"tan", [](auto& x) { return tan(x); }},
    {"asin", [](auto& x) { return asin(x); }},
    {"acos", [](auto& x) { return acos(x); }},
    {"atan", [](auto& x) { return atan(x); }},
    {"sinh", [](auto& x) { return sinh(x); }},
    {"cosh", [](auto& x) { return cosh(x); }},
    {"tanh", [](auto& x) { return tanh(x); }},
    {"asinh", [](auto& x) { return asinh(x); }},
    {"acosh", [](auto& x) { return acosh(x); }},
    {"atanh", [](auto& x) { return atanh(x); }},
    {"erf", [](auto& x) { return erf(x); }},
    {"erfc", [](auto& x) { return erfc(x); }},
    {"erfinv", [](auto& x) { return erfinv(x); }},
    {"clamp", [](auto& x) { return clamp(x, -1, 1); }},
    {"clamp_min", [](auto& x) { return clamp_min(x, 0); }},
    {"clamp_max", [](auto& x) { return clamp_max(x, 0); }},
    {"remainder_scalar", [](auto& x) { return remainder(x, 1.5); }},
    {"scalar_div", [](auto& x) { return 2 / x; }},
    {"pow0", [](auto& x) { return pow(x, 0); }},
    {"pow1", [](auto& x) { return pow(x, 1); }},
    {"pow2", [](auto& x) { return pow(x, 2); }},
    {"pow3", [](auto& x) { return pow(x, 3); }},
    {"pow_half", [](auto& x) { return pow(x, 0.5); }},
    {"pow_minus1", [](auto& x) { return pow(x, -1); }},
};
const Named<Two> pairs = {
    {"add", [](auto& a, auto& b) { return a + b; }},
    {"sub", [](auto& a, auto& b) { return a - b; }},
    {"mul", [](auto& a, auto& b) { return a * b; }},
    {"div", [](auto& a, auto& b) { return a / b; }},
    {"pow", [](auto& a, auto& b) { return pow(a, b); }},
    {"maximum", [](auto& a, auto& b) { return maximum(a, b); }},
    {"minimum", [](auto& a, auto& b) { return minimum(a, b); }},
    {"remainder", [](auto& a, auto& b) { return remainder(a, b); }},
    {"atan2", [](auto& a, auto& b) { return atan2(a, b); }},
};
One norm_of(double p) {
  return [p](auto& x) { return norm(x, p, {1}); };
}
One each_row(Variable (*f)(const Variable&)) {
  return [f](auto& x) {
    std::vector<Variable> rows;
    for (Index i = 0; i < x.size(0); ++i) rows.push_back(f(x[i]));
    return stack(rows);
  };
}
const double inf = std::numeric_limits<double>::infinity();
const Named<One> lines = {
    {"sum", [](auto& x) { return sum(x, {1}); }},
    {"mean", [](auto& x) { return mean(x, {1}); }},
    {"prod", [](auto& x) { return prod(x, {1}); }},
    {"cumsum", [](auto& x) { return cumsum(x, 1); }},
    {"cumprod", [](auto& x) { return cumprod(x, 1); }},
    {"var", [](auto& x) { return var(x, {1}); }},
    {"stddev", [](auto& x) { return stddev(x, {1}); }},
    {"amax", [](auto& x) { return amax(x, {1}); }},
    {"amin", [](auto& x) { return amin(x, {1}); }},
    {"max_of_all", each_row([](const Variable& x) { return max(x); })},
    {"min_of_all", each_row([](const Variable& x) { return min(x); })},
    {"max", [](auto& x) { return max(x, 1).values; }},
    {"min", [](auto& x) { return min(x, 1).values; }},
    {"sort", [](auto& x) { return sort(x, 1).values; }},
    {"logsumexp", [](auto& x) { return logsumexp(x, {1}); }},
    {"softmax", [](auto& x) { return softmax(x, 1); }},
    {"log_softmax", [](auto& x) { return log_softmax(x, 1); }},
    {"norm0", norm_of(0)},
    {"norm0.5", norm_of(0.5)},
    {"norm1", norm_of(1)},
    {"norm1.5", norm_of(1.5)},
    {"norm2", norm_of(2)},
    {"norm3", norm_of(3)},
    {"norminf", norm_of(inf)},
    {"norm-inf", norm_of(-inf)},
};

const std::map<std::string, Tensor>& all() {
  static const TensorFile file = golden::tensors("special.safetensors");
  return file.tensors;
}
/// The derivative of f on the tape, zeros where it depends on nothing.
Variable slope(const Variable& y, const Variable& x, const Tensor& cotangent) {
  if (!y.requires_grad()) return zeros_like(x.data());
  return grad(std::vector{y}, std::vector{x}, {.create_graph = true, .gradients = {cotangent}})[0];
}
/// 1, 2, ... along each row, or ones.
Tensor counted(const Tensor& y) {
  return y.rank() < 2 ? ones_like(y) : contiguous(expand(arange(1, 1.0 + static_cast<double>(y.size(1)), 1, y.dtype()), y.shape()));
}
using Values = std::vector<double>;
bool any_nan(const Values& v) {
  return std::any_of(v.begin(), v.end(), [](double x) { return std::isnan(x); });
}
/// Where PyTorch's value is no measure, `at` being the arguments.
bool exempt(const std::string& key, double wanted, const Values& at) {
  const auto about = [&](const char* name) { return key.starts_with(name); };
  if (std::isnan(wanted)) return true;  // often 0 * inf on PyTorch's way; what must stay NaN is in test_conventions.cpp
  if (about("abs.") || about("norm1.") || about("norminf.") || about("norm-inf."))
    return any_nan(at);                                    // sign(NaN) is NaN here
  if (key == "pow.ab") return at[1] == 0;                  // 1 / a; PyTorch: 0
  if (about("logsumexp."))  // there e^(x - y), y being rounded
    return std::any_of(at.begin(), at.end(), [](double v) { return std::abs(v) > 1e15; });
  return about("remainder.") && at.size() == 2 && at[1] == 0;  // NaN, as the value is
}
/// The same for what f32 has no room for: squares and quotients of the ends of its range; beside an unusual cotangent, or in
/// a^(b - 2), those of moderate numbers.
bool leaves_f32(const std::string& key, const Values& at) {
  const bool narrow = key == "pow.aa" || (key.ends_with(".grad") && at.size() == 2 && at[1] != 1);
  const double most = narrow ? 1e10 : 2e23;
  return std::any_of(at.begin(), narrow ? at.begin() + 1 : at.end(), [&](double v) {
    return std::isfinite(v) && v != 0 && (std::abs(v) < 1 / most || std::abs(v) > most);
  });
}

/// Equal, both NaN, or close: to numbers, and to `rounding` relative to 1 and to 1 / the largest argument.
void compare(const std::string& key, const Tensor& got, const std::vector<Tensor>& arguments, double rounding) {
  const bool f32 = got.dtype() == DType::f32;
  const Values a = got.to_vector<double>(), b = to(all().at(key), got.dtype()).to_vector<double>();
  std::vector<Values> at;
  for (const Tensor& t : arguments) at.push_back(t.to_vector<double>());
  REQUIRE(a.size() == b.size());
  std::size_t compared = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    Values here;
    double scale = 0;
    for (const Values& v : at) here.push_back(v[i]);
    for (const double v : here) scale = std::isfinite(v) ? std::max(scale, std::abs(v)) : scale;
    if (exempt(key, b[i], here) || (f32 && leaves_f32(key, here))) continue;
    ++compared;
    const double unit = rounding * (1 + (scale ? 1 / scale : 0));
    const double atol = f32 ? 2e-38 + 1e-6 * unit : 1e-14 * unit, rtol = f32 ? 1e-5 : 1e-12;
    INFO(key << (f32 ? " f32" : " f64") << " at " << tensor(here) << ": " << a[i] << " instead of " << b[i]);
    CHECK((a[i] == b[i] || std::abs(a[i] - b[i]) <= atol + rtol * std::abs(b[i])));
  }
  INFO(key << ": compared " << compared << " of " << a.size());
  CHECK(5 * compared >= a.size());  // an exemption must not swallow the comparison
}
Tensor input(const std::string& name, DType d) { return copy(to(all().at(name), d)); }
Tensor every(const Tensor& x, const Shape& shape) { return contiguous(expand(x, shape)); }

}  // namespace

TEST_CASE("derivatives of functions of one number are PyTorch's at special values", "[ops][special]") {
  for (const DType d : {DType::f64, DType::f32})
    for (const auto& [name, f] : functions) {
      const Variable x = leaf(input("x", d));
      const Tensor cotangents = input("cotangent", d), one = ones_like(x.data());
      std::vector<Tensor> first;
      for (Index i = 0; i < cotangents.numel(); ++i) first.push_back(slope(f(x), x, one * select(cotangents, 0, i)).data());
      const Tensor g = stack(first, 0);
      compare(name + ".grad", g, {every(x.data(), g.shape()), every(unsqueeze(cotangents, 1), g.shape())}, 0);
      compare(name + ".second", slope(slope(f(x), x, one), x, one).data(), {x.data()}, 0);
    }
}
TEST_CASE("derivatives of functions of two numbers are PyTorch's at special values", "[ops][special]") {
  for (const DType d : {DType::f64, DType::f32})
    for (const auto& [name, f] : pairs) {
      const std::vector<Variable> x{leaf(input("pair.a", d)), leaf(input("pair.b", d))};
      const Tensor one = ones_like(x[0].data());
      for (const auto& [i, j] : {std::pair{0u, 0u}, {0u, 1u}, {1u, 1u}}) {
        const Variable g = slope(f(x[0], x[1]), x[i], one);
        if (i == j) compare(name + "." + "ab"[i], g.data(), {x[0].data(), x[1].data()}, 0);
        compare(name + "." + "ab"[i] + "ab"[j], slope(g, x[j], one).data(), {x[0].data(), x[1].data()}, name == "atan2" ? 1 : 0);
      }
    }
}
TEST_CASE("derivatives of functions of lines are PyTorch's at special values", "[ops][special]") {
  for (const DType d : {DType::f64, DType::f32})
    for (const auto& [name, f] : lines) {
      const Variable x = leaf(input("rows", d)), y = f(x), g = slope(y, x, counted(y.data()));
      std::vector<Tensor> at{x.data()};
      for (Index c = 0; c < 3; ++c) at.push_back(every(slice(x.data(), 1, c, c + 1), x.shape()));
      compare(name + ".grad", g.data(), at, 1);
      compare(name + ".second", slope(g, x, counted(g.data())).data(), at, 10);
    }
}
