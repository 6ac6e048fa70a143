// Hooks, kept gradients and recomputation: what watches or changes a backward pass.
#include <gradus/gradus.hpp>

#include "catch.hpp"

using namespace gradus;

TEST_CASE("a hook sees the complete gradient once and may replace it", "[autograd][hooks]") {
  const Variable x = leaf(tensor({1.0, 2.0}));
  const Variable h = x * 3;
  const Variable y = sum(h * h) + sum(h);  // h is used twice: its gradient is 2 h + 1
  int calls = 0;
  Tensor seen;
  h.register_hook([&](const Variable& g) {
    ++calls;
    seen = g.data();
    return g * 10;
  });
  y.backward();
  CHECK(calls == 1);
  CHECK(equal(seen, tensor({7.0, 13.0})));
  CHECK(equal(x.grad(), tensor({210.0, 390.0})));
}

TEST_CASE("hooks run in order and can be removed", "[autograd][hooks]") {
  const Variable x = leaf(tensor({1.0}));
  std::string order;
  const int a = x.register_hook([&](const Variable& g) {
    order += "a";
    return g * 2;
  });
  x.register_hook([&](const Variable& g) {
    order += "b";
    return g + 1;
  });
  sum(x * 5).backward();
  CHECK(order == "ab");
  CHECK(x.grad().item() == 11);
  x.remove_hook(a);
  x.grad() = Tensor();
  sum(x * 5).backward();
  CHECK(order == "abb");
  CHECK(x.grad().item() == 6);
  CHECK_THROWS_WITH(x.remove_hook(a), "remove_hook: this value has no hook of that number: 0");
}

TEST_CASE("a hook that returns nothing leaves the gradient alone and grad obeys hooks too", "[autograd][hooks]") {
  const Variable x = leaf(tensor({2.0}));
  const Variable h = x * x;
  h.register_hook([](const Variable&) { return Variable(); });
  CHECK(grad(sum(h * 3), x).item() == 12);
  const Variable k = x * x;
  k.register_hook([](const Variable& g) { return g * 2; });
  CHECK(grad(sum(k * 3), x, {.create_graph = true}).item() == 24);
}

TEST_CASE("hooks that are wrong are refused", "[autograd][hooks]") {
  const Variable x = leaf(tensor({1.0, 2.0}));
  CHECK_THROWS_AS(Variable(tensor({1.0})).register_hook([](const Variable& g) { return g; }), StateError);
  CHECK_THROWS_AS(x.register_hook(Hook()), ValueError);
  x.register_hook([](const Variable& g) { return sum(g); });
  CHECK_THROWS_WITH(sum(x).backward(),
                    ContainsSubstring("hook: its gradient does not match the value: gradient is f64 []"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("retain_grad keeps the gradient of a value that is no leaf", "[autograd][hooks]") {
  const Variable x = leaf(tensor({1.0, 2.0}));
  const Variable h = x * x;
  CHECK_THROWS_WITH(h.grad(), ContainsSubstring("call retain_grad() before backward()"));
  h.retain_grad();
  CHECK_FALSE(h.grad().defined());
  sum(h * 3).backward();
  CHECK(equal(h.grad(), tensor({3.0, 3.0})));
  CHECK(equal(x.grad(), tensor({6.0, 12.0})));
  CHECK_NOTHROW(x.retain_grad());
  CHECK_THROWS_AS(Variable(tensor({1.0})).retain_grad(), StateError);
}

TEST_CASE("retained gradients add up and are buffers of their own", "[autograd][hooks]") {
  const Variable x = leaf(tensor({1.0}));
  const Variable h = x * 2;
  h.retain_grad();
  const Variable y = sum(h);
  y.backward({.retain_graph = true});
  const Tensor first = h.grad();
  y.backward();
  CHECK(h.grad().item() == 2);
  CHECK_FALSE(h.grad().shares_memory_with(x.grad()));
}

// ---- checkpoint

namespace {
struct Net {
  Variable w1, w2;
  explicit Net(std::uint64_t seed) {
    Generator g(seed);
    w1 = leaf(randn({8, 8}, DType::f64, g));
    w2 = leaf(randn({8, 8}, DType::f64, g));
  }
  Variable operator()(const Variable& x) const { return tanh(matmul(tanh(matmul(x, w1)), w2)); }
};
}  // namespace

TEST_CASE("a checkpointed part has the same value and gradients bit for bit", "[autograd][checkpoint]") {
  Generator g(1);
  const Tensor input = randn({4, 8}, DType::f64, g);
  const Net a(5), b(5);
  const Variable x = leaf(input), z = leaf(copy(input));
  const Variable plain = sum(a(a(x))), saved = sum(checkpoint([&](const Variable&v) { return b(v); }, b(z)));
  CHECK(plain.item() == saved.item());
  plain.backward();
  saved.backward();
  CHECK(equal(x.grad(), z.grad()));
  CHECK(equal(a.w1.grad(), b.w1.grad()));
  CHECK(equal(a.w2.grad(), b.w2.grad()));
}

TEST_CASE("checkpoint keeps only its inputs until backward", "[autograd][checkpoint]") {
  const Variable x = leaf(ones({1000}, DType::f64));
  const auto deep = [](const Variable& v) {
    Variable y = v;
    for (int i = 0; i < 20; ++i) y = sin(y) * y;
    return y;
  };
  const std::size_t before = memory_stats().live;
  const Variable whole = deep(x);
  const std::size_t full_cost = memory_stats().live - before;
  const Variable part = checkpoint(deep, x);
  const std::size_t cost = memory_stats().live - before - full_cost;
  CHECK(cost <= 8000);  // its own result
  CHECK(full_cost >= 20 * 8000);
  sum(part).backward();
  CHECK(equal(x.grad(), grad(sum(whole), x).data()));
}

TEST_CASE("checkpoint recomputes with the random numbers that it had", "[autograd][checkpoint]") {
  const auto noisy = [](const Variable& v) { return v * randn({5}, DType::f64); };
  manual_seed(7);
  const Variable x = leaf(ones({5}, DType::f64));
  const Variable y = checkpoint(noisy, x);
  const Tensor after = randn({2});
  const auto state = default_generator().state();
  sum(y).backward();
  CHECK(equal(x.grad(), y.data()));             // x is 1, so the gradient is the noise
  CHECK(default_generator().state() == state);  // backward used up nothing
  manual_seed(7);
  CHECK(equal(y.data(), noisy(x).data()));
  CHECK(equal(after, randn({2})));
}

TEST_CASE("checkpoints nest and can be differentiated twice", "[autograd][checkpoint]") {
  const auto inner = [](const Variable& v) { return exp(v * v); };
  const auto outer = [&](const std::vector<Variable>& v) {
    return checkpoint(inner, sin(v[0])) * checkpoint(inner, v[0] * 0.5);
  };
  const Function f = [&](const std::vector<Variable>& v) { return checkpoint(outer, v); };
  const std::vector<Tensor> x{tensor({0.3, -0.8, 1.1})};
  const auto first = gradcheck(f, x), second = gradgradcheck(f, x, {.rtol = 1e-5, .atol = 1e-7});
  INFO(first.message << "; " << second.message);
  CHECK(first.ok);
  CHECK(second.ok);
}

TEST_CASE("grad finds weights that only a checkpointed function knows", "[autograd][checkpoint]") {
  const Net a(2);
  const Variable x = leaf(ones({2, 8}, DType::f64));
  const Variable loss = sum(checkpoint([&](const Variable& v) { return a(v); }, x));
  const auto through = grad(std::vector{loss}, {a.w1, x});
  const auto direct = grad(std::vector{sum(a(x))}, {a.w1, x});
  CHECK(equal(through[0].data(), direct[0].data()));
  CHECK(equal(through[1].data(), direct[1].data()));
  const Variable constant = checkpoint([&](const Variable& v) { return a(v); }, Variable(x.data()));
  sum(constant).backward();  // no input needs a gradient, but the weights do
  CHECK(equal(a.w1.grad(), direct[0].data()));
}

TEST_CASE("checkpoint notices changed inputs and other shapes and a second pass", "[autograd][checkpoint]") {
  Variable x = leaf(ones({3}, DType::f64));
  Variable y = checkpoint([](const Variable& v) { return v * v; }, x);
  no_grad([&] { x.data().fill(2); });
  CHECK_THROWS_WITH(sum(y).backward(),
                    ContainsSubstring("checkpoint: a value saved for backward was modified in place"));
  int runs = 0;
  y = checkpoint([&](const Variable& v) { return ++runs == 1 ? v : slice(v, 0, 0, 2); }, x);
  CHECK_THROWS_WITH(sum(y).backward(), ContainsSubstring("checkpoint: the function gives something else"));
  y = sum(checkpoint([](const Variable& v) { return v * v; }, x));
  y.backward();
  CHECK_THROWS_WITH(y.backward(), ContainsSubstring("second time"));
  CHECK_THROWS_AS(checkpoint(UnaryFunction(), x), ValueError);
  CHECK_THROWS_AS(checkpoint([](const Variable& v) { return Variable(v > 0); }, x), DTypeError);
  const NoGrad off;
  CHECK_FALSE(checkpoint([](const Variable& v) { return v * v; }, x).requires_grad());
}
