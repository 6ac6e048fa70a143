// Accuracy of the kernels against slow, obviously right versions.
#include <gradus/tensor/kernels/gemm.hpp>

#include "catch.hpp"
#include "tensor_layer.hpp"

#include <cmath>
#include <limits>

using namespace gradus;

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
