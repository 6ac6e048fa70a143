// Element-wise functions beyond the op table: PyTorch's conventions at the edges, whole numbers, memory taken over.
#include "catch.hpp"
#include "autograd_layer.hpp"
#include "golden.hpp"

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

using Op = Variable (*)(Variable);
struct Named {
  const char* name;
  Op f;
};
const std::vector<Named> functions = {
    {"abs", [](Variable x) { return abs(x); }},
    {"sign", [](Variable x) { return sign(x); }},
    {"square", [](Variable x) { return square(x); }},
    {"floor", [](Variable x) { return floor(x); }},
    {"ceil", [](Variable x) { return ceil(x); }},
    {"trunc", [](Variable x) { return trunc(x); }},
    {"round", [](Variable x) { return round(x); }},
    {"frac", [](Variable x) { return frac(x); }},
    {"rsqrt", [](Variable x) { return rsqrt(x); }},
    {"reciprocal", [](Variable x) { return reciprocal(x); }},
    {"exp2", [](Variable x) { return exp2(x); }},
    {"expm1", [](Variable x) { return expm1(x); }},
    {"log2", [](Variable x) { return log2(x); }},
    {"log10", [](Variable x) { return log10(x); }},
    {"log1p", [](Variable x) { return log1p(x); }},
    {"sin", [](Variable x) { return sin(x); }},
    {"cos", [](Variable x) { return cos(x); }},
    {"tan", [](Variable x) { return tan(x); }},
    {"asin", [](Variable x) { return asin(x); }},
    {"acos", [](Variable x) { return acos(x); }},
    {"atan", [](Variable x) { return atan(x); }},
    {"sinh", [](Variable x) { return sinh(x); }},
    {"cosh", [](Variable x) { return cosh(x); }},
    {"asinh", [](Variable x) { return asinh(x); }},
    {"acosh", [](Variable x) { return acosh(x); }},
    {"atanh", [](Variable x) { return atanh(x); }},
    {"erf", [](Variable x) { return erf(x); }},
    {"erfc", [](Variable x) { return erfc(x); }},
    {"erfinv", [](Variable x) { return erfinv(x); }},
};

/// Equal, both NaN, or close: PyTorch's own functions are a few units off, and some give 0 for subnormal results.
void check_same(const Tensor& x, const Tensor& got, const Tensor& wanted, double rtol) {
  const auto at = x.to_vector<double>(), a = got.to_vector<double>(), b = wanted.to_vector<double>();
  REQUIRE(a.size() == b.size());
  const double atol = got.dtype() == DType::f32 ? 2e-38 : 3e-308;
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("at " << at[i] << ": " << a[i] << " instead of " << b[i]);
    CHECK((a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) || std::abs(a[i] - b[i]) <= atol + rtol * std::abs(b[i])));
  }
}

}  // namespace

TEST_CASE("values and derivatives at the edges of domains are those of PyTorch", "[ops][golden]") {
  const TensorFile file = golden::tensors("elementwise.safetensors");
  for (const char* dtype : {"f32", "f64"})
    for (const Named& n : functions) {
      const std::string key = join(n.name, ".", dtype);
      INFO(key);
      const Tensor& input = file.tensors.at(join("input.", dtype));
      const double rtol = input.dtype() == DType::f32 ? 2e-6 : 1e-14;
      const Variable x = leaf(copy(input)), y = n.f(x);
      Tensor value = file.tensors.at(key + ".value"), gradient = file.tensors.at(key + ".grad");
      // PyTorch's squares overflow in f32.
      if (n.name == std::string("asinh") || n.name == std::string("acosh"))
        gradient = where((abs(input) > 1e10) & isfinite(input), 1 / abs(input), gradient);
      // sign(NaN), the derivative of abs, is 0 in PyTorch. Here NaN stays.
      if (n.name == std::string("sign")) value = where(isnan(input), input, value);
      if (n.name == std::string("abs")) gradient = where(isnan(input), input, gradient);
      check_same(input, y.data(), value, rtol);
      y.backward({.gradient = ones_like(y.data())});
      check_same(input, x.grad(), gradient, 4 * rtol);
    }
}

TEST_CASE("functions of steps send zeros back even where the gradient is infinite", "[ops]") {
  const Variable x = leaf(tensor({-0.5, 0.0, 1.5}));
  for (const Op f : {Op([](Variable v) { return sign(v); }), Op([](Variable v) { return floor(v); }),
                     Op([](Variable v) { return ceil(v); }), Op([](Variable v) { return trunc(v); }),
                     Op([](Variable v) { return round(v); })}) {
    const Variable g = grad(sum(f(x) * std::numeric_limits<double>::infinity()), x, {.create_graph = true});
    CHECK(g.data().to_vector<double>() == std::vector<double>{0, 0, 0});
  }
}

TEST_CASE("whole numbers are their own rounding and always finite", "[ops]") {
  const Tensor i = tensor(std::vector<Index>{-3, 0, 4}), u = to(tensor({3, 200}), DType::u8);
  for (const auto f : {static_cast<Tensor (*)(Tensor)>(floor), static_cast<Tensor (*)(Tensor)>(ceil),
                       static_cast<Tensor (*)(Tensor)>(trunc), static_cast<Tensor (*)(Tensor)>(round)}) {
    CHECK(equal(f(i), i));
    CHECK_FALSE(f(i).shares_memory_with(i));
    CHECK(equal(f(u), u));
  }
  CHECK(square(i).to_vector<Index>() == std::vector<Index>{9, 0, 16});
  CHECK(square(u).to_vector<double>() == std::vector<double>{9, 40000 % 256});
  const Index least = std::numeric_limits<Index>::min();
  CHECK(abs(tensor(std::vector<Index>{least, -3})).to_vector<Index>() == std::vector<Index>{least, 3});
  CHECK(all(isfinite(i)));
  CHECK_FALSE(any(isinf(u)));
  CHECK_FALSE(any(isnan(i)));
  CHECK_THROWS_WITH(isnan(i > 0), ContainsSubstring("isnan: needs numbers: got bool"));
}

TEST_CASE("tests for infinite and missing values tell them apart", "[ops]") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = tensor({inf, -inf, nan, 0.f, std::numeric_limits<float>::max()});
  CHECK(isfinite(x).to_vector<bool>() == std::vector<bool>{false, false, false, true, true});
  CHECK(isinf(x).to_vector<bool>() == std::vector<bool>{true, true, false, false, false});
  CHECK(isnan(x).to_vector<bool>() == std::vector<bool>{false, false, true, false, false});
}

TEST_CASE("a tensor that is handed over is overwritten and one that is kept is not", "[ops]") {
  for (auto f : {static_cast<Tensor (*)(Tensor)>(sin), static_cast<Tensor (*)(Tensor)>(erf), static_cast<Tensor (*)(Tensor)>(floor)}) {
    Tensor x = full({1000}, 0.75);
    const Tensor kept = f(x);
    CHECK_FALSE(kept.shares_memory_with(x));
    CHECK(equal(x, full({1000}, 0.75)));
    const void* memory = x.storage_id();
    const Tensor taken = f(std::move(x));
    CHECK(taken.storage_id() == memory);
    CHECK(equal(taken, kept));
  }
}
