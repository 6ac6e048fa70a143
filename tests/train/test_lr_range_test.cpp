#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <cmath>

using namespace gradus;

namespace {

/// Linear regression with dropout, whose loss explodes for large rates.
struct Problem {
  nn::Sequential model{nn::Linear(3, 8), nn::ReLU(), nn::Dropout(0.2), nn::Linear(8, 1)};
  optim::SGD optimizer{model.parameters(), {.lr = 0.01, .momentum = 0.9}};
  Tensor x = rand({32, 3}), y = matmul(x, ones({3, 1})) * 2.0 - 1.0;
  Index batches = 0;
  optim::Closure closure = [this] {
    ++batches;
    optimizer.zero_grad();
    const Variable difference = model(Variable(x)) - Variable(y);
    Variable loss = mean(difference * difference);
    loss.backward();
    return loss;
  };
};
struct Snapshot {
  std::vector<std::vector<double>> values;
  Generator::State generator;
  explicit Snapshot(Problem& p) : generator(default_generator().state()) {
    for (const auto& [name, t] : p.model.state_dict()) values.push_back(t.to_vector<double>());
    for (const auto& [name, t] : p.optimizer.state_dict())
      values.push_back(name.ends_with("initial_lr") ? std::vector<double>{} : t.to_vector<double>());
    for (const Variable& v : p.model.parameters())
      values.push_back(v.grad().defined() ? v.grad().to_vector<double>() : std::vector<double>{});
  }
  bool operator==(const Snapshot&) const = default;
};

}  // namespace

TEST_CASE("a range test raises the rate and restores everything", "[train][lr_range]") {
  manual_seed(3);
  Problem p;
  for (int i = 0; i < 3; ++i) p.optimizer.step(p.closure);  // so that there are moments, gradients and a used generator
  const Snapshot before(p);
  const auto result = train::lr_range_test(p.model, p.optimizer, p.closure, {.low = 1e-5, .high = 100, .steps = 60});
  CHECK(Snapshot(p) == before);
  CHECK(p.batches == 3 + static_cast<Index>(result.lr.size()));
  CHECK(result.diverged);
  REQUIRE(result.lr.size() > 20);
  CHECK(result.lr.size() < 60);
  for (std::size_t i = 1; i < result.lr.size(); ++i)
    CHECK(result.lr[i] / result.lr[i - 1] == Approx(std::pow(1e7, 1.0 / 59)));
  CHECK(result.lr[0] == 1e-5);
  double smoothed = result.loss[0], best = smoothed;
  for (std::size_t i = 0; i < result.lr.size(); ++i) {
    if (i > 0) smoothed = 0.05 * result.loss[i] + 0.95 * smoothed;
    CHECK(result.smoothed[i] == Approx(smoothed));
    best = std::min(best, smoothed);
    CHECK((smoothed > 5 * best) == (i + 1 == result.lr.size()));
  }
  REQUIRE(result.steepest());
  CHECK(*result.steepest() > 1e-5);
  CHECK(*result.tenth_of_best() < result.lr.back() / 10);
}

TEST_CASE("a range test restores what a wrapper remembers", "[train][lr_range]") {
  manual_seed(7);
  nn::Linear model(2, 1);
  optim::Lookahead optimizer(std::make_unique<optim::AdamW>(model.parameters(), optim::AdamWOptions{.lr = 0.1}));
  const Tensor x = rand({8, 2});
  const optim::Closure closure = [&] {
    optimizer.zero_grad();
    const Variable y = model(Variable(x));
    Variable loss = mean(y * y);
    loss.backward();
    return loss;
  };
  for (int i = 0; i < 3; ++i) optimizer.step(closure);
  const auto before = optimizer.state_dict();
  const auto weights = copy(model.weight.data());
  train::lr_range_test(model, optimizer, closure, {.low = 1e-3, .high = 1, .steps = 12});
  for (const auto& [name, t] : optimizer.state_dict()) {
    INFO(name);
    if (!name.ends_with("initial_lr")) CHECK(t.to_vector<double>() == before.at(name).to_vector<double>());
  }
  CHECK(model.weight.data().to_vector<double>() == weights.to_vector<double>());
}

TEST_CASE("a range test that throws in the middle restores everything", "[train][lr_range]") {
  manual_seed(4);
  Problem p;
  const Snapshot before(p);
  int calls = 0;
  CHECK_THROWS_WITH(train::lr_range_test(p.model, p.optimizer,
                                         [&] {
                                           if (++calls == 5) throw std::runtime_error("no more batches");
                                           return p.closure();
                                         }),
                    "no more batches");
  CHECK(Snapshot(p) == before);
}

TEST_CASE("a range test stops at the first loss that is not finite", "[train][lr_range]") {
  manual_seed(5);
  Problem p;
  const Snapshot before(p);
  int calls = 0;
  const auto result = train::lr_range_test(p.model, p.optimizer, [&] {
    const Variable loss = p.closure();
    return ++calls == 8 ? loss * std::numeric_limits<double>::quiet_NaN() : loss;
  });
  CHECK(result.diverged);
  CHECK(result.lr.size() == 7);
  CHECK(Snapshot(p) == before);
}

TEST_CASE("a range test in equal steps ends at the last rate", "[train][lr_range]") {
  manual_seed(6);
  Problem p;
  const auto result = train::lr_range_test(p.model, p.optimizer, p.closure,
                                           {.low = 1e-4, .high = 2e-3, .steps = 20, .linear = true, .debias = true});
  CHECK_FALSE(result.diverged);
  REQUIRE(result.lr.size() == 20);
  CHECK(result.lr[10] - result.lr[9] == Approx(1e-4));
  CHECK(result.lr.back() == Approx(2e-3));
  CHECK(result.smoothed[0] == Approx(result.loss[0]));
  CHECK(result.smoothed[1] == Approx((0.95 * result.loss[0] + result.loss[1]) / 1.95));
}

TEST_CASE("suggestions of a range test are where its curve says", "[train][lr_range]") {
  train::LrRangeTestResult r;
  for (int i = 0; i < 40; ++i) {
    r.lr.push_back(std::pow(10, -4 + 0.1 * i));
    r.smoothed.push_back(1 / (1 + std::exp(i - 20)) + (i > 30 ? 0.1 * (i - 30) : 0));
  }
  r.loss = r.smoothed;
  CHECK(*r.steepest() == Approx(0.01));
  CHECK(*r.tenth_of_best() > 0.004);
  CHECK(*r.tenth_of_best() < 0.011);
  const double steepest = *r.steepest();
  for (std::size_t i = 34; i < 40; ++i) r.loss[i] = i % 2 ? 1e30 : 0.5;  // steeper falls, right of the minimum
  CHECK(*r.steepest() == steepest);
  for (double& v : r.loss) v -= 1000;  // where 0 lies does not matter
  CHECK(*r.steepest() == steepest);
  const auto panel = train::lr_range_panel(r);
  CHECK(panel.y.high < -998);  // what explodes is cut off
  REQUIRE(panel.series.size() == 4);
  CHECK(panel.series[2].name == "steepest: 0.01");
  CHECK(panel.series[2].x[0] == steepest);
  r.loss.assign(40, 1.1);
  CHECK_FALSE(r.steepest());
  CHECK_FALSE(r.tenth_of_best());
  CHECK_FALSE(train::line_plot({train::lr_range_panel(r)}).empty());
  r = {};
  CHECK_FALSE(r.steepest());
  CHECK_FALSE(r.tenth_of_best());
}

TEST_CASE("a range test of negative losses goes on until they explode", "[train][lr_range]") {
  std::vector<std::size_t> lengths;
  std::vector<double> steepest;
  for (const double shift : {0.0, -3.0, -100.0, -1.1}) {  // below 0 throughout, or while it falls
    manual_seed(8);
    Problem p;
    const auto shifted = [&] {
      const Variable loss = p.closure();
      return loss + shift;
    };
    const auto result = train::lr_range_test(p.model, p.optimizer, shifted, {.low = 1e-5, .high = 100, .steps = 60});
    INFO(shift);
    CHECK(result.diverged);
    CHECK(result.lr.size() > 30);
    CHECK(result.lr.size() < 60);
    REQUIRE(result.steepest());
    steepest.push_back(*result.steepest());
    CHECK(steepest.back() == Approx(steepest[0]));
  }
  manual_seed(9);  // a loss that goes up and down around 0 says nothing about divergence
  Problem p;
  Generator noise;
  const auto result =
      train::lr_range_test(p.model, p.optimizer, [&] { return p.closure() * 0 + randn({}, DType::f32, noise); });
  CHECK(result.lr.size() == 100);
}

TEST_CASE("the suggested rates train the digits, with any optimizer", "[train][lr_range]") {
  const auto parts = [] {
    manual_seed(1);
    return data::random_split(data::digits(), {1500, 297});
  }();
  for (const char* name :
       {"adam", "adamw", "nadam", "adamax", "rmsprop", "adagrad", "sgd", "sgd,momentum=0.9", "lion", "muon"})
    for (const std::uint64_t seed : {1, 2, 3}) {
      manual_seed(seed);
      nn::Sequential model(nn::Flatten(), nn::Linear(64, 64), nn::ReLU(), nn::Linear(64, 10));
      data::DataLoader batches(parts[0], {.batch_size = 32, .shuffle = true, .seed = seed}),
          test(parts[1], {.batch_size = 297});
      auto batch = batches.begin();
      const auto optimizer = optim::optimizer_factory(name)(model.parameters());
      const auto loss_of = [&](nn::Sequential& m, optim::OptimizerBase& o, const data::Example& e) {
        o.zero_grad();
        Variable loss = nn::cross_entropy(m(e.x), e.y);
        loss.backward();
        return loss;
      };
      const auto result = train::lr_range_test(model, *optimizer, [&] {
        if (batch == batches.end()) batch = batches.begin();
        const data::Example e = *batch;
        ++batch;
        return loss_of(model, *optimizer, e);
      });
      for (const auto& suggestion : {result.steepest(), result.tenth_of_best()}) {
        REQUIRE(suggestion);
        nn::Sequential fresh(model);
        const auto o = optim::optimizer_factory(join(name, ",lr=", *suggestion))(fresh.parameters());
        for (int epoch = 0; epoch < 5; ++epoch)
          for (auto [x, y] : batches) o->step([&, &x = x, &y = y] { return loss_of(fresh, *o, {x, y}); });
        INFO(name << ", seed " << seed << ", lr " << *suggestion);
        CHECK(train::evaluate(fresh, test).accuracy > 0.85);
      }
    }
}

TEST_CASE("a range test refuses a schedule and options that make no sense", "[train][lr_range]") {
  Problem p;
  const auto refuses = [&](train::LrRangeTestOptions o, const std::string& message) {
    CHECK_THROWS_WITH(train::lr_range_test(p.model, p.optimizer, p.closure, o), "lr_range_test: " + message);
  };
  refuses({.low = 0}, "low must be finite and > 0: got 0");
  refuses({.low = 1, .high = 1}, "high must be finite and > low: got 1");
  refuses({.high = std::numeric_limits<double>::infinity()}, "high must be finite and > low: got inf");
  refuses({.steps = 1}, "steps must be >= 2: got 1");
  refuses({.smoothing = 0}, "smoothing must be in (0, 1]: got 0");
  refuses({.stop_factor = 1}, "stop_factor must be finite and > 1: got 1");
  const optim::ExponentialLR schedule(p.optimizer, {.gamma = 0.9});
  refuses({}, "a schedule is attached to the optimizer — test first, then make the schedule");
  CHECK(p.batches == 0);
}

TEST_CASE("pictures of schedules and range tests change no optimizer", "[train][plot]") {
  optim::SGD o({leaf(zeros({1}))}, {.lr = 0.5, .momentum = 0.9});
  optim::OneCycleLR cycle(o, {.max_lr = 1, .total_steps = 20});
  cycle.step();
  const double lr = o.get(0, "lr"), momentum = o.get(0, "momentum");
  const auto panel = train::schedule_panel(cycle, 20);
  REQUIRE(panel.series.size() == 1);
  CHECK(panel.title == "OneCycleLR");
  CHECK(panel.series[0].y[5] == cycle.lr(0, 5));
  CHECK(train::momentum_panel(cycle, 20).series[0].y[5] == cycle.momentum(0, 5));
  const std::string picture = train::schedule_plot(cycle, 20);
  CHECK_THAT(picture, ContainsSubstring("learning rate") && ContainsSubstring("momentum"));
  const ScratchFile file("");
  train::save_schedule_plot(file.path, cycle, 20);
  std::ifstream in(file.path);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == picture);
  CHECK(cycle.index() == 1);
  CHECK(o.get(0, "lr") == lr);
  CHECK(o.get(0, "momentum") == momentum);
  o.add_param_group({leaf(zeros({1}))});
  const optim::StepLR step(o, {.step_size = 3});
  CHECK(train::schedule_panel(step, 9).series[1].name == "group 1");
  CHECK(train::momentum_panel(step, 9).series.empty());
  CHECK_THROWS_WITH(train::schedule_panel(step, 0), "plot: a schedule needs at least 1 step: got 0");
  CHECK_THROWS_AS(train::schedule_panel(cycle, 21), StateError);
  train::save_lr_range_plot(file.path, {.lr = {0.1, 1}, .loss = {2, 1}, .smoothed = {2, 1.5}});
  std::ifstream range(file.path);
  CHECK_THAT(std::string(std::istreambuf_iterator<char>(range), {}), ContainsSubstring("smoothed"));
}
