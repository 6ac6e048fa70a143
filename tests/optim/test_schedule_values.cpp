// What every schedule sets, step by step: PyTorch's values, independent formulas, and numbers known from papers.
#include "catch.hpp"
#include "schedule_cases.hpp"

using namespace gradus;
using namespace gradus::optim;
using nlohmann::json;

namespace {

bool close(double got, double wanted) { return std::abs(got - wanted) <= 1e-15 + 1e-12 * std::abs(wanted); }

std::vector<double> rates(const Scheduler& schedule, Index count) {
  std::vector<double> values;
  for (Index e = 0; e < count; ++e) values.push_back(schedule.lr(0, e));
  return values;
}
void check(const std::vector<double>& got, const std::vector<double>& wanted, double margin = 5e-10) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO("at " << i);
    CHECK(got[i] == Approx(wanted[i]).margin(margin).epsilon(1e-6));
  }
}
SGD sgd(double lr) { return SGD({leaf(zeros({1}))}, {.lr = lr, .momentum = 0.9}); }

}  // namespace

TEST_CASE("every schedule follows PyTorch or its formula in all groups", "[optim][schedule][golden]") {
  std::map<std::string, int> seen;
  for (const json& c : golden::json("schedules.json")) {
    const std::string name = c["schedule"];
    if (name == "ReduceLROnPlateau") continue;
    INFO(name << " " << c["options"] << " " << c.value("parts", json()));
    const auto optimizer = schedule_cases::make_optimizer(c);
    const char* const momentum = c["optimizer"] == "SGD" ? "momentum" : "beta1";
    const auto schedule = schedule_cases::make_schedule(*optimizer, c);
    const json epochs = c.value("epochs", json::array());
    for (std::size_t e = 0; e < c["lr"][0].size(); ++e) {
      if (e > 0 && !epochs.empty() && !epochs[e - 1].is_null())
        dynamic_cast<CosineAnnealingWarmRestarts&>(*schedule).step(epochs[e - 1].get<double>());
      else if (e > 0) schedule->step();
      for (std::size_t g = 0; g < c["base"].size(); ++g) {
        INFO("step " << e << " group " << g << ": " << optimizer->get(g, "lr") << " instead of " << c["lr"][g][e]);
        REQUIRE(close(optimizer->get(g, "lr"), c["lr"][g][e].get<double>()));
        if (c.contains("momentum")) REQUIRE(close(optimizer->get(g, momentum), c["momentum"][g][e].get<double>()));
      }
    }
    ++seen[name];
  }
  CHECK(seen.size() == 21);
  for (const auto& [name, cases] : seen) {
    INFO(name);
    CHECK(cases >= 3);
  }
}

TEST_CASE("ReduceLROnPlateau follows PyTorch", "[optim][schedule][golden]") {
  int cases = 0;
  for (const json& c : golden::json("schedules.json")) {
    if (c["schedule"] != "ReduceLROnPlateau") continue;
    INFO(c["options"]);
    const auto optimizer = schedule_cases::make_optimizer(c);
    using O = ReduceLROnPlateauOptions;
    const auto o = schedule_cases::options<O>(c["options"], [](O& o, const std::string& n, const json& v) {
      return schedule_cases::take("min_lrs", &O::min_lrs, o, n, v);
    });
    ReduceLROnPlateau plateau(*optimizer, o);
    for (std::size_t e = 0; e < c["metrics"].size(); ++e) {
      const json& metric = c["metrics"][e];
      const auto before = plateau.last_lr();
      const bool reduced =
          plateau.step(metric.is_string() ? std::stod(metric.get<std::string>()) : metric.get<double>());
      CHECK(reduced == (plateau.last_lr() != before));
      for (std::size_t g = 0; g < c["base"].size(); ++g) {
        INFO("metric " << e << " group " << g);
        REQUIRE(close(optimizer->get(g, "lr"), c["lr"][g][e].get<double>()));
      }
    }
    ++cases;
  }
  CHECK(cases >= 8);
}

TEST_CASE("schedules have their known values", "[optim][schedule]") {
  SGD half = sgd(0.5), one = sgd(1), third = sgd(0.3), tenth = sgd(0.1);
  check(rates(CosineAnnealingLR(half, {.T_max = 5}), 11),
        {.5, .452254249, .327254249, .172745751, .047745751, 0, .047745751, .172745751, .327254249, .452254249, .5});
  check(rates(CosineAnnealingWarmRestarts(one, {.T_0 = 3, .T_mult = 2}), 10),
        {1, .75, .25, 1, .933013, .75, .5, .25, .066987, 1}, 5e-7);
  check(rates(LinearLR(third), 7), {.1, .14, .18, .22, .26, .3, .3});
  check(rates(PolynomialLR(one, {.power = 2}), 7), {1, .64, .36, .16, .04, 0, 0});

  const OneCycleLR cosine(one, {.max_lr = 1, .total_steps = 10});
  check(rates(cosine, 10), {.04, .52, 1, .950484632, .811745654, .611262022, .388741978, .188258346, .049519368, 4e-6});
  CHECK(cosine.momentum(0, 0) == Approx(.95));
  CHECK(cosine.momentum(0, 1) == Approx(.9));
  CHECK(cosine.momentum(0, 2) == Approx(.85));
  CHECK(cosine.momentum(0, 9) == Approx(.95));
  const OneCycleLR linear(one, {.max_lr = 1, .total_steps = 10, .anneal = Anneal::linear});
  check({linear.lr(0, 2), linear.lr(0, 3), linear.lr(0, 9)}, {1, .857143429, 4e-6});
  check(rates(OneCycleLR(one, {.max_lr = 1, .total_steps = 10, .three_phase = true}), 10),
        {.04, .52, 1, .52, .04, .036180722, .026181722, .013822278, .003823278, 4e-6});

  check(rates(CyclicLR(one, {.base_lr = .1, .max_lr = 1, .step_size_up = 4}), 9),
        {.1, .325, .55, .775, 1, .775, .55, .325, .1});
  CHECK(CyclicLR(one, {.base_lr = .1, .max_lr = 1, .step_size_up = 4, .mode = CyclicMode::triangular2}).lr(0, 12) ==
        Approx(.55));
  const CyclicLR shrinking(
      one, {.base_lr = .1, .max_lr = 1, .step_size_up = 4, .mode = CyclicMode::exp_range, .gamma = .99});
  check({shrinking.lr(0, 4), shrinking.lr(0, 12)}, {.964536, .897746}, 5e-7);

  check(rates(SWALR(tenth, {.swa_lr = .05, .anneal_epochs = 4}), 5), {.1, .09267767, .075, .05732233, .05}, 5e-9);
  SGD paper = sgd(1);
  const NoamLR noam(paper);
  check({noam.lr(0, 0), noam.lr(0, 3999), noam.lr(0, 99'999)}, {1.746928e-7, 6.987712e-4, 1.397542e-4}, 5e-14);

  SGD plain = sgd(1);
  ReduceLROnPlateau plateau(plain, {.patience = 2, .cooldown = 1});
  std::vector<double> got;
  for (const double metric : {1., .9, .9, .9, .9, .9, .9, .9, .9, .9, .5, .5, .5, .5}) {
    plateau.step(metric);
    got.push_back(plain.get(0, "lr"));
  }
  check(got, {1, 1, 1, 1, .1, .1, .1, .1, .01, .01, .01, .01, .01, .001});
}

TEST_CASE("schedules at the edges of their options", "[optim][schedule]") {
  SGD one = sgd(1);
  CHECK(rates(MultiStepLR(one, {}), 3) == std::vector<double>{1, 1, 1});
  CHECK(MultiStepLR(one, {.milestones = {3, 3}, .gamma = 0.5}).lr(0, 3) == 0.25);
  CHECK(MultiStepLR(one, {.milestones = {0}, .gamma = 0.5}).lr(0, 0) == 0.5);
  CHECK(rates(LinearLR(one, {.start_factor = 0, .end_factor = 0.5, .total_iters = 0}), 2) ==
        std::vector<double>{0.5, 0.5});
  CHECK(rates(LinearLR(one, {.start_factor = 0, .total_iters = 2}), 3) == std::vector<double>{0, 0.5, 1});
  CHECK(rates(LinearLR(one, {.total_iters = 1}), 2) == std::vector<double>{1.0 / 3, 1.0});
  CHECK(rates(ConstantLR(one, {.factor = 0, .total_iters = 1}), 2) == std::vector<double>{0, 1});
  CHECK(rates(ConstantLR(one, {.total_iters = 0}), 2) == std::vector<double>{1, 1});
  CHECK(rates(PolynomialLR(one, {.total_iters = 1}), 3) == std::vector<double>{1, 0, 0});
  CHECK(rates(StepLR(one, {.step_size = 1, .gamma = 0}), 3) == std::vector<double>{1, 0, 0});
  CHECK(rates(CosineAnnealingLR(one, {.T_max = 1}), 4) == std::vector<double>{1, 0, 1, 0});
  CHECK(rates(CosineAnnealingLR(one, {.T_max = 1, .eta_min = 0.25, .clamp_after = true}), 4) ==
        std::vector<double>{1, 0.25, 0.25, 0.25});
  CHECK(CosineAnnealingLR(one, {.T_max = 7, .eta_min = 0.3}).lr(0, 7) == 0.3);
  CHECK(rates(CosineAnnealingWarmRestarts(one, {.T_0 = 1, .T_mult = 1}), 3) == std::vector<double>{1, 1, 1});
  const CosineAnnealingWarmRestarts restarts(one, {.T_0 = 3, .T_mult = 10});
  for (const Index start : {3, 33, 333, 3333, 33'333, 333'333'333}) CHECK(restarts.lr(0, start) == 1);
  CHECK(LinearWarmup(one, {.warmup_steps = 4}).lr(0, 0) == 0);
  CHECK(LinearWarmup(one, {.warmup_steps = 4, .from_one = true}).lr(0, 0) == 0.25);
  CHECK(LinearWarmup(one, {}).lr(0, 0) == 1);
  CHECK(rates(WSDLR(one, {}), 2) == std::vector<double>{0, 0});
  const WSDLR wsd(one, {.warmup_steps = 4, .stable_steps = 2, .decay_steps = 4, .min_ratio = 0.5});
  CHECK(rates(wsd, 12) ==
        std::vector<double>{0, .25, .5, .75, 1, 1, 1, .75, 1 - std::sqrt(.5) / 2, 1 - std::sqrt(.75) / 2, .5, .5});
  const InverseSqrtLR inverse(one, {.warmup_steps = 16});
  CHECK(inverse.lr(0, 15) == 1);
  CHECK(inverse.lr(0, 63) == 0.5);
  CHECK(ExponentialWarmup(one, {.tau = 1e-3}).lr(0, 0) == 1);
  for (const Index huge : {Index{1} << 40, Index{1} << 60}) {  // far past every end
    CHECK(wsd.lr(0, huge) == 0.5);
    CHECK(StepLR(one, {.step_size = 30}).lr(0, huge) == 0);
    CHECK(restarts.lr(0, huge) >= 0);
    CHECK(CyclicLR(one, {.base_lr = .1, .max_lr = 1}).lr(0, huge) <= 1);
  }
}

TEST_CASE("epochs become steps and batch sizes scale rates", "[optim][schedule]") {
  CHECK(epochs_to_steps(3, 100) == 300);
  CHECK(epochs_to_steps(0.5, 101) == 51);
  CHECK(epochs_to_steps(0, 7) == 0);
  CHECK_THROWS_WITH(epochs_to_steps(-1, 7), "epochs_to_steps: epochs must be finite and >= 0: got -1");
  CHECK_THROWS_WITH(epochs_to_steps(1, 0), ContainsSubstring("steps_per_epoch must be in [1, 1e+15]: got 0"));
  CHECK_THROWS_AS(epochs_to_steps(1e300, 1'000'000), ValueError);
  CHECK_THROWS_AS(epochs_to_steps(std::nan(""), 1), ValueError);
  CHECK(linear_scaled_lr(0.1, 8192, 256) == Approx(3.2));
  CHECK_THROWS_WITH(linear_scaled_lr(0.1, 0, 256), ContainsSubstring("batch must be in [1, 1e+15]: got 0"));
  CHECK_THROWS_AS(linear_scaled_lr(-1, 1, 1), ValueError);
  const AdamScale scaled = sqrt_scaled({}, 1024, 256);
  CHECK(scaled.lr == Approx(2e-3));
  CHECK(scaled.beta1 == Approx(0.6));
  CHECK(scaled.beta2 == Approx(0.996));
  CHECK(scaled.eps == Approx(5e-9));
  CHECK_THROWS_WITH(sqrt_scaled({}, 4096, 256),
                    "sqrt_scaled: beta1 would fall below 0: got 0.9 and a batch 16 times as large");
  CHECK(untuned_warmup_steps(0.999) == 2000);
  CHECK_THROWS_WITH(untuned_warmup_steps(1), ContainsSubstring("beta2 must be in [0, 1): got 1"));
}
