// Derivatives where there is more than one answer: ties, kinks, zeros and infinities, by PyTorch's conventions.
#include "catch.hpp"
#include "ops/table.hpp"

#include <cmath>
#include <limits>

using namespace optable;

namespace {
const double inf = std::numeric_limits<double>::infinity(), missing = std::numeric_limits<double>::quiet_NaN();

/// The gradient of sum(f(x)) with respect to input i.
Values gradient(const Function& f, const std::vector<Values>& xs, std::size_t i = 0) {
  std::vector<Variable> leaves;
  for (const Values& x : xs) leaves.push_back(leaf(tensor(x)));
  return grad(sum(f(leaves)), leaves[i]).data().to_vector<double>();
}
using V = const std::vector<Variable>&;
}  // namespace

TEST_CASE("equal values share a gradient or the first one takes it", "[ops][conventions]") {
  const std::vector<Values> pair{{1, 2, missing, 1}, {1, 3, 1, missing}};
  const Function larger = [](V x) { return maximum(x[0], x[1]); }, smaller = [](V x) { return minimum(x[0], x[1]); };
  CHECK(gradient(larger, pair, 0) == Values{0.5, 0, 1, 1});
  CHECK(gradient(larger, pair, 1) == Values{0.5, 1, 1, 1});
  CHECK(gradient(smaller, pair, 0) == Values{0.5, 1, 1, 1});
  CHECK(gradient(smaller, pair, 1) == Values{0.5, 0, 1, 1});
  CHECK(gradient([](V x) { return maximum(x[0], x[1]) * inf; }, {{1}, {2}}, 0) == Values{0});
  CHECK(gradient([](V x) { return amax(x[0], {0}); }, {{1, 3, 3}}) == Values{0, 0.5, 0.5});
  CHECK(gradient([](V x) { return amin(x[0], {0}); }, {{1, 1, 3}}) == Values{0.5, 0.5, 0});
  CHECK(gradient([](V x) { return max(x[0]); }, {{1, 3, 3}}) == Values{0, 0.5, 0.5});
  CHECK(gradient([](V x) { return min(x[0]); }, {{1, 1, 3}}) == Values{0.5, 0.5, 0});
  CHECK(gradient([](V x) { return max(x[0], 0).values; }, {{1, 3, 3}}) == Values{0, 1, 0});
  CHECK(gradient([](V x) { return sort(x[0]).values * tensor({1.0, 2.0, 3.0}); }, {{3, 1, 3}}) == Values{2, 1, 3});
  CHECK(gradient([](V x) { return sort(x[0], 0, true).values * tensor({1.0, 2.0, 3.0}); }, {{3, 1, 3}}) == Values{1, 3, 2});
  CHECK(gradient([](V x) { return topk(x[0], 2).values; }, {{3, 3, 3}}) == Values{1, 1, 0});
}

TEST_CASE("bounds pass the gradient of what lies on them", "[ops][conventions]") {
  const std::vector<Values> x{{-1, 1, 2, missing, -2}};
  CHECK(gradient([](V v) { return clamp(v[0], -1, 1); }, x) == Values{1, 1, 0, 0, 0});
  CHECK(gradient([](V v) { return clamp_min(v[0], -1); }, x) == Values{1, 1, 1, 0, 0});
  CHECK(gradient([](V v) { return clamp_max(v[0], 1); }, x) == Values{1, 1, 0, 0, 1});
  CHECK(gradient([](V v) { return clamp(v[0], 2, 1); }, x) == Values{0, 0, 0, 0, 0});
}

TEST_CASE("norms and spreads have zero gradients at their tips", "[ops][conventions]") {
  const auto norm_gradient = [](double p, const Values& x) { return gradient([p](V v) { return norm(v[0], p); }, {x}); };
  for (const double p : {0.0, 0.5, 1.0, 2.0, 3.0, inf, -inf}) CHECK(norm_gradient(p, {0, 0}) == Values{0, 0});
  const Values x{0, 3, -3, 0};
  CHECK(norm_gradient(0, x) == Values{0, 0, 0, 0});
  CHECK(norm_gradient(0.5, x)[1] == Approx(2));
  CHECK(norm_gradient(0.5, x)[0] == 0);
  CHECK(norm_gradient(1, x) == Values{0, 1, -1, 0});
  CHECK(norm_gradient(2, x)[2] == Approx(-std::sqrt(0.5)));
  CHECK(norm_gradient(3, x)[1] == Approx(0.6299605249474367));
  CHECK(norm_gradient(inf, x) == Values{0, 0.5, -0.5, 0});
  CHECK(norm_gradient(2, {3e200, 4e200})[0] == Approx(0.6));
  CHECK(gradient([](V v) { return stddev(v[0]); }, {{2, 2, 2}}) == Values{0, 0, 0});
  CHECK(gradient([](V v) { return atan2(v[0], v[1]); }, {{0}, {0}}) == Values{0});
}

TEST_CASE("second derivatives at kinks are PyTorch's", "[ops][conventions]") {
  const auto curvature = [](const UnaryFunction& f, const Values& x) {
    return hvp(f, tensor(x), tensor({1.0, 2.0})).derivative.to_vector<double>();
  };
  const UnaryFunction length = [](const Variable& x) { return norm(x); }, angle = [](const Variable& x) { return atan2(x[0], x[1]); };
  for (const UnaryFunction& f : {length, angle})
    for (const double v : curvature(f, {0, 0})) CHECK(std::isnan(v));
  CHECK(curvature([](const Variable& x) { return norm(x, 3.0); }, {0, 0}) == Values{0, 0});
  CHECK(curvature([](const Variable& x) { return stddev(x); }, {3, 3}) == Values{0, 0});
  CHECK(curvature([](const Variable& x) { return stddev(x, {0}, 0); }, {0, 0}) == Values{0, 0});
  CHECK(curvature([](const Variable& x) { return max(x); }, {3, 3}) == Values{0, 0});
  CHECK(curvature([](const Variable& x) { return maximum(x[0], x[1]); }, {3, 3}) == Values{0, 0});
}

TEST_CASE("zeros, infinities and huge values have the derivatives of the limit", "[ops][conventions]") {
  const Function power = [](V x) { return pow(x[0], x[1]); };
  CHECK(gradient(power, {{0, 0, 0, 2}, {0, 1, 2, 0}}, 0) == Values{0, 1, 0, 0});
  CHECK(gradient(power, {{0, 0, 0, 2}, {0, 1, 2, 0}}, 1) == Values{0, 0, 0, std::log(2)});
  CHECK(hessian([](const Variable& x) { return pow(x, Variable(scalar_tensor(1, DType::f64))); }, scalar_tensor(0, DType::f64)).item() == 0);
  CHECK(gradient([](V x) { return remainder(x[0], x[1]); }, {{-2, 2, 2, -7, 7}, {inf, inf, -inf, 3, -3}}, 1) == Values{1, 0, 1, 3, 3});
  const float tiny = 1e-40f, small = 1e-23f;
  const Variable b = leaf(scalar_tensor(tiny, DType::f32));
  CHECK(grad(scalar_tensor(0, DType::f32) / b, b).item() == 0);
  CHECK(grad(0 / b, b).item() == 0);
  const Variable y = leaf(scalar_tensor(small, DType::f32));
  CHECK(grad(atan2(y, y.detach()), y).item() == Approx(5e22));
  for (const double size : {1e200, 1e-200}) {
    CHECK(gradient([](V x) { return atan2(x[0], x[1]); }, {{size}, {size}}, 0)[0] == Approx(0.5 / size).epsilon(1e-12));
    CHECK(gradient([](V x) { return atan2(x[0], x[1]); }, {{size}, {size}}, 1)[0] == Approx(-0.5 / size).epsilon(1e-12));
    CHECK(gradient([](V x) { return norm(x[0]); }, {{3 * size, 4 * size}})[1] == Approx(0.8));
  }
  CHECK(gradient([](V x) { return asinh(x[0]); }, {{1e200, -1e200}})[1] == Approx(1e-200).epsilon(1e-12));
  CHECK(gradient([](V x) { return acosh(x[0]); }, {{1e200}})[0] == Approx(1e-200).epsilon(1e-12));
}

TEST_CASE("an infinite gradient stays out where a rule passes nothing", "[ops][conventions]") {
  for (const bool recorded : {false, true}) {
    const Variable x = leaf(tensor({-1.0, 2.0, missing}));
    const Tensor g = grad(std::vector{relu(x)}, {x}, {.create_graph = recorded, .gradients = {tensor({inf, 3.0, 5.0})}})[0].data();
    CHECK(g.to_vector<double>() == Values{0, 3, 5});
    CHECK(grad(amax(x[tensor<Index>({0, 1})], {0}) * inf, x, {.create_graph = recorded}).data().to_vector<double>() == Values{0, inf, 0});
    const Variable logits = leaf(reshape(tensor({missing, 0.0, 1.0, -inf, 0.0, 1.0, 1.0, 2.0, 3.0}), {3, 3}));
    const auto rows = [&](double smoothing, double cotangent) {
      const Variable loss = cross_entropy(logits, tensor<Index>({1, 0, 0}), {.ignore_index = 1, .reduction = Reduction::none, .label_smoothing = smoothing});
      return grad(std::vector{loss}, {logits}, {.create_graph = recorded, .gradients = {tensor({inf, 1.0, cotangent})}})[0].data().to_vector<double>();
    };
    const Values plain = rows(0, inf), smooth = rows(0.1, inf);
    CHECK(Values(plain.begin(), plain.begin() + 4) == Values{0, 0, 0, -1});
    CHECK(smooth[3] == Approx(0.1 / 3 - 0.9 - 0.2 / 3));
    CHECK(smooth[4] == Approx(0.2356081));
    CHECK(std::isnan(plain[6]));
    CHECK(plain[7] == inf);
    for (std::size_t i = 6; i < 9; ++i) CHECK(std::isnan(smooth[i]));
  }
}

TEST_CASE("f32 products pass through what f32 cannot hold, recorded or not", "[ops][conventions]") {
  const Variable x = leaf(tensor({1e30f, 1e-30f, 1e30f, 1e-30f})), y = leaf(tensor({1e30f, 1e30f, 1e-30f, 1e-30f}));
  CHECK(prod(x).item() == Approx(1));
  CHECK(prod(y).item() == Approx(1));
  CHECK(cumprod(y, 0)[3].item() == Approx(1));
  CHECK(grad(prod(y), y)[2].item() == Approx(1e30));
  CHECK(grad(cumprod(y, 0)[3], y)[1].item() == Approx(1e-30).epsilon(1e-6));
}

TEST_CASE("products have the right derivative beside zeros", "[ops][conventions]") {
  for (const Values& x : {Values{2, 0, 3, 4, 5}, Values{2, 0, 3, 0, 5}, Values{0, 0, 0}, Values{0}, Values{2, 3, 4, 5, 6, 7, 0}}) {
    Values others;
    for (std::size_t i = 0; i < x.size(); ++i) {
      double y = 1;
      for (std::size_t k = 0; k < x.size(); ++k) y *= k == i ? 1 : x[k];
      others.push_back(y);
    }
    CHECK(gradient([](V v) { return prod(v[0]); }, {x}) == others);
    CHECK(gradient([](V v) { return prod(reshape(v[0], {1, -1}), {1}, true); }, {x}) == others);
    Values running(x.size());  // d/dx_i of the sum of x_0 ... x_m over all m >= i
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t m = i; m < x.size(); ++m) {
        double y = 1;
        for (std::size_t k = 0; k <= m; ++k) y *= k == i ? 1 : x[k];
        running[i] += y;
      }
    CHECK(gradient([](V v) { return cumprod(v[0], 0); }, {x}) == running);
    const Function f = [](V v) { return prod(v[0]); };
    CHECK(gradgradcheck(f, {tensor(x)}).ok);
  }
}

TEST_CASE("logsumexp passes weights that add up to one or nothing", "[ops][conventions]") {
  const Function f = [](V v) { return logsumexp(v[0], {0}); };
  CHECK(gradient(f, {{-inf, -inf}}) == Values{0, 0});
  CHECK(gradient(f, {{-inf, 3}}) == Values{0, 1});
  CHECK(gradient(f, {{1, inf}})[0] == 0);
  CHECK(std::isnan(gradient(f, {{1, inf}})[1]));
  CHECK(std::isnan(gradient(f, {{1, missing}})[0]));
  CHECK(gradient(f, {{1000, 1000}})[1] == Approx(0.5));
}

TEST_CASE("whole numbers go through every operation as constants", "[ops][conventions]") {
  const Variable x = tensor(std::vector<Index>{3, 1, 2}), m = to(tensor({1, 0, 1}), DType::boolean);
  CHECK(maximum(x, x).dtype() == DType::i64);
  CHECK(prod(x).item<Index>() == 6);
  CHECK(cumsum(m, 0).data().to_vector<Index>() == std::vector<Index>{1, 1, 2});
  CHECK(cumprod(x, 0).data().to_vector<Index>() == std::vector<Index>{3, 3, 6});
  CHECK(sort(x).values.data().to_vector<Index>() == std::vector<Index>{1, 2, 3});
  CHECK(pad(m, {1, 0}, true).data().to_vector<bool>() == std::vector<bool>{true, true, false, true});
  CHECK(repeat(m, {2}).data().numel() == 6);
  CHECK(tril(outer(x, x)).data().to_vector<Index>() == std::vector<Index>{9, 0, 0, 3, 1, 0, 6, 2, 4});
  CHECK(where(m.data(), x, x * 2).data().to_vector<Index>() == std::vector<Index>{3, 2, 2});
  CHECK_FALSE(x[m.data()].requires_grad());
}
