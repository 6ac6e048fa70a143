// What L-BFGS does beside PyTorch's path: losses and gradients that are not finite, limits on evaluations, huge numbers.
#include "all_optimizers.hpp"
#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace gradus;
using namespace all_optimizers;
using optim::LBFGSOptions;

namespace {

constexpr double nan_ = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

/// f(x) and its derivative by hand, for one number; counts the calls.
struct Problem {
  std::function<std::pair<double, double>(double)> f;
  DType dtype = DType::f64;
  int calls = 0;
  optim::Closure closure(const Variable& x) {
    return [this, x] {
      ++calls;
      const auto [value, slope] = f(x.item());
      x.grad() = full({1}, slope, dtype);
      return Variable(scalar_tensor(value, DType::f64));
    };
  }
};
std::pair<double, double> barrier(double x) { return {x - std::log(x), 1 - 1 / x}; }  // minimum at 1; NaN below 0

}  // namespace

TEST_CASE("L-BFGS never stays where loss or gradient are not finite", "[optim][lbfgs]") {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const bool strong_wolfe : {false, true})
      for (const Index max_iter : {1, 2, 20})
        for (const double lr : {1.0, 30.0, 100.0, 1e6}) {
          INFO(join(dtype, strong_wolfe ? " with search" : "", " max_iter ", max_iter, " lr ", lr));
          const Variable x = leaf(full({1}, 5, dtype));
          Problem problem{barrier, dtype};
          optim::LBFGS optimizer({x}, {.lr = lr, .max_iter = max_iter, .strong_wolfe = strong_wolfe});
          for (int i = 0; i < 60; ++i) {
            const double loss = optimizer.step(problem.closure(x)).item();
            REQUIRE(std::isfinite(loss));
            REQUIRE(std::isfinite(x.item()));
            if (max_iter > 1 || strong_wolfe) REQUIRE(x.item() > 0);
          }
          if (lr == 1) CHECK(x.item() == Approx(1).epsilon(1e-3));
        }
  const Variable x = leaf(tensor({5.0}));
  Problem problem{barrier};
  optim::LBFGS optimizer({x}, {.lr = 100});
  optimizer.step(problem.closure(x));
  CHECK(x.item() > 0);
}

TEST_CASE("an infinite gradient is no step 0 times infinity", "[optim][lbfgs]") {
  for (const bool strong_wolfe : {false, true})
    for (const double bad : {infinite, -infinite, nan_}) {
      INFO(strong_wolfe << " " << bad);
      // The loss is finite everywhere; the gradient is not for x < 4.
      Problem problem{[&](double v) { return std::pair(v * v, v < 4 ? bad : 2 * v); }};
      const Variable x = leaf(tensor({5.0}));
      optim::LBFGS optimizer({x}, {.strong_wolfe = strong_wolfe});
      for (int i = 0; i < 3; ++i) optimizer.step(problem.closure(x));
      CHECK(x.item() >= 4);
      CHECK(x.item() < 5);
      const Variable y = leaf(tensor({3.0}));
      optim::LBFGS stuck({y}, {.strong_wolfe = strong_wolfe});
      const auto before = stuck.state_dict();
      CHECK_THROWS_WITH(stuck.step(problem.closure(y)),
                        ContainsSubstring("LBFGS: the gradient is not finite at the start of a step: "));
      CHECK(y.item() == 3);
      CHECK(same_bits(stuck.state_dict(), before));
    }
  Problem nowhere{[](double) { return std::pair(nan_, 1.0); }};
  const Variable x = leaf(tensor({3.0}));
  optim::LBFGS optimizer({x});
  CHECK_THROWS_WITH(optimizer.step(nowhere.closure(x)), "LBFGS: the loss is not finite at the start of a step: nan");
  CHECK(x.item() == 3);
}

TEST_CASE("L-BFGS never calls its closure more often than max_eval says", "[optim][lbfgs]") {
  const auto wild = [](double v) { return std::pair(std::cos(3 * v) + v * v / 9, -3 * std::sin(3 * v) + 2 * v / 9); };
  for (const auto& f : {std::function<std::pair<double, double>(double)>(wild), {barrier}})
    for (const bool strong_wolfe : {false, true})
      for (const double lr : {0.1, 1.0, 100.0})
        for (Index max_eval = 1; max_eval <= 12; ++max_eval) {
          INFO(strong_wolfe << " " << lr << " " << max_eval);
          const LBFGSOptions o{.lr = lr, .max_eval = max_eval, .strong_wolfe = strong_wolfe};
          const Variable x = leaf(tensor({5.0}));
          if (strong_wolfe && max_eval == 1) {
            CHECK_THROWS_WITH(optim::LBFGS({x}, o), "LBFGS: a line search needs max_eval >= 2, or 0: got 1");
            continue;
          }
          optim::LBFGS optimizer({x}, o);
          Problem problem{f};
          for (int i = 0; i < 10; ++i) {
            const int before = problem.calls;
            try {
              optimizer.step(problem.closure(x));
            } catch (const StateError&) {  // max_eval = 1 leaves no way back from a point that is not finite
              CHECK(max_eval == 1);
            }
            CHECK(problem.calls - before <= max_eval);
          }
        }
}

TEST_CASE("L-BFGS minimizes where products of gradients overflow", "[optim][lbfgs]") {
  for (const bool strong_wolfe : {false, true})
    for (const double c : {1e155, 1e180, 1e250}) {
      INFO(strong_wolfe << " " << c);
      const Variable x = leaf(tensor({1.0, -2.0}));
      optim::LBFGS optimizer({x}, {.tolerance_change = 0, .strong_wolfe = strong_wolfe});
      for (int i = 0; i < 20; ++i)
        optimizer.step([&] {
          x.grad() = x.data() * tensor({2 * c, 4 * c});
          const auto v = x.data().to_vector<double>();
          return Variable(scalar_tensor(c * (v[0] * v[0] + 2 * v[1] * v[1]), DType::f64));
        });
      for (const double v : x.data().to_vector<double>()) CHECK(std::abs(v) < 1e-3);
    }
}
