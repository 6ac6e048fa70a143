// What stands around an optimizer: accumulation, averages, changes of gradients, several optimizers as one.
#include <gradus/gradus.hpp>
#include <gradus/tensor/io/safetensors.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <cmath>

using namespace gradus;

namespace {

Tensor data_x(Index n) {
  Generator g(1);
  return randn({n, 3}, DType::f64, g);
}
Variable mean_loss(const Variable& w, const Tensor& x) { return mean(pow(matmul(x, w) - sum(x, {1}) * 0.5, 2)); }
/// Rows computed when they are asked for: never all in memory.
class Stream : public data::Dataset {
 public:
  Index size() const override { return 10'001; }
  data::Example get(Index i) const override {
    Generator g(9, static_cast<std::uint64_t>(i));
    const Tensor x = randn({3}, DType::f64, g);
    return {x, sum(x) * 0.5};
  }
};

}  // namespace

TEST_CASE("micro-batches of unequal size add up to the large batch", "[optim][accumulate]") {
  const Tensor x = data_x(13);
  const Variable whole = leaf(ones({3}, DType::f64)), parts = leaf(ones({3}, DType::f64));
  optim::AdamW one({whole}, {.lr = 0.1}), many({parts}, {.lr = 0.1});
  optim::Accumulate accumulate(many);
  for (int step = 0; step < 20; ++step) {
    one.zero_grad();
    const Variable loss = mean_loss(whole, x);
    loss.backward();
    one.step();
    for (const auto& [from, to] : {std::pair<Index, Index>{0, 5}, {5, 10}, {10, 13}})
      accumulate.backward(mean_loss(parts, slice(x, 0, from, to)), to - from);
    CHECK(accumulate.count() == 13);
    CHECK(accumulate.step() == Approx(loss.item()).epsilon(1e-12));
    CHECK(allclose(whole.data(), parts.data(), 1e-12, 1e-14));
  }
}

TEST_CASE("full-batch gradient descent runs over a stream that is never in memory", "[optim][accumulate]") {
  data::DataLoader loader(Stream(), {.batch_size = 512});
  const Variable w = leaf(zeros({3}, DType::f64));
  optim::SGD descent({w}, {.lr = 0.4});
  optim::Accumulate accumulate(descent);
  double loss = 0;
  for (int step = 0; step < 12; ++step) {
    for (auto [x, y] : loader) accumulate.backward(mean(pow(matmul(x, w) - y, 2)), x.size(0));
    CHECK(accumulate.count() == 10'001);
    loss = accumulate.step();
  }
  CHECK(loss < 1e-12);  // 1 - 0.8 lambda with lambda near 1: a factor of about 0.04 in the loss for each step
  CHECK(allclose(w.data(), full({3}, 0.5, DType::f64), 1e-5));
}

TEST_CASE("accumulation resumes in the middle of a step", "[optim][accumulate]") {
  const Tensor x = data_x(12);
  const auto run = [&](bool interrupted) {
    Variable w = leaf(ones({3}, DType::f64));
    auto sgd = std::make_unique<optim::SGD>(std::vector{w}, optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
    auto accumulate = std::make_unique<optim::Accumulate>(*sgd);
    for (Index i = 0; i < 4; ++i) {
      accumulate->backward(mean_loss(w, slice(x, 0, 3 * i, 3 * i + 3)), 3);
      if (interrupted && i == 1) {
        const ScratchFile file("");
        save_safetensors(file.path, TensorFile{accumulate->state_dict(), {}});
        w = leaf(copy(w.data()));
        sgd = std::make_unique<optim::SGD>(std::vector{w}, optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
        accumulate = std::make_unique<optim::Accumulate>(*sgd);
        accumulate->load_state_dict(load_safetensors(file.path).tensors);
      }
    }
    accumulate->step();
    return w.data();
  };
  CHECK(equal(run(false), run(true)));
}

TEST_CASE("accumulation refuses nonsense", "[optim][accumulate]") {
  const Variable w = leaf(ones({3}, DType::f64));
  optim::SGD sgd({w});
  optim::Accumulate accumulate(sgd);
  CHECK_THROWS_AS(accumulate.step(), StateError);
  CHECK_THROWS_WITH(accumulate.backward(sum(w), 0), "Accumulate: the number of examples must be at least 1: got 0");
  accumulate.backward(sum(w), 2);
  accumulate.finish();
  CHECK_THROWS_AS(accumulate.backward(sum(w), 2), StateError);
  CHECK_THROWS_AS(accumulate.load_state_dict({}), ValueError);
}

// ---- averages

TEST_CASE("an equal average is the mean of all weights seen", "[optim][averaging]") {
  Variable w = leaf(zeros({2}, DType::f64));
  optim::WeightAverage average({w});
  CHECK_THROWS_AS(average.averages(), StateError);
  for (const int value : {1, 2, 3}) {
    w.data().fill(value);
    average.update();
  }
  CHECK(equal(average.averages()[0], full({2}, 2, DType::f64)));
}

TEST_CASE("exponential averages follow their definition and warm up", "[optim][averaging]") {
  using optim::EmaWarmup;
  const auto after = [](optim::AveragingOptions o) {
    o.kind = optim::Average::exponential;
    Variable w = leaf(zeros({}, DType::f64));
    optim::WeightAverage average({w}, o);
    for (int t = 0; t < 5; ++t) {
      w.data().fill(t + 1);
      average.update();
    }
    return average.averages()[0].item();
  };
  const auto expected = [](auto decay_at) {
    double a = 1;  // the first update copies
    for (int t = 1; t < 5; ++t) a = decay_at(t) * a + (1 - decay_at(t)) * (t + 1);
    return a;
  };
  CHECK(after({.decay = 0.9}) == Approx(expected([](int) { return 0.9; })).epsilon(1e-14));
  CHECK(after({.decay = 0.9, .warmup = EmaWarmup::tensorflow}) ==
        Approx(expected([](int t) { return std::min(0.9, (1.0 + t) / (10 + t)); })).epsilon(1e-14));
  CHECK(after({.decay = 0.9, .warmup = EmaWarmup::power}) ==
        Approx(expected([](int t) { return std::min(0.9, 1 - std::pow(1.0 + t, -2.0 / 3)); })).epsilon(1e-14));
  double zero = 0;
  for (int t = 0; t < 5; ++t) zero = 0.9 * zero + 0.1 * (t + 1);
  CHECK(after({.decay = 0.9, .from_zero = true}) == Approx(zero / (1 - std::pow(0.9, 5))).epsilon(1e-13));
  CHECK(after({.decay = 0}) == 5);
  CHECK(after({.decay = 1}) == 1);
}

TEST_CASE("a swap shows the averages and restores the weights and buffers bit for bit", "[optim][averaging]") {
  Variable w = leaf(full({3}, 1, DType::f64));
  Tensor statistics = full({2}, 10);
  optim::WeightAverage average({w}, {}, {statistics});
  average.update();
  w.data().fill(3);
  statistics.fill(30);
  average.update();
  w.data().fill(7);
  statistics.fill(70);
  {
    const auto guard = average.swap();
    CHECK(equal(w.data(), full({3}, 2, DType::f64)));
    CHECK(equal(statistics, full({2}, 30)));
  }
  CHECK(equal(w.data(), full({3}, 7, DType::f64)));
  CHECK(equal(statistics, full({2}, 70)));
}

TEST_CASE("averages are saved and loaded whole", "[optim][averaging]") {
  Variable w = leaf(full({3}, 1, DType::f64));
  const optim::AveragingOptions o{.kind = optim::Average::exponential, .decay = 0.5, .from_zero = true};
  optim::WeightAverage a({w}, o), b({w}, o);
  a.update();
  w.data().fill(2);
  b.load_state_dict(a.state_dict());
  a.update();
  b.update();
  CHECK(equal(a.averages()[0], b.averages()[0]));
  auto broken = a.state_dict();
  broken["average.0"] = zeros({2}, DType::f64);
  CHECK_THROWS_WITH(b.load_state_dict(broken), ContainsSubstring("average.0 does not fit: [2] instead of [3]"));
  CHECK(b.updates() == 2);
  CHECK_THROWS_WITH(optim::WeightAverage({w}, {.decay = std::nan("")}), ContainsSubstring("decay must be in [0, 1]"));
  CHECK_THROWS_AS(optim::WeightAverage({}), ValueError);
  CHECK_THROWS_AS(optim::WeightAverage({w}, {.from_zero = true}), ValueError);
}

// ---- changes of gradients

TEST_CASE("gradient noise has the variance that was asked for and its own generator", "[optim][gradients]") {
  const Variable w = leaf(zeros({100'000}, DType::f64));
  w.grad() = zeros({100'000}, DType::f64);
  Generator g(3), same(3);
  const auto untouched = default_generator().state();
  optim::add_gradient_noise_({w}, 9, 0.3, 0.55, g);
  CHECK(var(w.grad()).item() == Approx(0.3 / std::pow(10.0, 0.55)).epsilon(0.03));
  CHECK(default_generator().state() == untouched);
  const Tensor first = w.grad();
  w.grad() = zeros({100'000}, DType::f64);
  optim::add_gradient_noise_({w}, 9, 0.3, 0.55, same);
  CHECK(equal(first, w.grad()));
  CHECK_THROWS_AS(optim::add_gradient_noise_({w}, -1), ValueError);
  CHECK_THROWS_AS(optim::add_gradient_noise_({w}, 0, -0.1), ValueError);
}

TEST_CASE("centralized gradients have mean zero per output unit and vectors stay", "[optim][gradients]") {
  const Variable w = leaf(zeros({2, 3}, DType::f64)), b = leaf(zeros({2}, DType::f64));
  w.grad() = tensor({{1.0, 2.0, 6.0}, {-1.0, 0.0, 1.0}});
  b.grad() = tensor({1.0, 2.0});
  optim::centralize_gradients_({w, b});
  CHECK(allclose(w.grad(), tensor({{-2.0, -1.0, 3.0}, {-1.0, 0.0, 1.0}})));
  CHECK(equal(b.grad(), tensor({1.0, 2.0})));
  optim::centralize_gradients_({w}, 3);
  CHECK(allclose(w.grad(), tensor({{-2.0, -1.0, 3.0}, {-1.0, 0.0, 1.0}})));
  CHECK_THROWS_AS(optim::centralize_gradients_({w}, 1), ValueError);
}

TEST_CASE("adaptive clipping limits each unit's gradient to a share of its weights", "[optim][gradients]") {
  const Variable w = leaf(tensor({{3.0, 4.0}, {0.0, 0.0}, {30.0, 40.0}}));
  w.grad() = tensor({{0.6, 0.8}, {1.0, 0.0}, {0.003, 0.004}});
  optim::clip_grad_adaptive_({w}, 0.01, 1e-3);
  CHECK(allclose(w.grad(), tensor({{0.03, 0.04}, {1e-5, 0.0}, {0.003, 0.004}}), 1e-12));
  w.grad() = full({3, 2}, std::nan(""), DType::f64);
  optim::clip_grad_adaptive_({w});
  CHECK_FALSE(any(w.grad() == w.grad()));
}

// ---- several as one

TEST_CASE("Muon with AdamW steps every parameter with its own rule and resumes", "[optim][combined]") {
  struct Net : nn::Module<Net> {
    nn::Linear fc1{6, 8}, fc2{8, 6}, head{6, 3};
    Variable forward(const Variable& x) { return head(relu(fc2(relu(fc1(x))))); }
    void fields(nn::Fields& f) {
      f("fc1", fc1);
      f("fc2", fc2);
      f("head", head);
    }
  };
  manual_seed(4);
  Net a;
  const Tensor x = randn({16, 6}), y = randint(0, 3, {16});
  const auto train = [&](Net& net, optim::OptimizerBase& optimizer, int steps) {
    for (int i = 0; i < steps; ++i) {
      optimizer.zero_grad();
      nn::cross_entropy(net(x), y).backward();
      optimizer.step();
    }
    return nn::cross_entropy(net(x), y).item();
  };
  Net b = a;
  const auto first = optim::muon_with_adamw(a.named_parameters(), {.lr = 0.02}, {.lr = 1e-2});
  CHECK(first->group_count() == 2);
  CHECK(first->part(0).parameters().size() == 2);
  CHECK(first->part(1).parameters().size() == 4);
  CHECK(first->get(0, "ns_steps") == 5);
  CHECK(first->get(1, "beta1") == 0.9);
  first->set(1, "lr", 5e-3);
  CHECK(first->part(1).get(0, "lr") == 5e-3);
  const double before = nn::cross_entropy(a(x), y).item();
  train(a, *first, 5);
  b.load_state_dict(a.state_dict());
  const auto second = optim::muon_with_adamw(b.named_parameters(), {.lr = 0.02}, {.lr = 1e-2});
  second->load_state_dict(first->state_dict());
  const double after = train(a, *first, 20);
  CHECK(train(b, *second, 20) == after);
  CHECK(after < 0.85 * before);
  auto broken = first->state_dict();
  broken.erase("1.groups.0.lr");
  const auto kept = second->state_dict();
  CHECK_THROWS_AS(second->load_state_dict(broken), ValueError);
  for (const auto& [key, t] : second->state_dict()) CHECK(allclose(t, kept.at(key), 0, 0, true));
  CHECK_THROWS_AS(optim::Combined({}), ValueError);
  CHECK_THROWS_AS(first->get(2, "lr"), IndexError);
}

TEST_CASE("one optimizer cannot be given a parameter of another", "[optim][combined]") {
  const Variable w = leaf(ones({2, 2}));
  std::vector<std::unique_ptr<optim::OptimizerBase>> parts;
  parts.push_back(std::make_unique<optim::SGD>(std::vector{w}));
  parts.push_back(std::make_unique<optim::AdamW>(std::vector{w}));
  CHECK_THROWS_WITH(optim::Combined(std::move(parts)), "Combined: two optimizers have the same parameter: f32 [2, 2]");
}
