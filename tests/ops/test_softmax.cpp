// Softmax and what is made of it depend on the distances between logits only, wherever the logits lie.
#include "catch.hpp"
#include "ops/table.hpp"

#include <cmath>
#include <limits>

using namespace optable;

namespace {
const float inf = std::numeric_limits<float>::infinity();
const Tensor labels = tensor<Index>({1, 0, 2}), probabilities = softmax(tensor({{0.5, 1.0, 0.0}, {2.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}), 1);

struct Case {
  std::string name;
  std::function<Variable(const Variable&)> f;
  bool moves = false;  ///< the value moves with the logits
};
std::vector<Case> cases(DType dtype) {
  const auto each = [](const Variable& y) { return y * to(tensor({{0.3, -1.0, 2.0}, {1.0, 0.5, -0.7}, {-2.0, 0.2, 1.0}}), y.dtype()); };
  std::vector<Case> all = {{"softmax", [=](auto& x) { return each(softmax(x, 1)); }},
                           {"softmax of columns", [=](auto& x) { return each(transpose(softmax(transpose(x), 0))); }},
                           {"log_softmax", [=](auto& x) { return each(log_softmax(x, 1)); }},
                           {"logsumexp", [](auto& x) { return logsumexp(x, {1}); }, true},
                           {"logsumexp of columns", [](auto& x) { return logsumexp(transpose(x), {0}, true); }, true},
                           {"cross_entropy of probabilities", [](auto& x) { return cross_entropy(x, probabilities); }}};
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none})
    for (const double smoothing : {0.0, 0.1})
      for (const bool weighted : {false, true}) {
        CrossEntropyOptions o{.ignore_index = weighted ? 0 : -1, .reduction = r, .label_smoothing = smoothing};
        if (weighted) o.weight = to(tensor({0.5, 1.0, 2.0}), dtype);
        const std::string kind = join(" ", static_cast<int>(r), " ", smoothing, " ", int{weighted});
        all.push_back({"cross_entropy" + kind, [o](auto& x) { return cross_entropy(x, labels, o); }});
        all.push_back({"composed" + kind, [o](auto& x) { return composed_cross_entropy(x, labels, o); }});
      }
  return all;
}

void check_near(const Tensor& got, const Tensor& wanted, double tolerance) {
  const auto a = got.to_vector<double>(), b = wanted.to_vector<double>();
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("element " << i << ": " << a[i] << " instead of " << b[i]);
    CHECK((a[i] == b[i] || std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i]))));
  }
}
/// d sum(f) / dx, by the kernels or by the recorded formulas.
Tensor gradient(const Case& c, const Tensor& x, bool recorded) {
  const Variable at = leaf(x);
  return grad(sum(c.f(at)), at, {.create_graph = recorded}).data();
}
}  // namespace

TEST_CASE("functions of softmax see only the distances between logits", "[ops][softmax]") {
  const Tensor near = tensor({{0.0, 1.0, 2.0}, {3.0, 0.0, -5.0}, {0.25, 0.25, 0.25}});
  for (const DType dtype : {DType::f32, DType::f64}) {
    const bool narrow = dtype == DType::f32;
    const double far = narrow ? 3e38 : 1.5e308, tolerance = narrow ? 1e-6 : 1e-14;
    const double grain = narrow ? 2.1e31 : 2e292;  // between neighbours at `far`
    for (const double offset : {0.0, 1e2, 1e4, 1e8, 1e16, far, -1e2, -1e4, -1e8, -1e16, -far})
      for (const Tensor& base : {near, near * 8.0, near * grain}) {
        const Tensor x = to(base + offset, dtype), exact = to(x, DType::f64), top = amax(exact, {1}, true), wanted = exact - top;
        const auto narrow_cases = cases(dtype), reference = cases(DType::f64);
        for (std::size_t i = 0; i < reference.size(); ++i) {
          INFO(narrow_cases[i].name << ' ' << name(dtype) << " at " << offset << ", steps of " << base.read<double>()[1]);
          const Tensor value = narrow_cases[i].f(x).data();
          Tensor expected = reference[i].f(wanted).data();
          if (reference[i].moves) expected = expected + reshape(top, expected.shape());
          check_near(value, expected, tolerance);
          for (const bool recorded : {false, true})
            check_near(gradient(narrow_cases[i], x, recorded), gradient(reference[i], wanted, false), tolerance);
        }
      }
  }
}

TEST_CASE("cross-entropy keeps the digits of logits far from 0", "[ops][softmax]") {
  const auto loss = [](std::initializer_list<float> row, Index label) {
    const Variable x = leaf(reshape(tensor(row), {1, -1}));
    const Variable y = cross_entropy(x, tensor({label}));
    return std::pair(y.item(), grad(y, x).data().to_vector<double>());
  };
  CHECK(std::abs(loss({100, 101, 102}, 2).first - 0.4076060) < 1e-7);
  const auto [value, gradient] = loss({1e8F, 1e8F}, 0);
  CHECK(std::abs(value - std::log(2)) < 1e-7);
  CHECK(gradient == Values{-0.5, 0.5});
  // A difference of floats may overflow where the loss does not.
  CHECK(cross_entropy(tensor({{3e38f, -3e38f}}), tensor<Index>({0}), {.label_smoothing = 0.1}).item() == Approx(3e37));
}

TEST_CASE("infinite logits give what PyTorch gives", "[ops][softmax]") {
  const auto weights = [](std::initializer_list<float> row) {
    const Variable x = leaf(tensor(row));
    return grad(logsumexp(x, {0}), x).data().to_vector<double>();
  };
  CHECK(weights({1, -inf}) == Values{1, 0});
  CHECK(weights({-inf, -inf}) == Values{0, 0});
  CHECK((std::isnan(weights({inf, 200})[0]) && weights({inf, 200})[1] == 0));
  for (const float top : {-inf, inf}) CHECK(std::isnan(softmax(tensor({{top, -inf}}), 1).to_vector<double>()[0]));
}
