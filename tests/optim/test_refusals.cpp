// A call that fails or is refused changes nothing: closures that throw, parameters, states and indices that do not fit.
#include <gradus/tensor/io/safetensors.hpp>

#include "all_optimizers.hpp"
#include "catch.hpp"
#include "schedule_cases.hpp"

using namespace gradus;
using namespace all_optimizers;

namespace {

using Pointer = std::unique_ptr<OptimizerBase>;
using Make = std::function<Pointer(const Parameters&)>;

Parameters start() {
  return {leaf(sin(tensor({{1.0, -2.0, 0.5}, {0.3, 4.0, -1.0}}))), leaf(cos(tensor({{1.0, 2.0}, {3.0, 4.0}})))};
}
/// Every optimizer, and wrappers around some.
std::vector<std::pair<std::string, Make>> everything() {
  std::vector<std::pair<std::string, Make>> all;
  for (const Kind& k : kinds()) {
    all.emplace_back(k.name, [&k](const Parameters& ps) { return k.make(ps, k.more); });
    if (k.level == Level::whole)
      all.emplace_back("LBFGS with a line search", [&k](const Parameters& ps) {
        return k.make(ps, {{"strong_wolfe", 1}, {"lr", 3}});
      });
  }
  const auto inner = [](const char* name, const Parameters& ps, const Values& o = {}) {
    return kind_named(name).make(ps, o);
  };
  all.emplace_back("SAM", [=](const Parameters& ps) { return std::make_unique<optim::SAM>(inner("AdamW", ps)); });
  all.emplace_back("Lookahead over ASAM", [=](const Parameters& ps) {
    auto sam = std::make_unique<optim::SAM>(inner("SGD", ps, {{"momentum", .9}}), optim::SAMOptions{.adaptive = true});
    return std::make_unique<optim::Lookahead>(
        std::move(sam), optim::LookaheadOptions{.k = 2, .inner_state = optim::InnerState::pullback});
  });
  all.emplace_back("Lookahead over LBFGS", [=](const Parameters& ps) {
    return std::make_unique<optim::Lookahead>(inner("LBFGS", ps, {{"max_iter", 4}}), optim::LookaheadOptions{.k = 2});
  });
  all.emplace_back("Combined", [=](const Parameters& ps) {
    std::vector<Pointer> parts;
    parts.push_back(inner("Muon", {ps[0]}));
    parts.push_back(inner("AdamW", {ps[1]}));
    return std::make_unique<optim::Combined>(std::move(parts));
  });
  return all;
}
/// One step down sum(x^4 / 4 + x^2); counts calls, and throws in the one that is named.
void descend(OptimizerBase& optimizer, const Parameters& ps, int& calls, int failing = 0) {
  calls = 0;
  optimizer.step([&] {
    if (++calls == failing) throw std::runtime_error("no data");
    optimizer.zero_grad();
    Variable loss = sum(pow(ps[0], 4) / 4 + ps[0] * ps[0]) + sum(pow(ps[1], 4) / 4 + ps[1] * ps[1]);
    loss.backward();
    return loss;
  });
}
/// Weights and state, to compare.
struct Snapshot {
  Parameters values;
  optim::StateDict state;
  Snapshot(const OptimizerBase& optimizer, const Parameters& ps)
      : values(leaves_like(ps)), state(optimizer.state_dict()) {}
  friend bool operator==(const Snapshot& a, const Snapshot& b) {
    return same_bits(a.values, b.values) && same_bits(a.state, b.state);
  }
};

}  // namespace

TEST_CASE("a closure that throws at any call leaves weights and state as they were", "[optim][refusals]") {
  for (const auto& [name, make] : everything())
    for (const int before : {0, 1, 3}) {
      const Parameters ps = start(), twin_ps = start();
      const Pointer optimizer = make(ps), twin = make(twin_ps);
      int calls = 0, usual = 0;
      for (int i = 0; i < before; ++i) descend(*optimizer, ps, calls), descend(*twin, twin_ps, calls);
      const Snapshot old(*optimizer, ps);
      descend(*twin, twin_ps, usual);
      for (int k = 1; k <= usual; ++k) {
        INFO(name << " after " << before << " steps, call " << k << " of " << usual);
        CHECK_THROWS_AS(descend(*optimizer, ps, calls, k), std::runtime_error);
        CHECK(calls == k);
        CHECK(Snapshot(*optimizer, ps) == old);
      }
      descend(*optimizer, ps, calls);
      INFO(name);
      CHECK(calls == usual);
      CHECK(Snapshot(*optimizer, ps) == Snapshot(*twin, twin_ps));
    }
}

TEST_CASE("several optimizers as one step together or not at all", "[optim][refusals]") {
  const auto refuses = [](const char* second, const std::function<void(OptimizerBase&, const Parameters&)>& spoil,
                          const char* message) {
    INFO(second);
    const Parameters ps = start();
    std::vector<Pointer> parts;
    parts.push_back(kind_named("SGD").make({ps[0]}, {{"momentum", .9}}));
    parts.push_back(kind_named(second).make({ps[1]}, {}));
    optim::Combined combined(std::move(parts));
    for (const Variable& p : ps) p.grad() = p.data() * 1.0;
    spoil(combined.part(1), ps);
    const Snapshot old(combined, ps);
    CHECK_THROWS_WITH(combined.step(), ContainsSubstring(message));
    CHECK(Snapshot(combined, ps) == old);
    optim::Accumulate accumulate(combined);
    accumulate.backward(sum(ps[0] * 3.0), 2);
    if (second != std::string("ScheduleFreeSGD")) return;
    const Tensor g = copy(ps[0].grad());
    CHECK_THROWS_WITH(accumulate.step(), ContainsSubstring(message));
    CHECK(equal(ps[0].grad(), g));
    CHECK(Snapshot(combined, ps) == old);
  };
  refuses(
      "ScheduleFreeSGD", [](auto& o, const Parameters&) { o.eval(); }, "step() in evaluation mode");
  refuses(
      "LBFGS", [](auto&, const Parameters&) {}, "LBFGS: step() needs a closure");
  refuses(
      "SGD", [](auto&, const Parameters& ps) { ps[1].grad() = ones({1}); }, "a gradient does not match");
  refuses(
      "SGD", [](auto& o, const Parameters&) { o.set(0, "nesterov", 1); }, "nesterov needs momentum > 0");
}

TEST_CASE("parameters with holes in their memory are refused when an optimizer is made", "[optim][refusals]") {
  const Tensor whole = ones({2, 4}, DType::f64);
  const Variable holes = leaf(slice(whole, 1, 0, 2)), spread = leaf(expand(ones({1, 3}, DType::f64), {2, 3}));
  for (const Kind& k : kinds())
    for (const Variable& p : {holes, spread}) {
      INFO(k.name);
      CHECK_THROWS_WITH(k.make({leaf(ones({2, 3})), p}, {}),
                        ContainsSubstring(": parameter 1 of the group has holes in its memory: f64"));
      const auto optimizer = k.make({leaf(ones({2, 3}))}, {});
      CHECK_THROWS_AS(k.add_group(*optimizer, {p}, {}), ValueError);
      CHECK(optimizer->group_count() == 1);
      CHECK(optimizer->parameters().size() == 1);
    }
  CHECK_THROWS_WITH(
      optim::SGD({holes}),
      "SGD: parameter 0 of the group has holes in its memory: f64 [2, 2] with strides [4, 1] — make it of a "
      "copy: leaf(copy(view))");
  CHECK_THROWS_WITH(optim::WeightAverage({holes}), ContainsSubstring("WeightAverage: a parameter has holes"));
}

TEST_CASE("a step without any gradient warns once", "[optim][refusals]") {
  std::vector<std::string> warnings;
  const auto old = set_warning_handler([&](const std::string& text) { warnings.push_back(text); });
  for (const auto& [name, make] : everything()) {
    INFO(name);
    const Parameters ps = start(), before = leaves_like(ps);
    const Pointer optimizer = make(ps);
    warnings.clear();
    for (int i = 0; i < 3; ++i) step(*optimizer, ps, [](std::size_t, const Tensor&) { return Tensor(); });
    CHECK(same_bits(ps, before));
    CHECK(warnings.size() == (name == "Combined" ? 2 : 1));  // each part has its own
    if (!warnings.empty())
      CHECK(warnings[0].find(": step() found no gradient and changed nothing") != std::string::npos);
    const Pointer some = make(ps);
    warnings.clear();
    step(*some, ps, [](std::size_t i, const Tensor& p) { return i && false ? Tensor() : p * 1.0; });
    CHECK(warnings.empty());
  }
  set_warning_handler(old);
}

// ---- wrappers and modes that remember weights

TEST_CASE("Lookahead starts anew from weights that were loaded", "[optim][refusals][lookahead]") {
  const auto quarter = [](std::size_t, const Tensor& p) { return p * 0.0 + 0.25; };
  const auto make = [](const Parameters& ps) {
    return std::make_unique<optim::Lookahead>(kind_named("SGD").make(ps, {{"lr", 1}}), optim::LookaheadOptions{.k = 4});
  };
  for (const int before : {0, 1, 3, 4, 6}) {  // at the start, in the middle of a cycle, between two
    INFO(before);
    const Parameters ps = start(), other = start();
    const auto used = make(ps);
    for (int i = 0; i < before; ++i) step(*used, ps, quarter);
    for (const Variable& p : ps) Tensor(p.data()).fill(100);
    for (const Variable& p : other) Tensor(p.data()).fill(100);
    const auto fresh = make(other);
    for (int i = 0; i < 9; ++i) step(*used, ps, quarter), step(*fresh, other, quarter);
    CHECK(same_bits(ps, other));
  }
  // Averages that are shown and taken away again change nothing; nor does a load of what is there.
  const Parameters ps = start(), twin_ps = start();
  const auto shown = make(ps), twin = make(twin_ps);
  optim::WeightAverage average(ps);
  for (int i = 0; i < 9; ++i) {
    step(*shown, ps, quarter);
    step(*twin, twin_ps, quarter);
    average.update();
    const auto swap = average.swap();
  }
  CHECK(same_bits(ps, twin_ps));
}

TEST_CASE("weights loaded in evaluation mode stay when Schedule-Free trains on", "[optim][refusals][schedule_free]") {
  for (const char* name : {"ScheduleFreeSGD", "ScheduleFreeAdamW"}) {
    INFO(name);
    const auto slope = [](std::size_t, const Tensor& p) { return p * 2.0; };
    const Parameters ps = start(), other = start();
    const auto used = kind_named(name).make(ps, {{"lr", 0.1}}), fresh = kind_named(name).make(other, {{"lr", 0.1}});
    for (int i = 0; i < 5; ++i) step(*used, ps, slope);
    const Parameters y = leaves_like(ps);
    used->eval();
    CHECK_FALSE(same_bits(ps, y));
    used->train();
    CHECK(same_bits(ps, y));
    used->eval();
    for (std::size_t i = 0; i < 2; ++i) Tensor(ps[i].data()).copy_from(start()[i].data());
    used->train();
    CHECK(same_bits(ps, start()));
    for (int i = 0; i < 5; ++i) step(*used, ps, slope), step(*fresh, other, slope);
    CHECK(same_bits(ps, other));
  }
}

// ---- states

TEST_CASE("states with counts that cannot be are refused whole", "[optim][refusals][state]") {
  const auto i64 = [](Index v) { return scalar_tensor(v, DType::i64); };
  const auto f64 = [](double v) { return scalar_tensor(v, DType::f64); };
  const Parameters ps = start();
  optim::WeightAverage average(ps, {.kind = optim::Average::exponential, .from_zero = true});
  average.update();
  const auto good = average.state_dict();
  const auto refuses = [](auto& object, optim::StateDict state, const char* key, const Tensor& value,
                          const std::string& text) {
    INFO(key);
    const auto before = object.state_dict();
    state[key] = value;
    CHECK_THROWS_WITH(object.load_state_dict(state), ContainsSubstring(text));
    CHECK(same_bits(object.state_dict(), before));
  };
  refuses(average, good, "updates", i64(-3), "WeightAverage: updates must be in [0, 1e+15]: got -3");
  refuses(average, good, "updates", i64(Index{1} << 62), "updates must be in [0, 1e+15]");
  refuses(average, good, "updates", f64(1.5), "updates is no count: f64");
  refuses(average, good, "remaining", f64(-0.5), "WeightAverage: remaining must be in [0, 1]: got -0.5");
  refuses(average, good, "remaining", f64(std::nan("")), "remaining must be in [0, 1]: got nan");
  refuses(average, good, "average.2", i64(1), "the state is of other weights: 5 entries, needs 4");

  optim::SGD sgd(ps);
  optim::Accumulate accumulate(sgd);
  accumulate.backward(sum(ps[0] * 2.0), 2);
  const auto half = accumulate.state_dict();
  refuses(accumulate, half, "count", i64(-1), "Accumulate: count must be in [0, 1e+15]: got -1");
  refuses(accumulate, half, "count", f64(2), "Accumulate: load_state_dict: count is no count: f64");
  refuses(accumulate, half, "finished", i64(2), "Accumulate: finished must be in [0, 1]: got 2");
  refuses(accumulate, half, "grad.7", i64(2), "the state is not of these 2 parameters");
  refuses(accumulate, half, "grad.0", zeros({2, 3}, DType::i64), "grad.0 does not fit its parameter: i64 [2, 3]");

  int calls = 0;
  const auto lbfgs = kind_named("LBFGS").make(ps, {});
  descend(*lbfgs, ps, calls);
  const auto pairs = lbfgs->state_dict();
  refuses(*lbfgs, pairs, "lbfgs.counters", tensor(std::vector<Index>{-1, 3, 1, 0}),
          "lbfgs.counters are none: -1, 3, 1, 0");
  refuses(*lbfgs, pairs, "lbfgs.counters", tensor(std::vector<Index>{3, 3, 2, 0}), "lbfgs.counters are none");
  refuses(*lbfgs, pairs, "lbfgs.counters", tensor(std::vector<Index>{3, 3, 1, Index{1} << 62}),
          "lbfgs.counters are none");
  refuses(*lbfgs, pairs, "lbfgs.counters", tensor(std::vector<Index>{Index{1} << 62, 3, 1, 0}), "counters are none");
  refuses(*lbfgs, pairs, "lbfgs.rho.0", tensor({std::nan("")}), "lbfgs.rho.0 must be finite: got nan");
  refuses(*lbfgs, pairs, "lbfgs.start", zeros({10}), "lbfgs.start does not fit: 10 numbers of f32, needs 10 of f64");

  for (const Kind& k : kinds()) {
    const auto optimizer = k.make(ps, k.more);
    step(*optimizer, ps, [](std::size_t, const Tensor& p) { return p * 1.0; });
    if (!optimizer->state_dict().contains("state.0.step")) continue;
    refuses(*optimizer, optimizer->state_dict(), "state.0.step", i64(std::numeric_limits<Index>::max()),
            "state.0.step is no count");
  }

  std::vector<Pointer> parts;
  for (const Variable& p : ps) parts.push_back(kind_named("SGD").make({p}, {}));
  optim::Combined combined(std::move(parts));
  refuses(combined, combined.state_dict(), "2.groups.0.lr", f64(1),
          "Combined: load_state_dict: the state is not one of 2");
}

// ---- schedules

TEST_CASE("a schedule that refuses an index or a state leaves every rate and momentum", "[optim][refusals][schedule]") {
  constexpr Index last = std::numeric_limits<Index>::max();
  for (const auto& c : golden::json("schedules.json")) {
    if (c["schedule"] == "ReduceLROnPlateau") continue;
    INFO(c["schedule"] << " " << c["options"]);
    const auto optimizer = schedule_cases::make_optimizer(c);
    const auto schedule = schedule_cases::make_schedule(*optimizer, c);
    for (int i = 0; i < 3; ++i) schedule->step();
    const auto refuses = [&](const auto& call) {
      const auto rates = optimizer->state_dict(), state = schedule->state_dict();
      bool refused = true;
      try {
        call();
        refused = false;
      } catch (const Error&) {
        CHECK(same_bits(optimizer->state_dict(), rates));
        CHECK(same_bits(schedule->state_dict(), state));
      }
      return refused;
    };
    CHECK(refuses([&] { schedule->seek(-1); }));
    for (const Index index : {Index{-1}, last}) {
      auto state = schedule->state_dict();
      state["index"] = scalar_tensor(index, DType::i64);
      if (state.contains("fraction")) state["fraction"] = scalar_tensor(0.25, DType::f64);
      refuses([&] { schedule->load_state_dict(state); });
    }
    refuses([&] { schedule->seek(last); });
    if (schedule->index() == last) CHECK(refuses([&] { schedule->step(); }));
  }
  // Rates that are right do not stay where a momentum is wrong, in whichever group.
  optim::SGD sgd({leaf(ones({1}))}, {.lr = 0.5, .momentum = 0.9});
  sgd.add_param_group({leaf(ones({1}))});
  optim::CyclicLROptions o{.base_lr = 0.1, .max_lr = 1, .step_size_up = 4};
  o.scale_fn = [](double e) { return e > 2 ? 40.0 : 1; };
  o.scale_mode = optim::ScaleMode::iterations;
  optim::CyclicLR schedule(sgd, o);
  schedule.step();
  const auto before = sgd.state_dict();
  CHECK_THROWS_WITH(schedule.seek(3), ContainsSubstring("SGD: momentum must be finite and >= 0: got -2."));
  CHECK(same_bits(sgd.state_dict(), before));
  CHECK(schedule.index() == 1);
  optim::SGD fresh({leaf(ones({1}))}, {.lr = 0.5, .momentum = 0.9});
  o.scale_fn = [](double) { return std::nan(""); };
  o.base_lr = o.max_lr = 0.25;
  CHECK_THROWS_AS(optim::CyclicLR(fresh, o), ValueError);
  CHECK(fresh.initial_lr(0) == 0.5);
  fresh.set(0, "lr", 0.125);
  CHECK(fresh.initial_lr(0) == 0.125);  // what failed left no base rate behind

  optim::StepLR steps(fresh, {.step_size = 5});
  steps.seek(last);
  CHECK_THROWS_WITH(steps.step(), "StepLR: there is no index after 9223372036854775807");
  CHECK(steps.index() == last);
}

TEST_CASE("OneCycleLR needs a step in each phase, however the compiler rounds", "[optim][refusals][schedule]") {
  optim::SGD sgd({leaf(ones({1}))}, {.lr = 0.5, .momentum = 0.9});
  for (Index total = 2; total < 500; ++total) {
    INFO(total);
    const double one = 1 / static_cast<double>(total);
    CHECK_THROWS_WITH(optim::OneCycleLR(sgd, {.max_lr = 1, .total_steps = total, .pct_start = one}),
                      ContainsSubstring("OneCycleLR: a phase has no steps: total_steps is "));
    CHECK_THROWS_AS(optim::OneCycleLR(sgd, {.max_lr = 1, .total_steps = total, .pct_start = 1}), ValueError);
    CHECK_THROWS_AS(optim::OneCycleLR(sgd, {.max_lr = 1,
                                            .total_steps = total,
                                            .pct_start = (static_cast<double>(total) + 1) / 2 * one,
                                            .three_phase = true}),
                    ValueError);
    if (total > 3) CHECK_NOTHROW(optim::OneCycleLR(sgd, {.max_lr = 1, .total_steps = total, .pct_start = 1.01 * one}));
  }
  CHECK_THROWS_AS(optim::OneCycleLR(sgd, {.max_lr = 1, .total_steps = 5, .pct_start = 0.2}), ValueError);
}

TEST_CASE("the optimizer's lr is the peak of a cycle unless another is given", "[optim][schedule]") {
  optim::AdamW adamw({leaf(ones({1}))}, {.lr = 0.5});
  adamw.add_param_group({leaf(ones({1}))}, [](auto& o) { o.lr = 0.25; });
  const optim::OneCycleLR plain(adamw, {.total_steps = 10}), given(adamw, {.max_lr = 2, .total_steps = 10});
  const auto named = optim::schedule_factory("onecycle")(adamw, 10);
  for (Index e = 0; e <= 10; ++e)
    for (const std::size_t g : {0u, 1u}) CHECK(plain.lr(g, e) == named->lr(g, e));
  CHECK(plain.lr(0, 2) == 0.5);
  CHECK(plain.lr(1, 2) == 0.25);
  CHECK(given.lr(1, 2) == 2);
  const optim::CyclicLR triangle(adamw, {.step_size_up = 4});
  CHECK(triangle.lr(0, 4) == 0.5);
  CHECK(triangle.lr(1, 4) == 0.25);
  CHECK(triangle.lr(1, 8) == 0);
}

TEST_CASE("a polynomial of power 0 is constant, as in PyTorch", "[optim][schedule]") {
  optim::SGD sgd({leaf(ones({1}))}, {.lr = 0.5});
  const optim::PolynomialLR constant(sgd, {.total_iters = 3, .power = 0}), root(sgd, {.total_iters = 3, .power = 0.5});
  for (Index e = 0; e < 6; ++e) CHECK(constant.lr(0, e) == 0.5);
  CHECK(root.lr(0, 2) > 0);
  CHECK(root.lr(0, 3) == 0);
}
