// What all schedules share: counting, base rates, groups, state, composition, and errors.
#include "catch.hpp"
#include "schedule_cases.hpp"

using namespace gradus;
using namespace gradus::optim;
using nlohmann::json;

namespace {
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();
std::vector<Variable> parameter() { return {leaf(zeros({1}))}; }
}  // namespace

TEST_CASE("a schedule counts from 0 and starts from the rates of the first attachment", "[optim][schedule]") {
  SGD o(parameter(), {.lr = 0.8});
  StepLR first(o, {.step_size = 2, .gamma = 0.5});
  CHECK(first.index() == 0);
  CHECK(o.get(0, "lr") == 0.8);
  first.step();
  first.step();
  CHECK(first.index() == 2);
  CHECK(first.last_lr() == std::vector{0.4});
  CHECK(&first.optimizer() == &o);
  CHECK(std::string(first.name()) == "StepLR");
  // A second schedule takes over: it has the same base, and the rate is that of the last to step.
  ConstantLR second(o, {.factor = 0.5, .total_iters = 1});
  CHECK(o.initial_lr(0) == 0.8);
  CHECK(o.get(0, "lr") == 0.4);
  second.step();
  CHECK(o.get(0, "lr") == 0.8);
  first.step();
  CHECK(o.get(0, "lr") == 0.4);
}

TEST_CASE("seek goes anywhere and an index below 0 is refused", "[optim][schedule]") {
  SGD o(parameter(), {.lr = 1});
  ExponentialLR schedule(o, {.gamma = 0.5});
  schedule.seek(3);
  CHECK(o.get(0, "lr") == 0.125);
  schedule.step();
  CHECK(o.get(0, "lr") == 0.0625);
  schedule.seek(0);
  CHECK(o.get(0, "lr") == 1);
  CHECK_THROWS_WITH(schedule.seek(-1), "ExponentialLR: an index must be at least 0: got -1");
  CHECK_THROWS_WITH(schedule.lr(0, -5), "ExponentialLR: an index must be at least 0: got -5");
  CHECK_THROWS_AS(schedule.lr(1, 0), IndexError);
}

TEST_CASE("a group that is added later has its own rate as base", "[optim][schedule]") {
  SGD o(parameter(), {.lr = 1});
  ExponentialLR schedule(o, {.gamma = 0.5});
  schedule.step();
  o.add_param_group(parameter(), [](auto& options) { options.lr = 0.8; });
  schedule.step();
  CHECK(schedule.last_lr() == std::vector{0.25, 0.2});
  schedule.step();
  CHECK(schedule.last_lr() == std::vector{0.125, 0.1});
  SGD other(parameter(), {.lr = 1});
  LambdaLR functions(other, std::vector<LrFunction>{[](Index) { return 1.0; }});
  SWALR swa(other, {.swa_lrs = {0.1}});
  other.add_param_group(parameter());
  CHECK_THROWS_WITH(functions.step(), "LambdaLR: group 1 was added after the schedule was made: it has 1 groups");
  CHECK_THROWS_AS(swa.step(), StateError);
  CHECK(functions.index() == 0);
}

TEST_CASE("a schedule sets the groups of wrapped and of combined optimizers", "[optim][schedule]") {
  const auto sgd = [](double lr, double momentum) {
    return std::make_unique<SGD>(parameter(), SGDOptions{.lr = lr, .momentum = momentum});
  };
  Lookahead wrapped(sgd(1, 0.9));
  OneCycleLR cycle(wrapped, {.max_lr = 2, .total_steps = 10});
  cycle.seek(2);
  CHECK(wrapped.inner().get(0, "lr") == 2);
  CHECK(wrapped.inner().get(0, "momentum") == Approx(0.85));
  CHECK(wrapped.inner().initial_lr(0) == 1);
  std::vector<std::unique_ptr<OptimizerBase>> parts;
  parts.push_back(sgd(1, 0.9));
  parts.push_back(std::make_unique<AdamW>(parameter(), AdamWOptions{.lr = 0.5}));
  Combined both(std::move(parts));
  ExponentialLR decay(both, {.gamma = 0.5});
  decay.step();
  CHECK(decay.last_lr() == std::vector{0.5, 0.25});
  CyclicLR triangle(both, {.base_lr = 0, .max_lr = 1, .step_size_up = 1});
  triangle.step();
  CHECK(both.get(0, "momentum") == Approx(0.8));  // each group has the option of its own optimizer
  CHECK(both.get(1, "beta1") == Approx(0.8));
}

TEST_CASE("a value that is no rate is refused and changes nothing", "[optim][schedule]") {
  SGD o(parameter(), {.lr = 1});
  o.add_param_group(parameter());
  LambdaLR schedule(o, [](Index e) { return e == 2 ? nan_ : e == 1 ? 0.5 : -1.0 * static_cast<double>(e > 2) + 1; });
  schedule.step();
  const auto refuses = [&](Index e, const char* got) {
    CHECK_THROWS_WITH(schedule.seek(e), join("LambdaLR: the learning rate of group 0 at index ", e,
                                             " must be finite and >= 0: got ", got));
    CHECK(schedule.index() == 1);
    CHECK(schedule.last_lr() == std::vector{0.5, 0.5});
  };
  refuses(2, "nan");
  schedule.seek(3);
  CHECK(schedule.last_lr() == std::vector{0.0, 0.0});
  SGD fresh(parameter(), {.lr = 1});
  CHECK_THROWS_AS(LambdaLR(fresh, [](Index) { return -1.0; }), ValueError);
  fresh.set(0, "lr", 0.25);
  CHECK(StepLR(fresh, {.step_size = 1}).lr(0, 0) == 0.25);  // what failed left no base rate behind
  MultiplicativeLR product(fresh, [](Index) { return 1.0; });
  CHECK_THROWS_WITH(product.seek(Index{1} << 40), ContainsSubstring("is a product of too many factors"));
  CHECK_THROWS_WITH(LambdaLR(fresh, LrFunction{}), "LambdaLR: a function is empty");
  CHECK_THROWS_WITH(LambdaLR(o, std::vector<LrFunction>{[](Index) { return 1.0; }}),
                    "LambdaLR: needs one function for all groups or one per group: got 1 for 2 groups");
  CHECK_THROWS_WITH(MultiplicativeLR(fresh, std::vector<LrFunction>{}), ContainsSubstring("got 0 for 1 groups"));
}

TEST_CASE("a schedule resumed in the middle goes on bit for bit", "[optim][schedule][state]") {
  for (const json& c : golden::json("schedules.json")) {
    if (c["schedule"] == "ReduceLROnPlateau") continue;
    INFO(c["schedule"] << " " << c["options"]);
    const auto straight = schedule_cases::make_optimizer(c), resumed = schedule_cases::make_optimizer(c);
    const auto a = schedule_cases::make_schedule(*straight, c);
    const Index middle = 23;
    for (Index e = 0; e < middle; ++e) a->step();
    if (auto* restarts = dynamic_cast<CosineAnnealingWarmRestarts*>(a.get())) restarts->step(23.375);
    const auto state = a->state_dict(), optimizer_state = straight->state_dict();
    const auto b = schedule_cases::make_schedule(*resumed, c);
    b->load_state_dict(state);
    resumed->load_state_dict(optimizer_state);
    for (Index e = middle; e < 45; ++e) {
      REQUIRE(b->index() == a->index());
      REQUIRE(b->last_lr() == a->last_lr());
      for (const char* option : {"momentum", "beta1"})
        REQUIRE((straight->get(0, option) == resumed->get(0, option) || std::isnan(straight->get(0, option))));
      a->step();
      b->step();
    }
  }
}

TEST_CASE("a state that does not fit a schedule is refused and changes nothing", "[optim][schedule][state]") {
  SGD o(parameter(), {.lr = 1, .momentum = 0.9});
  StepLR schedule(o, {.step_size = 2});
  schedule.step();
  const auto refuses = [&](Scheduler& s, const StateDict& state, const std::string& message) {
    const Index before = s.index();
    CHECK_THROWS_WITH(s.load_state_dict(state), message);
    CHECK(s.index() == before);
  };
  const Tensor five = scalar_tensor(5, DType::i64);
  refuses(schedule, {}, "StepLR: load_state_dict: no index in the state");
  refuses(schedule, {{"index", scalar_tensor(1.5, DType::f64)}}, "StepLR: load_state_dict: no index in the state");
  refuses(schedule, {{"index", zeros({2}, DType::i64)}}, "StepLR: load_state_dict: no index in the state");
  refuses(schedule, {{"index", scalar_tensor(-1, DType::i64)}},
          "StepLR: load_state_dict: the index must be at least 0: got -1");
  refuses(schedule, StepLR(o, {.step_size = 3}).state_dict(),
          "StepLR: load_state_dict: step_size is 2 here, 3 in the state");
  refuses(schedule, ExponentialLR(o, {.gamma = 0.1}).state_dict(),
          "StepLR: load_state_dict: missing options.step_size");
  ExponentialLR exponential(o, {.gamma = 0.1});
  refuses(exponential, schedule.state_dict(),
          "ExponentialLR: load_state_dict: there is no option step_size — the state is of another schedule");
  MultiStepLR steps(o, {.milestones = {1, 2}});
  refuses(steps, MultiStepLR(o, {.milestones = {1, 2, 3}}).state_dict(),
          "MultiStepLR: load_state_dict: milestones is [1, 2] here, [1, 2, 3] in the state");
  OneCycleLR cycle(o, {.max_lr = 1, .total_steps = 10});
  refuses(cycle, OneCycleLR(o, {.max_lr = 1, .total_steps = 10, .anneal = Anneal::linear}).state_dict(),
          "OneCycleLR: load_state_dict: anneal is 0 here, 1 in the state");
  refuses(cycle, {{"index", scalar_tensor(11, DType::i64)}},
          "OneCycleLR: step 11 is outside the cycle: total_steps is 10");
  SequentialLR chain(o, {make<StepLR>(o, {.step_size = 2}), make<ExponentialLR>(o, {.gamma = 0.5})}, {4});
  SequentialLR other(o, {make<StepLR>(o, {.step_size = 2}), make<ExponentialLR>(o, {.gamma = 0.25})}, {4});
  refuses(chain, other.state_dict(), "SequentialLR: load_state_dict: 1.gamma is 0.5 here, 0.25 in the state");
  CosineAnnealingWarmRestarts restarts(o, {.T_0 = 4});
  auto state = restarts.state_dict();
  state["fraction"] = scalar_tensor(1.5, DType::f64);
  refuses(restarts, state, "CosineAnnealingWarmRestarts: fraction must be in [0, 1): got 1.5");
  SWALR swa(o, {.swa_lr = 0.1});
  state = swa.state_dict();
  state["found"] = tensor({0.1, 0.2});
  refuses(swa, state, "SWALR: found needs one value per group: got 2 for 1 groups");
  schedule.load_state_dict({{"index", five}});  // only an index fits any schedule
  CHECK(schedule.index() == 5);
  ReduceLROnPlateau plateau(o);
  CHECK_THROWS_WITH(plateau.load_state_dict({}), "ReduceLROnPlateau: load_state_dict: no best in the state");
  state = plateau.state_dict();
  state["bad_epochs"] = scalar_tensor(-1, DType::i64);
  CHECK_THROWS_WITH(plateau.load_state_dict(state), ContainsSubstring("bad_epochs must be in [0, 1e+15]: got -1"));
}

TEST_CASE("ReduceLROnPlateau resumes with its best metric and its counters", "[optim][schedule][state]") {
  const std::vector<double> metrics = {3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5};
  for (std::size_t middle = 0; middle < metrics.size(); ++middle) {
    SGD a(parameter(), {.lr = 1}), b(parameter(), {.lr = 1});
    ReduceLROnPlateau straight(a, {.patience = 1, .cooldown = 2}), resumed(b, {.patience = 1, .cooldown = 2});
    for (std::size_t i = 0; i < middle; ++i) straight.step(metrics[i]);
    resumed.load_state_dict(straight.state_dict());
    b.load_state_dict(a.state_dict());
    CHECK(resumed.best() == straight.best());
    CHECK(resumed.bad_epochs() == straight.bad_epochs());
    CHECK(resumed.cooldown_left() == straight.cooldown_left());
    for (std::size_t i = middle; i < metrics.size(); ++i) {
      straight.step(metrics[i]);
      resumed.step(metrics[i]);
      CHECK(a.get(0, "lr") == b.get(0, "lr"));
    }
    CHECK(a.get(0, "lr") < 0.5);
  }
}

TEST_CASE("SWALR starts from the rate of its first step", "[optim][schedule]") {
  SGD o(parameter(), {.lr = 1});
  StepLR main(o, {.step_size = 1, .gamma = 0.5});
  main.step();
  SWALR swa(o, {.swa_lr = 0.05, .anneal_epochs = 2, .anneal = Anneal::linear});
  CHECK(o.get(0, "lr") == 0.5);  // attaching it changes nothing
  main.step();
  swa.step();
  CHECK(o.get(0, "lr") == Approx((0.25 + 0.05) / 2));
  swa.step();
  CHECK(o.get(0, "lr") == 0.05);
  SWALR at_once(o, {.swa_lr = 0.125, .anneal_epochs = 0});
  CHECK(o.get(0, "lr") == 0.125);
}

TEST_CASE("a sequence starts each part from the base rate and hands momentum on", "[optim][schedule]") {
  AdamW o(parameter(), {.lr = 1});
  SequentialLR schedule(o,
                        {make<LinearLR>(o, {.start_factor = 0.5, .total_iters = 2}),
                         make<CyclicLR>(o, {.base_lr = 0.25, .max_lr = 0.75, .step_size_up = 2}),
                         make<SWALR>(o, {.swa_lr = 0.05, .anneal_epochs = 2, .anneal = Anneal::linear})},
                        {2, 5});
  CHECK(o.get(0, "lr") == 0.5);
  std::vector<double> lr, beta1;
  for (int i = 0; i < 8; ++i) {
    lr.push_back(o.get(0, "lr"));
    beta1.push_back(o.get(0, "beta1"));
    schedule.step();
  }
  CHECK(lr == std::vector<double>{0.5, 0.75, 0.25, 0.5, 0.75, 0.75, 0.4, 0.05});
  CHECK(std::vector(beta1.begin() + 2, beta1.end()) == std::vector{0.9, 0.9 - (0.9 - 0.8) * 0.5, 0.8, 0.8, 0.8, 0.8});
  // Sequences nest.
  SequentialLR inner(
      o, {make<ConstantLR>(o, {.factor = 0.5, .total_iters = 9}), make<ExponentialLR>(o, {.gamma = 0.5})}, {1});
  SequentialLR outer(o, {make<StepLR>(o, {.step_size = 9}), std::shared_ptr<Scheduler>(&inner, [](Scheduler*) {})},
                     {2});
  for (const auto& [e, wanted] : std::map<Index, double>{{0, 1}, {1, 1}, {2, 0.5}, {3, 1}, {4, 0.5}})
    CHECK(outer.lr(0, e) == wanted);
  SequentialLR at_once(o, {make<ConstantLR>(o, {}), make<ExponentialLR>(o, {.gamma = 0.5})}, {0});
  CHECK(at_once.lr(0, 1) == 0.5);
}

TEST_CASE("a chain is a product in any order and survives factors of 0", "[optim][schedule]") {
  SGD o(parameter(), {.lr = 0.5, .momentum = 0.9});
  const auto factor = make<ConstantLR>(o, {.factor = 0, .total_iters = 2});
  const auto decay = make<ExponentialLR>(o, {.gamma = 0.5});
  ChainedScheduler one(o, {factor, decay}), two(o, {decay, factor});
  for (Index e = 0; e < 6; ++e) {
    CHECK(one.lr(0, e) == (e < 2 ? 0 : 0.5 * std::pow(0.5, e)));
    CHECK(two.lr(0, e) == one.lr(0, e));
  }
  ChainedScheduler cycled(o, {make<OneCycleLR>(o, {.max_lr = 1, .total_steps = 10}), decay});
  CHECK(cycled.momentum(0, 2) == Approx(0.85));
  CHECK(cycled.lr(0, 2) == Approx(0.25));
  SGD frozen(parameter(), {.lr = 0});
  CHECK(ChainedScheduler(frozen, {make<ExponentialLR>(frozen, {.gamma = 0.5})}).lr(0, 3) == 0);
}

TEST_CASE("composites refuse parts that do not belong together", "[optim][schedule][errors]") {
  SGD o(parameter(), {.lr = 1}), other(parameter(), {.lr = 1});
  const auto step = make<StepLR>(o, {.step_size = 1});
  CHECK_THROWS_WITH(SequentialLR(o, {}, {}), "SequentialLR: there are no schedules");
  CHECK_THROWS_WITH(SequentialLR(o, {step, nullptr}, {1}), "SequentialLR: schedule 1 is null");
  CHECK_THROWS_WITH(SequentialLR(other, {step}, {}), "SequentialLR: schedule 0, StepLR, belongs to another optimizer");
  CHECK_THROWS_WITH(SequentialLR(o, {step, step}, {}),
                    "SequentialLR: needs one milestone fewer than schedules: got 0 for 2");
  CHECK_THROWS_WITH(SequentialLR(o, {step, step, step}, {3, 3}),
                    "SequentialLR: milestones must be >= 0 and rise: got 3 at 1");
  CHECK_THROWS_WITH(SequentialLR(o, {step, step}, {-1}), ContainsSubstring("must be >= 0 and rise: got -1 at 0"));
  CHECK_THROWS_WITH(ChainedScheduler(o, {}), "ChainedScheduler: there are no schedules");
  CHECK_THROWS_WITH(ChainedScheduler(other, {step}), ContainsSubstring("StepLR, belongs to another optimizer"));
}

TEST_CASE("options out of range are refused by name and value", "[optim][schedule][errors]") {
  SGD o(parameter(), {.lr = 1, .momentum = 0.9});
  o.add_param_group(parameter());
  const auto refuses = [](auto make, const std::string& message) { CHECK_THROWS_WITH(make(), message); };
  refuses([&] { StepLR(o, {}); }, "StepLR: step_size must be in [1, 1e+15]: got 0");
  refuses([&] { StepLR(o, {.step_size = 1, .gamma = nan_}); }, "StepLR: gamma must be finite and >= 0: got nan");
  refuses([&] { MultiStepLR(o, {.milestones = {3, -2}}); }, "MultiStepLR: milestones must be >= 0: got -2");
  refuses([&] { ConstantLR(o, {.factor = 1.5}); }, "ConstantLR: factor must be in [0, 1]: got 1.5");
  refuses([&] { ConstantLR(o, {.total_iters = -1}); }, "ConstantLR: total_iters must be in [0, 1e+15]: got -1");
  refuses([&] { LinearLR(o, {.start_factor = -0.5}); }, "LinearLR: start_factor must be in [0, 1]: got -0.5");
  refuses([&] { LinearLR(o, {.end_factor = 2}); }, "LinearLR: end_factor must be in [0, 1]: got 2");
  refuses([&] { ExponentialLR(o, {}); }, "ExponentialLR: gamma must be finite and > 0: got 0");
  refuses([&] { PolynomialLR(o, {.total_iters = 0}); }, "PolynomialLR: total_iters must be in [1, 1e+15]: got 0");
  refuses([&] { PolynomialLR(o, {.power = -1}); }, "PolynomialLR: power must be finite and >= 0: got -1");
  refuses([&] { CosineAnnealingLR(o, {}); }, "CosineAnnealingLR: T_max must be in [1, 1e+15]: got 0");
  refuses([&] { CosineAnnealingLR(o, {.T_max = 1, .eta_min = -1}); },
          "CosineAnnealingLR: eta_min must be finite and >= 0: got -1");
  refuses([&] { CosineAnnealingWarmRestarts(o, {.T_0 = 1, .T_mult = 0}); },
          "CosineAnnealingWarmRestarts: T_mult must be in [1, 1e+15]: got 0");
  CosineAnnealingWarmRestarts restarts(o, {.T_0 = 3});
  refuses([&] { restarts.step(-0.5); }, "CosineAnnealingWarmRestarts: epoch must be in [0, 1e+15]: got -0.5");
  refuses([&] { CyclicLR(o, {.base_lr = nan_}); }, "CyclicLR: base_lr must be finite and >= 0: got nan");
  refuses([&] { CyclicLR(o, {.step_size_up = 0}); }, "CyclicLR: step_size_up must be in [1, 1e+15]: got 0");
  refuses([&] { CyclicLR(o, {.max_momentum = 1}); }, "CyclicLR: max_momentum must be in [0, 1): got 1");
  refuses([&] { CyclicLR(o, {.max_lrs = {1}}); }, "CyclicLR: max_lrs needs one value per group: got 1 for 2 groups");
  refuses(
      [&] {
        OneCycleLR(o, {.total_steps = 9, .max_lrs = {1, -1}});
      },
      "OneCycleLR: max_lrs must be finite and > 0: got -1");
  refuses([&] { SWALR(o, {}); }, "SWALR: swa_lr must be finite and > 0: got 0");
  refuses([&] { SWALR(o, {.swa_lr = 1, .anneal_epochs = -1}); }, "SWALR: anneal_epochs must be in [0, 1e+15]: got -1");
  refuses([&] { LinearWarmup(o, {.warmup_steps = -1}); }, "LinearWarmup: warmup_steps must be in [0, 1e+15]: got -1");
  refuses([&] { GeometricWarmup(o, {.start_factor = 0}); }, "GeometricWarmup: start_factor must be in (0, 1]: got 0");
  refuses([&] { ExponentialWarmup(o, {.tau = 0}); }, "ExponentialWarmup: tau must be finite and > 0: got 0");
  refuses([&] { InverseSqrtLR(o, {.warmup_steps = 0}); }, "InverseSqrtLR: warmup_steps must be in [1, 1e+15]: got 0");
  refuses([&] { NoamLR(o, {.d_model = 0}); }, "NoamLR: d_model must be in [1, 1e+15]: got 0");
  refuses([&] { WSDLR(o, {.decay_steps = -1}); }, "WSDLR: decay_steps must be in [0, 1e+15]: got -1");
  refuses([&] { WSDLR(o, {.min_ratio = 1.5}); }, "WSDLR: min_ratio must be in [0, 1]: got 1.5");
  refuses([&] { ReduceLROnPlateau(o, {.factor = 1}); }, "ReduceLROnPlateau: factor must be in (0, 1): got 1");
  refuses([&] { ReduceLROnPlateau(o, {.factor = 0}); }, "ReduceLROnPlateau: factor must be in (0, 1): got 0");
  refuses(
      [&] {
        ReduceLROnPlateau(o, {.min_lrs = {1, 2, 3}});
      },
      "ReduceLROnPlateau: min_lrs needs one value per group: got 3 for 2 groups");
  LBFGS lbfgs(parameter());
  refuses([&] { CyclicLR(lbfgs, {.max_lr = 1}); },
          "CyclicLR: cycle_momentum needs an optimizer with momentum or beta1: LBFGS has neither");
  CHECK_NOTHROW(CyclicLR(lbfgs, {.max_lr = 1, .cycle_momentum = false}));
}
