// Reductions beyond sums: accuracy, the ends of the ranges, whole numbers that wrap, layouts.
#include "catch.hpp"
#include "tensor_layer.hpp"

#include <cmath>
#include <limits>

using namespace gradus;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity(), missing = std::numeric_limits<double>::quiet_NaN();
constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
using Numbers = std::vector<Index>;
using Doubles = std::vector<double>;
const Tensor flags = to(tensor({1, 0, 1}), DType::boolean), bytes = to(tensor({200, 3, 2}), DType::u8);
}  // namespace

TEST_CASE("the variance of ten million f32 values near 10000 is good to a millionth", "[tensor][statistics]") {
  Generator g(5);
  const Index n = 10'000'000;
  const Tensor x = uniform({n}, 10000, 10001, DType::f32, g);
  long double sum = 0, squares = 0;
  for (const float v : x.span<float>()) sum += v;
  for (const float v : x.span<float>()) squares += (v - sum / n) * (v - sum / n);
  const auto truth = static_cast<double>(squares / (n - 1));
  CHECK(std::abs(var(x).item() - truth) < 1e-6 * truth);
  CHECK(std::abs(stddev(x).item() - std::sqrt(truth)) < 1e-6 * std::sqrt(truth));
  CHECK(std::abs(max(var(reshape(x, {100'000, 100}), {0})).item() - 1.0 / 12) < 0.002);
}

TEST_CASE("the spread of equal values is exactly zero", "[tensor][statistics]") {
  CHECK(var(full({3}, 0.1, DType::f64)).item() == 0);
  CHECK(stddev(full({7, 5}, 1e10 / 3), {0}, 0).to_vector<double>() == Doubles(5, 0));
}

TEST_CASE("a correction of n or more gives infinity or NaN as in PyTorch", "[tensor][statistics]") {
  CHECK(std::isnan(var(tensor({1.0})).item()));
  CHECK(var(tensor({1.0, 2.0}), {0}, 2).item() == inf);
  CHECK(var(tensor({1.0, 2.0}), {0}, 3).item() == inf);
  CHECK(var(tensor({1.0, 2.0, 6.0}), {0}, 0.5).item() == Approx(14 / 2.5));
  CHECK(std::isnan(var(tensor({1.0, inf})).item()));
  CHECK(std::isnan(var(tensor({1.0, missing})).item()));
}

TEST_CASE("norms neither overflow nor vanish on the way", "[tensor][statistics]") {
  CHECK(norm(tensor({1e30f, 1e30f})).item() == Approx(std::sqrt(2.0) * 1e30));
  CHECK(norm(tensor({3e200, 4e200})).item() == Approx(5e200));
  CHECK(norm(tensor({3e-200, -4e-200})).item() == Approx(5e-200));
  CHECK(norm(tensor({5e-324, 0.0})).item() == 5e-324);
  CHECK(norm(tensor({1.0, -inf})).item() == inf);
  for (const double p : {1.0, 2.0, 3.0, 0.5, inf, -inf}) {
    CHECK(std::isnan(norm(tensor({1.0, missing, 2.0}), p).item()));
    CHECK(norm(tensor({-3.0}), p).item() == Approx(3));
  }
  CHECK(norm(tensor({0.0, missing, -0.0, 2.0}), 0.0).item() == 2);
  CHECK(norm(tensor({0.0, 2.0}), -1.0).item() == 0);
  CHECK(norm(zeros({0, 2}), 2, {0}).to_vector<double>() == Doubles{0, 0});
  CHECK(norm(zeros({0}), 0.5).item() == 0);
  CHECK_THROWS_WITH(norm(zeros({0}), -inf), "norm: no elements: axes [0] of [0]");
}

TEST_CASE("products and running sums of whole numbers wrap around", "[tensor][statistics]") {
  CHECK(prod(tensor(Numbers{most, 2})).item<Index>() == -2);
  CHECK(prod(tensor(Numbers{least, -1})).item<Index>() == least);
  CHECK(prod(bytes).dtype() == DType::i64);
  CHECK(prod(bytes).item<Index>() == 1200);
  CHECK(prod(flags).item<Index>() == 0);
  CHECK(prod(zeros({0, 2}), {0}).to_vector<double>() == Doubles{1, 1});
  CHECK(prod(full({40}, 1e-2f)).item() == 0);  // 1e-80 is below every f32
  CHECK(prod(tensor({1e30f, 1e30f, 1e-30f, 1e-30f})).item() == Approx(1));
  CHECK(cumsum(tensor(Numbers{most, 1, -1}), 0).to_vector<Index>() == Numbers{most, least, most});
  CHECK(cumprod(tensor(Numbers{least, -1, 3}), 0).to_vector<Index>() == Numbers{least, least, least});
  CHECK(cumsum(bytes, 0).to_vector<Index>() == Numbers{200, 203, 205});
  CHECK(cumsum(flags, -1).to_vector<Index>() == Numbers{1, 1, 2});
  CHECK(cumsum(zeros({2, 0}), 1).shape() == Shape{2, 0});
  const Tensor x = tensor({{1.0, missing, 2.0}, {inf, -inf, 1.0}}), y = cumsum(x, 1);
  CHECK(y[0][0].item() == 1);
  CHECK(std::isnan(y[0][2].item()));
  CHECK(std::isnan(y[1][1].item()));
}

TEST_CASE("running sums agree along every axis of every layout", "[tensor][statistics]") {
  Generator g(2);
  const Tensor base = randn({3, 4, 300}, DType::f64, g);
  for (const Tensor& x :
       {base, transpose(base), permute(base, {2, 1, 0}), slice(base, 2, 1, to_end, 3), flip(base, {0})})
    for (Index axis = 0; axis < 3; ++axis) {
      const Tensor s = cumsum(x, axis), p = cumprod(x, axis);
      Tensor sum_so_far = zeros_like(select(x, axis, 0)), product_so_far = ones_like(sum_so_far);
      for (Index i = 0; i < x.size(axis); ++i) {
        sum_so_far = sum_so_far + select(x, axis, i);
        product_so_far = product_so_far * select(x, axis, i);
        CHECK(equal(select(s, axis, i), sum_so_far));
        CHECK(equal(select(p, axis, i), product_so_far));
      }
    }
  const Tensor narrow = full({1'000'000}, 0.1f);  // f32 sums on the way would be off by a percent
  CHECK(cumsum(narrow, 0)[-1].item() == Approx(100000.0).epsilon(1e-6));
}

TEST_CASE("extremes over several axes keep NaN and take whole numbers", "[tensor][statistics]") {
  const Tensor x = tensor({{1.0, missing, 3.0}, {-inf, 2.0, inf}});
  CHECK(amax(x, {0}).to_vector<double>()[0] == 1);
  CHECK(std::isnan(amax(x, {0}).to_vector<double>()[1]));
  CHECK(std::isnan(amin(x, {1}).to_vector<double>()[0]));
  CHECK(amin(x, {1}).to_vector<double>()[1] == -inf);
  CHECK(amax(tensor(Numbers{least, least}), {0}).item<Index>() == least);
  CHECK(amin(bytes, {0}).item<Index>() == 2);
  CHECK(amax(zeros({0, 2}), {1}).shape() == Shape{0});
  CHECK_THROWS_WITH(amax(zeros({0, 2}), {0}), "amax: no elements: axes [0] of [0, 2]");
  CHECK_THROWS_WITH(amin(flags, {0}), ContainsSubstring("amin: needs numbers: got bool"));
}

TEST_CASE("logsumexp neither overflows nor loses infinities", "[tensor][statistics]") {
  CHECK(logsumexp(tensor({1000.0, 1000.0}), {0}).item() == Approx(1000 + std::log(2.0)));
  CHECK(logsumexp(tensor({-1e5f, -1e5f}), {0}).item() == Approx(-1e5));
  CHECK(logsumexp(tensor({-inf, -inf}), {0}).item() == -inf);
  CHECK(logsumexp(tensor({-inf, inf}), {0}).item() == inf);
  CHECK(std::isnan(logsumexp(tensor({missing, inf}), {0}).item()));
  CHECK(logsumexp(zeros({0, 1}), {0}).item() == -inf);
}

TEST_CASE("reductions over any axes agree with a copy that has those axes last", "[tensor][statistics]") {
  Generator g(9);
  const Tensor base = randn({2, 3, 4, 5}, DType::f64, g);
  for (const Tensor& x :
       {base, permute(base, {0, 2, 3, 1}), expand(slice(base, 3, 0, 1), {2, 3, 4, 5}), flip(base, {1, 3})})
    for (const Axes& axes : {Axes{0}, Axes{1}, Axes{0, 2, 3}, Axes{1, -1}, Axes{3, 0}, Axes{0, 1, 2, 3}}) {
      const Axes wrapped = wrap_axes("test", axes, 4);
      Axes order;
      for (Index i = 0; i < 4; ++i)
        if (!wrapped.contains(i)) order.push_back(i);
      const Index kept = order.size();
      for (Index i = 0; i < 4; ++i)
        if (wrapped.contains(i)) order.push_back(i);
      const Tensor last = copy(permute(x, order));
      const Tensor rows = kept == 4 ? last
                                    : reshape(flatten(last, kept, -1), {x.numel() /
                                                                            [&] {
                                                                              Index n = 1;
                                                                              for (const Index a : wrapped)
                                                                                n *= x.shape()[a];
                                                                              return n;
                                                                            }(),
                                                                        -1});
      for (auto f : {+[](const Tensor&t, const Axes&a) { return var(t, a); },
                     +[](const Tensor&t, const Axes&a) { return prod(t, a); },
                     +[](const Tensor&t, const Axes&a) { return amax(t, a); },
                     +[](const Tensor&t, const Axes&a) { return norm(t, 3, a); },
                     +[](const Tensor&t, const Axes&a) { return logsumexp(t, a); }})
        CHECK(allclose(reshape(f(x, axes), {-1}), f(rows, {1}), 1e-13, 0));
    }
}
