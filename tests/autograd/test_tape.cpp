#include <gradus/gradus.hpp>

#include "catch.hpp"

using namespace gradus;

namespace {
Variable leaf2(double a, double b) { return leaf(tensor({a, b})); }
std::vector<double> values(const Tensor& t) { return t.to_vector<double>(); }
}  // namespace

TEST_CASE("gradients accumulate in leaves until they are cleared", "[autograd][backward]") {
  const Variable x = leaf2(1, 2);
  CHECK_FALSE(x.grad().defined());
  sum(x * x).backward();
  CHECK(values(x.grad()) == std::vector<double>{2, 4});
  sum(x * 3).backward();
  CHECK(values(x.grad()) == std::vector<double>{5, 7});
  x.grad() = Tensor();
  sum(x).backward();
  CHECK(values(x.grad()) == std::vector<double>{1, 1});
}

TEST_CASE("two leaves never share one gradient buffer", "[autograd][backward]") {
  const Variable a = leaf2(1, 1), b = leaf2(1, 1);
  sum(a + b).backward();
  sum(a * 3).backward();
  CHECK(values(a.grad()) == std::vector<double>{4, 4});
  CHECK(values(b.grad()) == std::vector<double>{1, 1});
  CHECK(a.grad().is_contiguous());
}

TEST_CASE("wrong calls of backward and grad are refused with their reason", "[autograd][errors]") {
  const Variable x = leaf2(1, 2), c = Variable(tensor({1.0, 2.0}));
  CHECK_THROWS_WITH((x * x).backward(), "backward: needs a scalar: shape is [2] — reduce it, or pass a gradient");
  CHECK_THROWS_WITH(sum(c).backward(), ContainsSubstring("backward: nothing was recorded for this value"));
  CHECK_THROWS_WITH((x * x).backward({.gradient = ones({3}, DType::f64)}),
                    ContainsSubstring("the gradient does not match the value: gradient is f64 [3], value is f64 [2]"));
  CHECK_THROWS_WITH(c.grad(), ContainsSubstring("needs no gradient"));
  CHECK_THROWS_WITH((x * 2).grad(), ContainsSubstring("only leaves keep a gradient: this is the result of mul_scalar"));
  CHECK_THROWS_WITH(leaf(tensor({1, 2})), ContainsSubstring("leaf: only f32 and f64 have gradients: got i64"));
  CHECK_THROWS_WITH(grad(sum(x), c), ContainsSubstring("grad: input 0 requires no gradient"));
  const Variable y = sum(exp(x));
  y.backward();
  CHECK_THROWS_WITH(y.backward(), ContainsSubstring("backward through it a second time"));
  CHECK_THROWS_WITH(grad(y * 2, x), ContainsSubstring("backward through it a second time"));
}

TEST_CASE("a retained graph can be walked again", "[autograd][backward]") {
  const Variable x = leaf2(1, 2), y = sum(x * x);
  y.backward({.retain_graph = true});
  y.backward();
  CHECK(values(x.grad()) == std::vector<double>{4, 8});
}

TEST_CASE("a non-scalar goes backward from a given gradient", "[autograd][backward]") {
  const Variable x = leaf2(1, 2);
  (x * x).backward({.gradient = tensor({10.0, 100.0})});
  CHECK(values(x.grad()) == std::vector<double>{20, 400});
}

TEST_CASE("an error on the way changes no gradient", "[autograd][errors]") {
  Variable a = leaf2(1, 1), b = leaf2(2, 2), late = leaf2(3, 3);
  const Variable y = sum(exp(a) * b) + sum(late * 2);
  b.data().fill(5);
  CHECK_THROWS_WITH(y.backward(), ContainsSubstring("mul: a value saved for backward was modified in place: f64 [2]"));
  CHECK_FALSE(late.grad().defined());
  CHECK_FALSE(a.grad().defined());
}

TEST_CASE("grad leaves the gradients of leaves alone and computes only what is asked for", "[autograd][grad]") {
  static int calls = 0;
  calls = 0;
  const auto counted = [](const Variable& v) {
    return record("counted", v.data() * 1, edge(v, [](auto& g) {
                    ++calls;
                    return g * 1;
                  }));
  };
  const Variable x = leaf2(1, 2), w = leaf2(3, 4);
  const Variable y = sum(counted(x) * counted(w));
  const Variable g = grad(y, x);
  CHECK(values(g.data()) == std::vector<double>{3, 4});
  CHECK(calls == 1);
  CHECK_FALSE(x.grad().defined());
  const Variable unrelated = leaf2(0, 0);
  CHECK(values(grad(sum(x * x), unrelated).data()) == std::vector<double>{0, 0});
}

TEST_CASE("derivatives can be differentiated to any order", "[autograd][grad]") {
  const Variable x = leaf(scalar_tensor(0.5, DType::f64));
  Variable y = exp(x * x);
  for (int i = 0; i < 3; ++i) y = grad(y, x, {.create_graph = true});
  CHECK(y.item() == Approx((12 * 0.5 + 8 * 0.125) * std::exp(0.25)));
}

TEST_CASE("gradients with respect to values inside the graph", "[autograd][grad]") {
  const Variable x = leaf2(1, 2), h = x * x, y = sum(h * h);
  const auto g = grad(std::vector{y}, {h, x});
  CHECK(values(g[0].data()) == std::vector<double>{2, 8});
  CHECK(values(g[1].data()) == std::vector<double>{4, 32});
}

TEST_CASE("an input that needs no gradient costs nothing", "[autograd][memory]") {
  const Variable w = leaf2(1, 1);
  Tensor t = tensor({2.0, 2.0}), u = tensor({3.0, 3.0});
  const Variable y = w * t;
  CHECK_FALSE(t.is_reusable());  // saved for w's edge
  {
    const NoGrad off;
    const Variable z = w * u;
    CHECK(u.is_reusable());
    CHECK_FALSE(z.requires_grad());
  }
  const Variable constant = Variable(t) * u;
  CHECK(u.is_reusable());
  CHECK_FALSE(constant.requires_grad());
  sum(y).backward();
  CHECK(t.is_reusable());  // freed on the way although y lives on
}

TEST_CASE("operations reuse a buffer that was handed over and leave a shared one alone", "[autograd][memory]") {
  const Variable x = leaf2(-1, 2);
  const Variable h = x * 1;
  const void* memory = h.data().storage_id();
  Variable shared = h;
  const Variable r = relu(shared);
  CHECK(values(h.data()) == std::vector<double>{-1, 2});
  CHECK(r.data().storage_id() != memory);
  Variable own = x * 1;
  memory = own.data().storage_id();
  const Variable reused = relu(std::move(own));
  CHECK(reused.data().storage_id() == memory);
  sum(reused).backward();
  CHECK(values(x.grad()) == std::vector<double>{0, 1});
  Tensor mine = tensor({-1.0, 1.0});
  double foreign[] = {-1, 1};
  const Tensor kept = relu(from_span(std::span<double>(foreign), {2}));
  CHECK(foreign[0] == -1);
  CHECK(values(relu(std::move(mine))) == values(kept));
}

TEST_CASE("recording is switched off per scope and restored by exceptions", "[autograd][recording]") {
  const Variable x = leaf2(1, 2);
  CHECK(recording());
  CHECK_THROWS(no_grad([&] {
    CHECK_FALSE(recording());
    CHECK_FALSE((x * x).requires_grad());
    fail("stop");
  }));
  CHECK(recording());
  CHECK((x * x).requires_grad());
}

TEST_CASE("mixed operands give variables and keep dtypes", "[autograd][types]") {
  const Variable v = leaf(ones({2}));
  const Tensor t = ones({2});
  static_assert(std::is_same_v<decltype(v * t), Variable> && std::is_same_v<decltype(t * v), Variable> &&
                std::is_same_v<decltype(t * t), Tensor> && std::is_same_v<decltype(2 * v), Variable>);
  CHECK((v * 2 + 0.5).dtype() == DType::f32);
  const Variable wide = v * ones({2}, DType::f64);
  CHECK(wide.dtype() == DType::f64);
  sum(wide).backward();
  CHECK(v.grad().dtype() == DType::f32);
  sum(to(v, DType::f64) * 2).backward();
  CHECK(values(v.grad()) == std::vector<double>{3, 3});
}

TEST_CASE("a chain of a million operations goes backward and is released on a small stack", "[autograd][deep]") {
  const Variable x = leaf(scalar_tensor(1, DType::f64));
  constexpr int n = 1'000'000;
  {
    Variable y = x;
    for (int i = 0; i < n; ++i) y = y * 1.0000001;
    y.backward();
    CHECK(x.grad().item() == Approx(std::exp(0.1)));
  }
  {
    Variable y = x;  // released without a backward pass
    for (int i = 0; i < n; ++i) y = y + x;
    CHECK(y.item() == n + 1);
  }
  {
    Variable y = x;  // saved values are the only owners of the nodes before them
    for (int i = 0; i < n; ++i)
      y = record("saves", y.data() + 1,
                 edge(
                     x, [](auto& g, auto& y) { return g * y; }, y));
    CHECK(y.item() == n + 1);
  }
  {
    Variable y = x;  // a recorded derivative of a long chain
    for (int i = 0; i < 100'000; ++i) y = y * x * 0.99999;
    const Variable g = grad(y, x, {.create_graph = true});
    CHECK(std::isfinite(grad(g, x).item()));
  }
}

TEST_CASE("the fused cross entropy agrees with its composed twin to second order", "[autograd][fused]") {
  const Tensor labels = tensor<Index>({1, 0, 2, 1});
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none})
    for (const double smoothing : {0.0, 0.2}) {
      const CrossEntropyOptions o{
          .weight = tensor({0.5, 1.0, 2.0}), .ignore_index = 0, .reduction = r, .label_smoothing = smoothing};
      const Variable x = leaf(randn({4, 3}, DType::f64));
      const Variable a = sum(pow(cross_entropy(x, labels, o), 2)),
                     b = sum(pow(composed_cross_entropy(x, labels, o), 2));
      CHECK(a.item() == Approx(b.item()).epsilon(1e-12));
      CHECK(
          allclose(grad(a, x, {.retain_graph = true}).data(), grad(b, x, {.retain_graph = true}).data(), 1e-12, 1e-14));
      const Variable ga = grad(a, x, {.create_graph = true}), gb = grad(b, x, {.create_graph = true});
      CHECK(allclose(grad(sum(ga * ga), x).data(), grad(sum(gb * gb), x).data(), 1e-11, 1e-13));
    }
}

TEST_CASE("the kernel and the formula of relu agree", "[autograd][fused]") {
  const Variable x = leaf(tensor({-1.0, 0.0, 2.0}));
  const Variable y = sum(relu(x) * tensor({1.0, 2.0, 3.0}));
  const auto kernel = values(grad(y, x, {.retain_graph = true}).data());
  const auto formula = values(grad(y, x, {.create_graph = true}).data());
  CHECK(kernel == std::vector<double>{0, 0, 3});
  CHECK(formula == kernel);
}

TEST_CASE("the tape can be listed", "[autograd][tape]") {
  const Variable x = leaf2(1, 2), y = sum(exp(x));
  const auto entries = tape(y);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].op == "sum");
  CHECK(entries[1].op == "exp");
  CHECK(entries[1].kept_bytes == 16);
  CHECK(entries[1].kept[0].is_output);
  CHECK(entries[2].op == "leaf");
  CHECK(entries[0].inputs == std::vector<std::uint64_t>{entries[1].number});
  CHECK(print_tape(y).find("exp   f64 [2]") != std::string::npos);
}

TEST_CASE("gradcheck finds a wrong derivative and names both slopes", "[autograd][gradcheck]") {
  const Function wrong = [](const std::vector<Variable>& x) {
    return record("wrong", exp(x[0].data()),
                  edge(
                      x[0], [](auto& g, auto& y) { return g * y * 1.001; }, output));
  };
  const auto result = gradcheck(wrong, {tensor({0.1, 0.2})});
  CHECK_FALSE(result.ok);
  CHECK_THAT(result.message, StartsWith("gradcheck: differ: analytic "));
  CHECK_THROWS_WITH(gradcheck(wrong, {ones({2})}), "gradcheck: needs f64 inputs: got f32");
}
