// Accuracy of the element-wise functions and of sums, against the C library's long double, which has 11 bits more.
#include "catch.hpp"
#include "tensor_layer.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

using namespace gradus;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), pi = std::numbers::pi;

/// The distance of a result from the exact value in units of the last place. Zeros have the right sign, infinite and
/// NaN results are right or count as 1e9.
template <class T>
double ulps(T got, long double exact) {
  using Limits = std::numeric_limits<T>;
  const T nearest = static_cast<T>(exact);
  const bool special = std::isnan(got) || std::isnan(exact) || std::isinf(got) || exact == 0;
  if (special)
    return (std::isnan(got) && std::isnan(exact)) || (got == nearest && std::signbit(got) == std::signbit(nearest))
               ? 0
               : 1e9;
  if (std::isinf(nearest)) return std::abs(got) == Limits::max() && std::signbit(got) == (exact < 0) ? 1 : 1e9;
  const T size = std::abs(nearest), up = std::nextafter(size, Limits::infinity());
  const long double unit = std::isinf(up) ? static_cast<long double>(size) - std::nextafter(size, T(0))
                                          : static_cast<long double>(up) - size;
  return static_cast<double>(std::abs((static_cast<long double>(got) - exact) / unit));
}

/// Where a function is looked at: every representable number in [low, high] is equally likely, then all of [-30, 30] of
/// it, then ever closer to the edges. Values outside may come up: what they give is part of the function.
struct Domain {
  double low = -infinity, high = infinity;
  std::vector<double> edges = {0, 1, -1};
};
template <class T>
Tensor points(const Domain& domain, Index each = 200'000) {
  using L = std::numeric_limits<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  Generator generator(3);
  std::vector<T> x;
  for (const T v : {T(0), L::denorm_min(), L::min(), L::max(), L::infinity(), L::quiet_NaN()})
    x.insert(x.end(), {v, -v});
  for (Index i = 0; i < each;) {
    const T v = std::bit_cast<T>(static_cast<Bits>(generator.next_u64()));
    if (!(v >= domain.low && v <= domain.high)) continue;
    x.push_back(v);
    ++i;
  }
  for (int i = 0; i < 2000; ++i)
    x.push_back(static_cast<T>((2 * generator.next_double() - 1) * static_cast<double>(L::min())));
  const double low = std::max(domain.low, -30.), high = std::min(domain.high, 30.);
  for (Index i = 0; i < each / 4; ++i) x.push_back(static_cast<T>(low + (high - low) * generator.next_double()));
  for (const double edge : domain.edges)
    for (Index i = 0; i < each / 20; ++i) {
      const double step = std::exp2(2 - generator.next_double() * (L::digits + 4));
      x.push_back(static_cast<T>(edge + (i % 2 ? step : -step) * std::max(1., std::abs(edge))));
    }
  return tensor(x);
}

using Exact = long double (*)(long double);
template <class T>
void check_ulps(const char* name, Tensor (*f)(Tensor), Exact exact, const Domain& domain, double limit = 2) {
  const Tensor x = points<T>(domain), y = f(x);
  REQUIRE(y.dtype() == x.dtype());
  double largest = 0, at = 0;
  for (Index i = 0; i < x.numel(); ++i) {
    const double error = ulps(y.read<T>()[i], exact(static_cast<long double>(x.read<T>()[i])));
    if (error > largest) {
      largest = error;
      at = static_cast<double>(x.read<T>()[i]);
    }
  }
  INFO(name << " at " << at << " (" << std::hexfloat << at << ")");
  CHECK(largest <= limit);
}

}  // namespace

TEMPLATE_TEST_CASE("exponentials are within two units in the last place", "[tensor][accuracy]", float, double) {
  constexpr bool narrow = sizeof(TestType) == 4;
  const double bottom = narrow ? -103.97 : -745.13, top = narrow ? 88.7228 : 709.7827;
  const Domain exponents{bottom - 1, top + 1, {0, bottom, top}}, both{-top - 1, top + 1, {0, top + 0.6931, -top}};
  const Domain powers{
      bottom * 1.4427, top * 1.443, {0, narrow ? 128. : 1024, narrow ? -149. : -1074, narrow ? -126. : -1022}};
  check_ulps<TestType>("exp", exp, std::exp, exponents);
  check_ulps<TestType>("exp2", exp2, std::exp2, powers);
  check_ulps<TestType>("expm1", expm1, std::expm1, exponents);
  check_ulps<TestType>(
      "sigmoid", sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); }, exponents);
  check_ulps<TestType>("sinh", sinh, std::sinh, both);
  check_ulps<TestType>("cosh", cosh, std::cosh, both);
  check_ulps<TestType>("tanh", tanh, std::tanh, {-25, 25});
}

TEMPLATE_TEST_CASE("logarithms are within two units in the last place", "[tensor][accuracy]", float, double) {
  const Domain positive{0, infinity, {0, 1, 0.5, 2, 10, 1.4142}};
  check_ulps<TestType>("log", log, std::log, positive);
  check_ulps<TestType>("log2", log2, std::log2, positive);
  check_ulps<TestType>("log10", log10, std::log10, positive);
  check_ulps<TestType>("log1p", log1p, std::log1p, {-1, infinity, {0, -1, 1, 0.4142, -0.2929}});
  check_ulps<TestType>("asinh", asinh, std::asinh, {-infinity, infinity, {0, 1, -1, 0x1p30, 0x1p60}});
  check_ulps<TestType>("acosh", acosh, std::acosh, {1, infinity, {1, 2, 0x1p30, 0x1p60}});
  check_ulps<TestType>("atanh", atanh, std::atanh, {-1, 1, {0, 1, -1, 0.17}});
}

TEMPLATE_TEST_CASE("trigonometric functions are within two units in the last place", "[tensor][accuracy]", float,
                   double) {
  const Domain angles{-infinity, infinity, {0, pi / 2, pi, -1.5 * pi, pi / 4, 1e5 * pi, 0x1p20, -0x1p20}};
  const Domain near{-0x1p20, 0x1p20};
  for (const Domain& d : {angles, near}) {
    check_ulps<TestType>("sin", sin, std::sin, d);
    check_ulps<TestType>("cos", cos, std::cos, d);
  }
  check_ulps<TestType>("tan", tan, std::tan, angles);
  check_ulps<TestType>("asin", asin, std::asin, {-1, 1});
  check_ulps<TestType>("acos", acos, std::acos, {-1, 1});
  check_ulps<TestType>("atan", atan, std::atan, {});
}

TEMPLATE_TEST_CASE("sine and cosine are right beside huge arguments and in any layout", "[tensor][accuracy]", float,
                   double) {
  std::vector<TestType> v(1000, TestType(0.5));
  v[300] = TestType(1e9);
  v[301] = std::numeric_limits<TestType>::infinity();
  const auto check = [&](const Tensor& x) {
    const auto values = x.to_vector<TestType>(), s = sin(x).to_vector<TestType>(), c = cos(x).to_vector<TestType>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(ulps(s[i], std::sin(static_cast<long double>(values[i]))) <= 2);
      CHECK(ulps(c[i], std::cos(static_cast<long double>(values[i]))) <= 2);
    }
  };
  check(tensor(v));
  check(slice(tensor(v), 0, 0, to_end, 3));
  check(transpose(reshape(tensor(v), {10, 100})));
}

TEMPLATE_TEST_CASE("error functions are within two units in the last place", "[tensor][accuracy]", float, double) {
  check_ulps<TestType>("erf", erf, std::erf, {-6.5, 6.5, {0, 0.5, 1, -1}});
  check_ulps<TestType>("erfc", erfc, std::erfc, {-6.5, sizeof(TestType) == 4 ? 11. : 28., {0, 0.5, 1, 2, 10, 26.5}});
}

TEMPLATE_TEST_CASE("the inverse error function is within two units in the last place", "[tensor][accuracy]", float,
                   double) {
  // One step of Newton's method in long double from the result is exact where the result is good.
  const Tensor x = points<TestType>({-1, 1, {0, 0.5, 0.75, 1, -1}}), y = erfinv(x);
  double largest = 0;
  for (Index i = 0; i < x.numel(); ++i) {
    const long double a = x.read<TestType>()[i], size = std::abs(a), root = std::abs(y.read<TestType>()[i]);
    long double exact = size == 1 ? infinity : size == 0 ? 0 : std::numeric_limits<long double>::quiet_NaN();
    if (size > 0 && size < 1) {
      const long double error = size < 0.5L ? std::erf(root) - size : (1 - size) - std::erfc(root);
      exact = root - error * std::exp(root * root) * (0.5L / std::numbers::inv_sqrtpi_v<long double>);
    }
    largest = std::max(largest, ulps(y.read<TestType>()[i], std::copysign(exact, a)));
  }
  CHECK(largest <= 2);
}

TEMPLATE_TEST_CASE("roots and roundings are right", "[tensor][accuracy]", float, double) {
  check_ulps<TestType>("sqrt", sqrt, std::sqrt, {0, infinity}, 0.5);
  check_ulps<TestType>("rsqrt", rsqrt, [](long double x) { return 1 / std::sqrt(x); }, {0, infinity});
  check_ulps<TestType>(
      "reciprocal", reciprocal, [](long double x) { return 1 / x; }, {}, 0.5);
  const Domain halves{-infinity, infinity, {0, 0.5, -0.5, 1.5, 2.5, 0x1p23, 0x1p52}};
  check_ulps<TestType>("floor", floor, std::floor, halves, 0);
  check_ulps<TestType>("ceil", ceil, std::ceil, halves, 0);
  check_ulps<TestType>("trunc", trunc, std::trunc, halves, 0);
  check_ulps<TestType>("round", round, std::nearbyint, halves, 0);
  check_ulps<TestType>(
      "frac", frac, [](long double x) { return x - std::trunc(x); }, halves, 0);
}

TEST_CASE("sums of f32 stay exact to 1e-6 over a hundred million elements", "[tensor][accuracy]") {
  const Index n = 100'000'000;
  const Tensor x = full({n}, 0.1f);
  CHECK(std::abs(sum(x).item() / (static_cast<double>(0.1f) * static_cast<double>(n)) - 1) < 1e-6);
  CHECK(std::abs(mean(x).item() / static_cast<double>(0.1f) - 1) < 1e-6);
  const Tensor columns = reshape(x, {n / 4, 4});
  for (const double s : sum(columns, {0}).to_vector<double>())
    CHECK(std::abs(s / (static_cast<double>(0.1f) * n / 4) - 1) < 1e-6);
}
