// Single sentences of the headers in optim/ that no other test holds up.
#include "all_optimizers.hpp"
#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace gradus;
using namespace all_optimizers;

TEST_CASE("clipping by value leaves NaN and cuts infinities", "[optim][clip]") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const Variable w = leaf(zeros({5}, DType::f64));
  w.grad() = tensor({std::nan(""), infinite, -infinite, 0.5, -3.0});
  optim::clip_grad_value_({w}, 1);
  const auto g = w.grad().to_vector<double>();
  CHECK(std::isnan(g[0]));
  CHECK(std::vector(g.begin() + 1, g.end()) == std::vector<double>{1, -1, 0.5, -1});
}

TEST_CASE("adaptive clipping takes each element of a vector, and a single number, as one unit", "[optim][clip]") {
  const Variable v = leaf(tensor({3.0, 0.0, -2.0})), one = leaf(scalar_tensor(4, DType::f64));
  v.grad() = tensor({1.0, 1.0, -0.001});
  one.grad() = scalar_tensor(-9, DType::f64);
  optim::clip_grad_adaptive_({v, one}, 0.1, 1e-3);
  CHECK(allclose(v.grad(), tensor({0.3, 1e-4, -0.001}), 1e-12));
  CHECK(one.grad().item() == Approx(-0.4));
}

TEST_CASE("changes of gradients are made for all parameters or for none", "[optim][clip]") {
  const Variable a = leaf(ones({2, 2})), b = leaf(ones({2, 2}));
  const auto refuses = [&](auto change) {
    a.grad() = full({2, 2}, 3);
    b.grad() = ones({2, 2}, DType::i64);
    CHECK_THROWS_AS(change(), DTypeError);
    CHECK(equal(a.grad(), full({2, 2}, 3)));
  };
  refuses([&] { optim::clip_grad_value_({a, b}, 1); });
  refuses([&] { optim::clip_grad_norm_({a, b}, 1); });
  refuses([&] { optim::clip_grad_adaptive_({a, b}); });
  refuses([&] { optim::add_gradient_noise_({a, b}, 0); });
}

TEST_CASE("accumulation drops gradients that were there before", "[optim][accumulate]") {
  const Variable w = leaf(ones({3}, DType::f64));
  optim::SGD sgd({w}, {.lr = 1});
  optim::Accumulate accumulate(sgd);
  w.grad() = full({3}, 100, DType::f64);
  accumulate.backward(sum(w * 0.5), 2);
  accumulate.backward(sum(w * 2), 1);
  accumulate.step();
  CHECK(allclose(w.data(), zeros({3}, DType::f64), 0, 1e-15));  // 1 - (2 * 0.5 + 1 * 2) / 3
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("Rprop reads its rate once", "[optim]") {
  const auto run = [](double later) {
    const Variable x = leaf(tensor({1.0}));
    optim::Rprop optimizer({x}, {.lr = 0.1});
    for (int i = 0; i < 5; ++i) {
      x.grad() = tensor({1.0});
      optimizer.step();
      optimizer.set(0, "lr", later);
    }
    return x.item();
  };
  CHECK(run(0.1) == run(7));
}

TEST_CASE("LARS is SGD without weight decay and on vectors", "[optim]") {
  const auto same = [](double decay, const Shape& shape) {
    const Variable a = leaf(full(shape, 2, DType::f64)), b = leaf(full(shape, 2, DType::f64));
    optim::LARS lars({a}, {.lr = 0.1, .momentum = 0.9, .weight_decay = decay});
    optim::SGD sgd({b}, {.lr = 0.1, .momentum = 0.9});
    for (int i = 0; i < 4; ++i) {
      a.grad() = sin(a.data());
      b.grad() = sin(b.data());
      lars.step();
      sgd.step();
    }
    return equal(a.data(), b.data());
  };
  CHECK(same(0, {2, 3}));
  CHECK(same(0.1, {3}));
  CHECK_FALSE(same(0.1, {2, 3}));
}

TEST_CASE("five steps of orthogonalize leave singular values where the header says", "[optim][muon]") {
  for (double s = 1.0 / 600; s < 0.99; s *= 1.01) {
    const Tensor x = tensor({{s, 0.0}, {0.0, std::sqrt(1 - s * s)}});
    const double got = select(select(optim::orthogonalize(x), 0, 0), 0, 0).item();
    INFO(s);
    CHECK((got > 0.675 && got < 1.205));
  }
}

TEST_CASE("state tensors stay where they are while others are added", "[optim][state]") {
  optim::State state(ones({2}));
  Tensor& first = state["a"];
  double& number = state.number("n", 3);
  for (int i = 0; i < 100; ++i) state[std::to_string(i)], state.number(std::to_string(i));
  CHECK(&first == &state["a"]);
  CHECK(&number == &state.number("n"));
  CHECK(number == 3);
}
