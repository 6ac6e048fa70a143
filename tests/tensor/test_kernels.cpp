// Accuracy of the kernels against slow, obviously right versions.
#include <gradus/gradus.hpp>
#include <gradus/tensor/kernels/gemm.hpp>

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <limits>

using namespace gradus;

namespace {

/// How many representable numbers lie between a result and the exact value.
template <class T>
double ulps(T got, long double exact) {
  if (std::isnan(got) || std::isinf(got))
    return static_cast<long double>(got) == exact || static_cast<T>(exact) == got ? 0 : 1e9;
  const T nearest = static_cast<T>(exact);
  if (std::isinf(nearest))
    return std::abs(static_cast<double>(std::numeric_limits<T>::max() - std::abs(got))) == 0 ? 1 : 1e9;
  const T up = std::nextafter(std::abs(nearest), std::numeric_limits<T>::infinity());
  const long double unit = std::isinf(up)
                               ? static_cast<long double>(std::abs(nearest)) - std::nextafter(std::abs(nearest), T(0))
                               : static_cast<long double>(up) - std::abs(nearest);
  return static_cast<double>(std::abs((static_cast<long double>(got) - exact) / unit));
}
template <class T>
double worst(Tensor (*f)(Tensor), long double (*exact)(long double), double low, double high) {
  Generator generator(3);
  const Tensor x = uniform({250'000}, low, high, dtype_of<T>(), generator), y = f(copy(x));
  double largest = 0;
  for (Index i = 0; i < x.numel(); ++i)
    largest = std::max(largest, ulps(y.read<T>()[i], exact(static_cast<long double>(x.read<T>()[i]))));
  return largest;
}
long double exact_sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEMPLATE_TEST_CASE("exp and log and tanh and sigmoid are within two units in the last place", "[tensor][accuracy]",
                   float, double) {
  constexpr bool narrow = sizeof(TestType) == 4;
  CHECK(worst<TestType>(exp, std::exp, -1, 1) <= 2);
  CHECK(worst<TestType>(exp, std::exp, narrow ? -87 : -708, narrow ? 88.7 : 709.7) <= 2);
  CHECK(worst<TestType>(log, std::log, 0, 4) <= 2);
  CHECK(worst<TestType>(log, std::log, 0.9, 1.1) <= 2);
  CHECK(worst<TestType>(log, std::log, 1, narrow ? 1e38 : 1e300) <= 2);
  CHECK(worst<TestType>(tanh, std::tanh, -1, 1) <= 2);
  CHECK(worst<TestType>(tanh, std::tanh, -20, 20) <= 2);
  CHECK(worst<TestType>(sigmoid, exact_sigmoid, -20, 20) <= 2.5);
  CHECK(worst<TestType>(sigmoid, exact_sigmoid, narrow ? -87 : -700, narrow ? 87 : 700) <= 2.5);
}

TEMPLATE_TEST_CASE("special values keep their meaning in vector code", "[tensor][accuracy]", float, double) {
  using L = std::numeric_limits<TestType>;
  const TestType inf = L::infinity(), nan = L::quiet_NaN(), tiny = L::denorm_min();
  const auto run = [](auto f, std::vector<TestType> v) { return f(tensor(v)).template to_vector<TestType>(); };
  // Enough elements to pass through the vector loop, not only its tail.
  const auto value = [&](auto f, TestType x) {
    const auto y = run(f, std::vector<TestType>(64, x));
    for (const TestType v : y) CHECK((v == y[0] || std::isnan(v)));
    return y[0];
  };
  const auto e = [](Tensor t) { return exp(t); };
  const auto l = [](Tensor t) { return log(t); };
  const auto t = [](Tensor v) { return tanh(v); };
  const auto s = [](Tensor v) { return sigmoid(v); };
  CHECK(value(e, inf) == inf);
  CHECK(value(e, -inf) == 0);
  CHECK(std::isnan(value(e, nan)));
  CHECK(value(e, 0) == 1);
  CHECK(value(e, sizeof(TestType) == 4 ? TestType(88.72) : TestType(709.78)) < inf);
  CHECK(value(e, sizeof(TestType) == 4 ? TestType(88.73) : TestType(709.79)) == inf);
  CHECK(value(e, sizeof(TestType) == 4 ? TestType(-100) : TestType(-740)) > 0);  // a subnormal result
  CHECK(value(l, 0) == -inf);
  CHECK(std::isnan(value(l, -1)));
  CHECK(value(l, inf) == inf);
  CHECK(std::isnan(value(l, nan)));
  CHECK(value(l, 1) == 0);
  CHECK(ulps(value(l, tiny), std::log(static_cast<long double>(tiny))) <= 2);
  CHECK(value(t, inf) == 1);
  CHECK(value(t, -inf) == -1);
  CHECK(std::isnan(value(t, nan)));
  CHECK(value(t, tiny) == tiny);
  CHECK(std::signbit(value(t, TestType(-0.0))));
  CHECK(value(s, inf) == 1);
  CHECK(value(s, -inf) == 0);
  CHECK(std::isnan(value(s, nan)));
  CHECK(std::isnan(value([](Tensor v) { return relu(v); }, nan)));
  CHECK(value([](Tensor v) { return relu(v); }, -inf) == 0);
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

TEST_CASE("sums over any axes agree with plain loops", "[tensor][reduce]") {
  Generator g(5);
  const Tensor x = rand({3, 40, 5, 70}, DType::f64, g);
  for (const Tensor& t :
       {x, permute(x, {3, 1, 0, 2}), slice(x, 3, 1, to_end, 3), expand(slice(x, 0, 0, 1), {4, 40, 5, 70})})
    for (const Axes& axes :
         {Axes{0}, Axes{1}, Axes{3}, Axes{0, 2}, Axes{1, 3}, Axes{0, 1, 2, 3}, Axes{-1, 0}, Axes{}}) {
      const Tensor s = sum(t, axes, true);
      std::vector<double> plain(static_cast<std::size_t>(s.numel()), 0);
      const auto values = t.to_vector<double>();
      const Axes wrapped = wrap_axes("test", axes, 4);
      for (Index i = 0; i < t.numel(); ++i) {
        Index rest = i, position = 0, stride = 1;
        for (Index a = 3; a >= 0; --a) {
          const Index at = rest % t.shape()[a];
          rest /= t.shape()[a];
          if (!wrapped.contains(a)) {
            position += at * stride;
            stride *= t.shape()[a];
          }
        }
        plain[static_cast<std::size_t>(position)] += values[static_cast<std::size_t>(i)];
      }
      CHECK(allclose(reshape(s, {s.numel()}), tensor(plain), 1e-12));
    }
  CHECK(sum(ones({0, 3})).item() == 0);
  CHECK(sum(ones({0, 3}), {0}).to_vector<double>() == std::vector<double>{0, 0, 0});
  CHECK(sum(full({3}, true, DType::boolean)).item<Index>() == 3);
}

TEST_CASE("max finds the first of equals and the first NaN", "[tensor][reduce]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto m = max(tensor({{1.0, 3.0, 3.0}, {2.0, nan, nan}}), 1);
  CHECK(m.indices.to_vector<Index>() == std::vector<Index>{1, 1});
  CHECK(std::isnan(m.values[1].item()));
  CHECK(min(tensor({4.0, 2.0, 2.0}), 0).indices.item<Index>() == 1);
  CHECK(argmax(tensor({{1.0, 0.0}, {0.0, 1.0}}), 0).to_vector<Index>() == std::vector<Index>{0, 1});
}

TEMPLATE_TEST_CASE("matrix products agree with three loops at every shape and layout", "[tensor][gemm]", float,
                   double) {
  Generator g(9);
  for (const Index m : {1, 2, 7, 33, 128})
    for (const Index n : {1, 5, 10, 64})
      for (const Index k : {1, 3, 31, 200})
        for (const int layout : {0, 1, 2, 3}) {
          const bool ta = layout & 1, tb = layout & 2;
          const Tensor a = rand(ta ? Shape{k, m} : Shape{m, k}, dtype_of<TestType>(), g),
                       b = rand(tb ? Shape{n, k} : Shape{k, n}, dtype_of<TestType>(), g);
          const Tensor bias = rand({n}, dtype_of<TestType>(), g);
          Tensor c({m, n}, dtype_of<TestType>()), d({m, n}, dtype_of<TestType>());
          kernels::Gemm<TestType> product{ta,         tb,
                                          m,          n,
                                          k,          a.read<TestType>(),
                                          ta ? m : k, b.read<TestType>(),
                                          tb ? k : n, c.write<TestType>(),
                                          n,          bias.read<TestType>()};
          kernels::gemm(product);
          product.c = d.write<TestType>();
          kernels::naive_gemm(product);
          CHECK(allclose(c, d, sizeof(TestType) == 4 ? 1e-5 : 1e-13, 0));
        }
}

TEST_CASE("a product over no terms is zero or the bias", "[tensor][gemm]") {
  CHECK(matmul(ones({2, 0}), ones({0, 3})).to_vector<double>() == std::vector<double>(6, 0));
  CHECK(linear(ones({2, 0}), ones({2, 0}), tensor({1.f, 2.f})).to_vector<double>() == std::vector<double>{1, 2, 1, 2});
}

TEST_CASE("softmax does not overflow and log softmax keeps its meaning", "[tensor][softmax]") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto y = log_softmax(tensor({{1e4, 0.0}, {-1e4, -1e4}, {3e38, -3e38}}), 1).to_vector<double>();
  CHECK(y[0] == 0);
  CHECK(y[1] == -1e4);
  CHECK(y[2] == Approx(-std::log(2)));
  CHECK(y[4] == 0);
  CHECK(std::isnan(softmax(tensor({-inf, -inf}), 0).to_vector<double>()[0]));
  CHECK(softmax(tensor({-inf, 0.0}), 0).to_vector<double>() == std::vector<double>{0, 1});
  CHECK(sum(softmax(randn({7, 300}), 1), {1}).to_vector<double>()[3] == Approx(1).epsilon(1e-5));
}

TEST_CASE("results do not depend on the number of threads", "[tensor][threads]") {
  Generator g(1);
  const Tensor x = randn({300'000}, DType::f32, g), m = reshape(x, {3000, 100});
  const int threads = num_threads();
  const auto all = [&] {
    Generator h(2);
    return std::vector<Tensor>{
        exp(x), sum(x), sum(m, {0}), sum(m, {1}), log_softmax(m, 1), randn({100'001}, DType::f32, h), x + 1};
  };
  set_num_threads(1);
  const auto one = all();
  set_num_threads(threads);
  const auto many = all();
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(equal(one[i], many[i]));
}
