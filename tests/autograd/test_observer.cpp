// Anomaly mode, profiling, and the printed tape.
#include <gradus/gradus.hpp>

#include "catch.hpp"

#include <thread>

using namespace gradus;

namespace {
struct Block : nn::Module<Block> {
  nn::Linear fc{2, 2};
  Variable forward(const Variable& x) { return log(fc(x) * 0); }
  void fields(nn::Fields& f) { f("fc", fc); }
};
struct Model : nn::Module<Model> {
  Block block;
  Variable forward(const Variable& x) { return sum(block(x)); }
  void fields(nn::Fields& f) { f("block", block); }
};
}  // namespace

TEST_CASE("anomaly mode names the operation and the module of the first bad result", "[autograd][anomaly]") {
  Model model;
  const Tensor x = ones({1, 2});
  CHECK_NOTHROW(model(x));
  const DetectAnomaly on;
  CHECK_THROWS_AS(model(x), StateError);
  CHECK_THROWS_WITH(model(x), ContainsSubstring("log: the result is not finite: f32 [1, 2]: 0 NaN, 2 infinite") &&
                                  ContainsSubstring("inputs (all finite): f32 [1, 2]: min 0, max 0, mean 0; 0 NaN") &&
                                  ContainsSubstring("block"));
}

TEST_CASE("anomaly mode names the operation whose backward made the first bad gradient", "[autograd][anomaly]") {
  const Variable x = leaf(tensor({0.0, 4.0}));
  const Variable y = sum(sqrt(x) * 2);  // the derivative at 0 is infinite
  const DetectAnomaly on;
  CHECK_THROWS_WITH(
      y.backward(),
      ContainsSubstring("sqrt: its backward gives a gradient that is not finite, for the result of leaf") &&
          ContainsSubstring("it received f64 [2]: min 2, max 2, mean 2; 0 NaN, 0 infinite") &&
          ContainsSubstring("its rule reads f64 [2]: min 0, max 2"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("anomaly mode says when the input was bad already and ends with its scope", "[autograd][anomaly]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  {
    const DetectAnomaly on;
    CHECK_THROWS_WITH(leaf(tensor({nan, 1.0})) * 2,
                      ContainsSubstring("inputs (not all finite): f64 [2]: min 1, max 1"));
    CHECK_NOTHROW(leaf(tensor({1.0})) * 2);
    CHECK_NOTHROW(Variable(tensor<Index>({1, 2})) + 1);
    const Variable y = leaf(tensor({1.0})) * 2;
    CHECK_THROWS_WITH(y.backward({.gradient = tensor({nan})}),
                      ContainsSubstring("the gradient to start with is not finite"));
    const NoGrad off;
    CHECK_THROWS_AS(log(Variable(tensor({-1.0}))), StateError);
  }
  CHECK_NOTHROW(leaf(tensor({nan, 1.0})) * 2);
}

TEST_CASE("anomaly mode changes no result", "[autograd][anomaly]") {
  const auto gradient = [](bool watched) {
    std::optional<DetectAnomaly> on;
    if (watched) on.emplace();
    const Variable x = leaf(tensor({0.5, 2.0, -1.0}));
    sum(exp(x * x) / (1 + exp(x))).backward();
    return x.grad();
  };
  CHECK(equal(gradient(false), gradient(true)));
}

TEST_CASE("values are described with what is not finite counted apart", "[autograd][anomaly]") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(describe_values(tensor({1.0, 3.0, inf, -inf, inf - inf})) ==
        "f64 [5]: min 1, max 3, mean 2; 1 NaN, 2 infinite");
  CHECK(describe_values(tensor({inf})) == "f64 [1]: 0 NaN, 1 infinite");
  CHECK(describe_values(zeros({0, 2})) == "f32 [0, 2]: no values");
  CHECK(describe_values(Tensor()) == "undefined");
}

TEST_CASE("the profiler counts calls and times forward and backward", "[autograd][profiler]") {
  Profiler profiler;
  const Variable x = leaf(ones({64, 64}));
  const Variable y = sum(tanh(matmul(x, x)) * 2);
  const std::uint64_t product = tape(y)[2].number;
  CHECK(tape(y)[2].op == "tanh");
  CHECK(profiler.times(product).forward > 0);
  CHECK(profiler.times(product).backward == -1);
  y.backward({.retain_graph = true});
  y.backward();
  CHECK(profiler.times(product).backward > 0);
  Index calls = 0;
  for (const auto& row : profiler.rows()) {
    CHECK(row.forward > 0);
    CHECK(row.backward > 0);
    calls += row.calls;
  }
  CHECK(calls == 4);  // the rules' own operations are not counted as forward
  CHECK(profiler.table().find("matmul") != std::string::npos);
  CHECK(profiler.table().find("100.0 %") == std::string::npos);
  profiler.clear();
  CHECK(profiler.rows().empty());
}

TEST_CASE("the profiler puts the time before a model's call on no operation", "[autograd][profiler]") {
  nn::Linear layer(4, 4);
  const Tensor x = ones({2, 4});
  layer(x);
  Profiler profiler;
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  layer(x);
  REQUIRE(profiler.rows().size() == 1);
  CHECK(profiler.rows()[0].forward < 25'000'000);
}

TEST_CASE("the printed tape shows shapes and bytes and who keeps them and times", "[autograd][tape]") {
  const Variable x = leaf(ones({2, 3}, DType::f64)), w = leaf(ones({3}, DType::f64));
  Profiler profiler;
  const Variable y = sum(exp(x * w));
  const std::string plain = print_tape(y), timed = print_tape(y, &profiler);
  CHECK(plain.find(join("mul   f64 [2, 3]  ", x.node()->sequence(), " [2, 3]  ", w.node()->sequence(), " [3]")) !=
        std::string::npos);
  CHECK(plain.find("1 value, 48 B") != std::string::npos);   // exp keeps its result
  CHECK(plain.find("2 values, 72 B") != std::string::npos);  // mul keeps both operands
  CHECK(plain.find("3 operations, 2 leaves; 120 B kept for backward") != std::string::npos);
  CHECK(plain.find("forward us") == std::string::npos);
  CHECK(timed.find("forward us") != std::string::npos);
  const Variable e = exp(x);
  CHECK(plain.find("counted at") == std::string::npos);
  CHECK(print_tape(e * 2 * e).find("counted at") != std::string::npos);  // by the product and by exp itself
}
