// What holds for every optimizer: absent, zero and NaN gradients, odd shapes and layouts, groups, bad hyper-parameters.
#include "all_optimizers.hpp"
#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace gradus;
using namespace all_optimizers;

namespace {

constexpr double nan_ = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

Tensor some(const Shape& shape, double shift = 0) {
  Tensor t = zeros(shape, DType::f64);
  double i = shift;
  for (double& v : t.mutable_span<double>()) v = std::sin(1.7 * i++) + 0.2;
  return t;
}
/// Two leaves of a shape that the optimizer takes.
Parameters pair_for(const Kind& k) {
  return {leaf(some({2, 3})), leaf(k.matrices_only() ? some({3, 2}, 9) : some({4}, 9))};
}
Tensor slope(std::size_t, const Tensor& p) { return p * 3.0 + 0.1; }
/// The entries of one parameter.
optim::StateDict state_of(const OptimizerBase& optimizer, std::size_t parameter) {
  optim::StateDict found;
  const std::string prefix = join("state.", parameter, ".");
  for (const auto& [key, t] : optimizer.state_dict())
    if (key.starts_with(prefix)) found[key.substr(prefix.size())] = t;
  return found;
}
Values without_decay(const Kind& k) {
  Values o = k.more;
  for (const char* decay : {"weight_decay", "lambd"})
    if (k.has(decay)) o[decay] = 0;
  return o;
}
std::vector<Kind> stepwise() {  // those for which an absent gradient is no gradient of zero
  std::vector<Kind> found;
  for (const Kind& k : kinds())
    if (k.level != Level::whole) found.push_back(k);
  return found;
}
template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}
bool finite(const Tensor& t) {
  for (const double v : t.to_vector<double>())
    if (!std::isfinite(v)) return false;
  return true;
}

}  // namespace

TEST_CASE("every optimizer remembers what its header says", "[optim][state]") {
  for (const Kind& k : kinds())
    for (const bool more : {false, true}) {
      INFO(k.name << (more ? " with more options" : ""));
      const Variable p = leaf(some({2, 3}));
      const auto optimizer = k.make({p}, more ? k.more : Values{});
      step(*optimizer, {p}, slope);
      Slots wanted = k.state, got;
      if (more) wanted.insert(k.more_state.begin(), k.more_state.end());
      for (const auto& [name, t] : state_of(*optimizer, 0)) {
        if (name == "step") continue;
        if (t.rank()) got[name] = t.shape();
        else got[name] = std::nullopt;
        CHECK(t.dtype() == DType::f64);
      }
      CHECK(got == wanted);
    }
}

TEST_CASE("an absent gradient leaves parameter and state alone and is not counted", "[optim][gradients]") {
  for (const Kind& k : stepwise()) {
    INFO(k.name);
    const Parameters ps = pair_for(k), steady = leaves_like(ps);
    const auto optimizer = k.make(ps, k.more), other = k.make(steady, k.more);
    const Tensor before = copy(ps[1].data());
    const auto only_first = [](std::size_t i, const Tensor& p) { return i ? Tensor() : slope(i, p); };
    for (int i = 0; i < 3; ++i) step(*optimizer, ps, only_first);
    CHECK(same_bits(ps[1].data(), before));
    CHECK(state_of(*optimizer, 1).empty());
    for (int i = 0; i < 3; ++i) step(*optimizer, ps, slope), step(*other, steady, slope);
    CHECK(same_bits(ps[1].data(), steady[1].data()));  // as if the steps without had not been
    CHECK(same_bits(state_of(*optimizer, 1), state_of(*other, 1)));
    step(*optimizer, ps, only_first);
    CHECK(same_bits(ps[1].data(), steady[1].data()));
    CHECK(same_bits(state_of(*optimizer, 1), state_of(*other, 1)));
  }
}

TEST_CASE("a gradient of zeros moves nothing at first and is counted", "[optim][gradients]") {
  const auto zero = [](std::size_t, const Tensor& p) { return zeros_like(p); };
  for (const Kind& k : stepwise()) {
    INFO(k.name);
    const Parameters ps = pair_for(k), before = leaves_like(ps);
    const auto optimizer = k.make(ps, without_decay(k));
    step(*optimizer, ps, zero);
    CHECK(same_bits(ps, before));
    const auto state = state_of(*optimizer, 0);
    if (const auto count = state.find("step"); count != state.end()) CHECK(count->second.item<Index>() == 1);
    else CHECK(k.name == "SGD");
  }
  for (const char* name : {"AdamW", "Lion", "Muon", "Adafactor", "Adan"}) {  // decay beside the gradient goes on
    INFO(name);
    const Kind& k = kind_named(name);
    const Parameters ps = pair_for(k), before = leaves_like(ps);
    const auto optimizer = k.make(ps, {{"lr", 0.1}, {"weight_decay", 0.5}});
    step(*optimizer, ps, zero);
    const double keep = name == std::string("Adan") ? 1 / 1.05 : 0.95;
    for (std::size_t i = 0; i < ps.size(); ++i) CHECK(allclose(ps[i].data(), before[i].data() * keep, 1e-14));
  }
  for (const char* name :
       {"SGD", "Adam", "NAdam", "RAdam", "Adamax", "Lion", "Adan", "LAMB", "LARS", "Muon", "RMSprop"}) {
    INFO(name);  // and so does momentum
    const Kind& k = kind_named(name);
    const Parameters ps = pair_for(k);
    const auto optimizer = k.make(ps, without_decay(k));
    step(*optimizer, ps, slope);
    const Parameters before = leaves_like(ps);
    step(*optimizer, ps, zero);
    CHECK_FALSE(same_bits(ps, before));
  }
}

TEST_CASE("NaN in a gradient reaches its element and no other tensor and stays", "[optim][gradients]") {
  for (const Kind& k : stepwise()) {
    INFO(k.name);
    const Parameters ps = pair_for(k);
    const auto optimizer = k.make(ps, k.more);
    for (int round = 0; round < 3; ++round) {
      step(*optimizer, ps, [&](std::size_t i, const Tensor& p) {
        Tensor g = slope(i, p);
        if (i == 0 && round == 1) g.mutable_span<double>()[4] = nan_;
        return g;
      });
      const auto values = ps[0].data().to_vector<double>();
      CHECK(std::isnan(values[4]) == (round > 0));
      if (k.level == Level::element)
        for (const std::size_t i : {0u, 1u, 2u, 3u, 5u}) CHECK(std::isfinite(values[i]));
      CHECK(finite(ps[1].data()));
    }
  }
}

TEST_CASE("every optimizer steps empty parameters and single numbers", "[optim][gradients]") {
  for (const Kind& k : kinds())
    for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{}, Shape{1, 1}}) {
      if (k.matrices_only() && shape.size() < 2) continue;
      INFO(join(k.name, " ", shape));
      const Parameters ps{leaf(some(shape)), leaf(some({2, 3}))}, before = leaves_like(ps);
      const auto optimizer = k.make(ps, k.more);
      for (int i = 0; i < 3; ++i) step(*optimizer, ps, slope);
      CHECK(finite(ps[0].data()));
      CHECK(finite(ps[1].data()));
      CHECK(same_bits(ps[0].data(), before[0].data()) == (ps[0].numel() == 0));
      CHECK_FALSE(same_bits(ps[1].data(), before[1].data()));
      const auto again = k.make(ps, k.more);
      again->load_state_dict(optimizer->state_dict());
      CHECK(same_bits(again->state_dict(), optimizer->state_dict()));
    }
}

TEST_CASE("a gradient that does not fit changes no parameter", "[optim][errors]") {
  const auto check = [](const std::string& name, OptimizerBase& optimizer, const Parameters& ps) {
    INFO(name);
    step(optimizer, ps, slope);
    const Parameters before = leaves_like(ps);
    const auto state = optimizer.state_dict();
    const auto wrong = [](std::size_t i, const Tensor& p) { return i ? ones({1}, DType::f64) : slope(i, p); };
    CHECK_THROWS_WITH(step(optimizer, ps, wrong), ContainsSubstring("a gradient does not match its parameter"));
    CHECK(same_bits(ps, before));
    CHECK(same_bits(optimizer.state_dict(), state));
  };
  for (const Kind& k : kinds()) {
    const Parameters ps = pair_for(k);
    check(k.name, *k.make(ps, k.more), ps);
  }
  const Parameters ps = pair_for(kind_named("SGD"));
  std::vector<std::unique_ptr<OptimizerBase>> parts;
  for (const Variable& p : ps) parts.push_back(kind_named("SGD").make({p}, {}));
  optim::Combined combined(std::move(parts));
  check("Combined", combined, ps);
}

TEST_CASE("an optimizer whose state is reset goes on like a new one", "[optim][state]") {
  const auto check = [](const std::string& name,
                        const std::function<std::unique_ptr<OptimizerBase>(const Parameters&)>& make) {
    INFO(name);
    const Parameters ps{leaf(some({2, 3})), leaf(some({3, 2}, 9))};
    const auto old = make(ps);
    for (int i = 0; i < 4; ++i) step(*old, ps, slope);
    const Parameters same = leaves_like(ps);
    old->reset_state();
    const auto fresh = make(same);
    for (int i = 0; i < 4; ++i) {
      step(*old, ps, slope);
      step(*fresh, same, slope);
    }
    CHECK(same_bits(ps, same));
  };
  for (const Kind& k : kinds()) check(k.name, [&](const Parameters& ps) { return k.make(ps, k.more); });
  check("Lookahead around two", [](const Parameters& ps) {
    std::vector<std::unique_ptr<OptimizerBase>> parts;
    for (const Variable& p : ps) parts.push_back(kind_named("SGD").make({p}, {{"momentum", 0.9}}));
    return std::make_unique<optim::Lookahead>(
        std::make_unique<optim::Combined>(std::move(parts)),
        optim::LookaheadOptions{.k = 3, .inner_state = optim::InnerState::pullback});
  });
}

TEST_CASE("a pull takes no wrong curvature into L-BFGS", "[optim][lookahead][lbfgs]") {
  const auto pairs_after = [](optim::InnerState inner_state, int steps) {
    const Parameters ps = pair_for(kind_named("LBFGS"));
    optim::Lookahead lookahead(kind_named("LBFGS").make(ps, {{"max_iter", 1}, {"lr", 0.1}}),
                               {.k = 3, .inner_state = inner_state});
    for (int i = 0; i < steps; ++i) step(lookahead, ps, slope);
    return lookahead.state_dict().at("inner.lbfgs.counters").to_vector<Index>()[3];
  };
  // The first step has no pair to take in; nor has the fourth, which starts where the pull has left the parameters.
  CHECK(pairs_after(optim::InnerState::keep, 3) == 2);
  CHECK(pairs_after(optim::InnerState::keep, 4) == 2);
  CHECK(pairs_after(optim::InnerState::keep, 5) == 3);
  CHECK(pairs_after(optim::InnerState::reset, 3) == 0);
  CHECK(pairs_after(optim::InnerState::reset, 5) == 1);
}

TEST_CASE("each group limits its gradients by its own max_grad_norm", "[optim][groups][clip]") {
  for (const char* name : {"LAMB", "Adan"}) {
    INFO(name);
    const Kind& k = kind_named(name);
    const Parameters ps{leaf(some({2, 3})), leaf(some({4}, 9))}, scaled = leaves_like(ps);
    const auto limited = k.make({ps[0]}, {{"max_grad_norm", 0}, {"eps", 0.1}});
    k.add_group(*limited, {ps[1]}, {{"max_grad_norm", 0.5}, {"eps", 0.1}});
    const auto free = k.make(scaled, {{"max_grad_norm", 0}, {"eps", 0.1}});
    step(*limited, ps, slope);
    const double norm = optim::grad_norm(ps), clip = 0.5 / (norm + (k.name == "Adan" ? 0.1 : 0));
    CHECK(norm > 0.5);
    step(*free, scaled, [&](std::size_t i, const Tensor& p) { return slope(i, p) * (i ? clip : 1); });
    for (std::size_t i = 0; i < 2; ++i) CHECK(allclose(ps[i].data(), scaled[i].data(), 1e-14, 0));
  }
}

TEST_CASE("strided parameters end where contiguous ones do", "[optim][gradients]") {
  const auto compare = [](const std::string& name,
                          const std::function<std::unique_ptr<OptimizerBase>(const Parameters&)>& make) {
    for (const Shape& shape : {Shape{2, 3}, Shape{1, 3}, Shape{3, 1}}) {
      INFO(join(name, " ", shape));
      const Parameters strided{leaf(transpose(some(shape)))}, plain{leaf(copy(strided[0].data()))};
      const auto a = make(strided), b = make(plain);
      for (int i = 0; i < 7; ++i) {  // gradients may have either layout
        step(*a, strided, [&](std::size_t j, const Tensor& p) { return i % 2 ? copy(slope(j, p)) : slope(j, p); });
        step(*b, plain, slope);
      }
      CHECK(allclose(strided[0].data(), plain[0].data(), 1e-12, 1e-15));
    }
  };
  for (const Kind& k : kinds()) compare(k.name, [&](const Parameters& ps) { return k.make(ps, k.more); });
  compare("Lookahead over SAM", [](const Parameters& ps) {
    return std::make_unique<optim::Lookahead>(
        std::make_unique<optim::SAM>(kind_named("SGD").make(ps, {{"momentum", 0.9}}),
                                     optim::SAMOptions{.adaptive = true}),
        optim::LookaheadOptions{.k = 2, .inner_state = optim::InnerState::pullback});
  });
}

TEST_CASE("each group has its own options in every optimizer", "[optim][groups]") {
  for (const Kind& k : stepwise()) {
    INFO(k.name);
    const Parameters ps = pair_for(k), apart = leaves_like(ps);
    Values second = k.more;
    second["lr"] = 0.07;
    const auto both = k.make({ps[0]}, k.more), one = k.make({apart[0]}, k.more), two = k.make({apart[1]}, second);
    k.add_group(*both, {ps[1]}, second);
    CHECK(both->group_count() == 2);
    CHECK(both->get(1, "lr") == 0.07);
    for (int i = 0; i < 4; ++i) step(*both, ps, slope), step(*one, {apart[0]}, slope), step(*two, {apart[1]}, slope);
    CHECK(same_bits(ps, apart));
  }
}

TEST_CASE("maximizing is minimizing with the gradient turned round", "[optim][gradients]") {
  int tried = 0;
  for (const Kind& k : stepwise()) {
    if (!k.has("maximize")) continue;
    ++tried;
    INFO(k.name);
    const Parameters up = pair_for(k), down = leaves_like(up);
    Values o = k.more;
    if (k.has("weight_decay")) o["weight_decay"] = 0.1;  // still shrinks
    const auto minimizer = k.make(down, o);
    o["maximize"] = 1;
    const auto maximizer = k.make(up, o);
    for (int i = 0; i < 5; ++i) {
      step(*maximizer, up, slope);
      step(*minimizer, down, [](std::size_t j, const Tensor& p) { return slope(j, p) * -1.0; });
    }
    CHECK(same_bits(up, down));
  }
  CHECK(tried >= 17);
}

TEST_CASE("f32 follows f64 over twenty steps", "[optim][values]") {
  for (const Kind& k : kinds()) {
    INFO(k.name);
    const Parameters fine = pair_for(k), coarse = leaves_like(fine, DType::f32);
    Values o = k.more;
    o["lr"] = k.level == Level::whole ? 0.1 : 0.01;
    const auto a = k.make(fine, o), b = k.make(coarse, o);
    for (int i = 0; i < 20; ++i) step(*a, fine, slope), step(*b, coarse, slope);
    for (std::size_t i = 0; i < fine.size(); ++i) {
      CHECK(coarse[i].dtype() == DType::f32);
      CHECK(allclose(to(coarse[i].data(), DType::f64), fine[i].data(), 1e-5, 1e-6));
    }
    for (const auto& [name, t] : state_of(*b, 0))
      if (t.rank()) CHECK(t.dtype() == DType::f32);
  }
}

TEST_CASE("a step with a closure calls it once and returns the loss from before", "[optim][closure]") {
  for (const Kind& k : stepwise()) {
    INFO(k.name);
    const Parameters ps = pair_for(k);
    Values o = k.more;
    o["lr"] = 0.1;
    const auto optimizer = k.make(ps, o);
    int calls = 0;
    bool recording = false;
    const double before = sum(ps[0].data() * ps[0].data()).item();
    const Variable loss = optimizer->step([&] {
      ++calls;
      optimizer->zero_grad();
      Variable l = sum(ps[0] * ps[0]);
      recording = l.requires_grad();
      l.backward();
      return l;
    });
    CHECK(calls == 1);
    CHECK(recording);
    CHECK(loss.item() == before);
    CHECK_FALSE(loss.requires_grad());
    CHECK(sum(ps[0].data() * ps[0].data()).item() != before);
    const Tensor once = copy(ps[0].data());
    optimizer->step();  // without one: the gradients that are there, twice
    optimizer->step();
    CHECK_FALSE(same_bits(ps[0].data(), once));
    CHECK_FALSE(optimizer->step([] { return Variable(); }).defined());
  }
}

TEST_CASE("a hyper-parameter out of range is refused wherever it comes from", "[optim][errors]") {
  for (const Kind& k : kinds())
    for (const Kind::Row& row : k.rows) {
      std::vector<double> bad{nan_, infinite, -infinite};
      const bool floor = std::isfinite(row.range.low), ceiling = std::isfinite(row.range.high);
      if (floor) bad.push_back(row.range.low_open ? row.range.low : row.range.low - 1);
      if (ceiling) bad.push_back(row.range.high_open ? row.range.high : row.range.high + 1);
      if (row.flag) bad.insert(bad.end(), {0.5, 2.0});
      if (row.count) bad.insert(bad.end(), {floor ? row.range.low + 1.5 : 1.5, 1e300});
      const Variable p = leaf(some({2, 3}));
      const auto optimizer = k.make({p}, {});
      const double usual = optimizer->get(0, row.name);
      for (const double value : bad) {
        INFO(k.name << " " << row.name << " = " << value);
        const auto told = [&](const std::string& message) {
          INFO(message);
          CHECK(message.starts_with(k.name + ": " + row.name + " must be "));
          CHECK(message.find(join("got ", value)) != std::string::npos);
        };
        told(refusal([&] { optimizer->set(0, row.name, value); }));
        optim::StateDict state = optimizer->state_dict();
        state["groups.0." + row.name] = scalar_tensor(value, DType::f64);
        told(refusal([&] { optimizer->load_state_dict(state); }));
        CHECK(optimizer->get(0, row.name) == usual);
        // A bool or a whole number in the struct cannot hold the rest.
        if (row.flag || (row.count && !(std::abs(value) < 1e6 && value == std::floor(value)))) continue;
        told(refusal([&] { k.make({leaf(some({2, 3}))}, {{row.name, value}}); }));
        told(refusal([&] { k.add_group(*optimizer, {leaf(some({2, 3}))}, {{row.name, value}}); }));
        CHECK(optimizer->group_count() == 1);
        CHECK(optimizer->parameters().size() == 1);
      }
    }
}

TEST_CASE("options that do not go together are refused", "[optim][errors]") {
  const Parameters ps{leaf(some({2, 3}))};
  using namespace optim;
  CHECK_THROWS_WITH(LARS(ps, {.momentum = 0, .nesterov = true}),
                    "LARS: nesterov needs momentum > 0 and dampening == 0: momentum is 0, dampening is 0");
  CHECK_THROWS_WITH(Rprop(ps, {.min_step = 2, .max_step = 1}), "Rprop: needs min_step <= max_step: got 2 and 1");
  Rprop rprop(ps);
  CHECK_THROWS_WITH(rprop.add_param_group({leaf(some({1}))}, [](auto& o) { o.max_step = 1e-9; }),
                    ContainsSubstring("Rprop: needs min_step <= max_step"));
  CHECK_THROWS_WITH(RAdam(ps, {.beta2 = 0.6}), "RAdam: beta2 must be in (0.6, 1): got 0.6");
  Muon muon(ps);
  CHECK_THROWS_WITH(muon.add_param_group({leaf(some({3}))}),
                    ContainsSubstring("Muon: parameter 0 is no matrix: its shape is [3]"));
  CHECK_THROWS_WITH(Muon({leaf(some({3}))}), ContainsSubstring("Muon: parameter 0 is no matrix"));
  CHECK(muon.group_count() == 1);
  const auto sgd = [] { return kind_named("SGD").make({leaf(some({2}))}, {}); };
  CHECK_THROWS_WITH(Lookahead(sgd(), {.k = 0}), "Lookahead: k must be at least 1: got 0");
  CHECK_THROWS_WITH(Lookahead(sgd(), {.alpha = nan_}), "Lookahead: alpha must be in [0, 1]: got nan");
  CHECK_THROWS_WITH(Lookahead(nullptr), "Lookahead: there is no inner optimizer");
  CHECK_THROWS_WITH(SAM(sgd(), {.rho = -1}), "SAM: rho must be finite and >= 0: got -1");
  CHECK_THROWS_WITH(SAM(sgd(), {.adaptive = true, .eta = infinite}), "ASAM: eta must be finite and >= 0: got inf");
  SAM sam(sgd());
  CHECK_THROWS_WITH(sam.step(), ContainsSubstring("SAM: step() needs a closure: gradients are taken twice"));
  CHECK_THROWS_WITH(sam.second_step(), "SAM: second_step() without first_step()");
}

TEST_CASE("SAM puts the weights back bit for bit whatever happens in its second pass", "[optim][sam]") {
  const Parameters ps{leaf(some({2, 3})), leaf(some({4}, 5))}, before = leaves_like(ps);
  optim::SAM sam(kind_named("SGD").make(ps, {{"lr", 1}}), {.rho = 0.3});
  int pass = 0;
  const auto closure = [&](const std::function<void()>& second) {
    return [&ps, &pass, second] {
      for (const Variable& p : ps) p.grad() = p.data() * 1.0;
      if (++pass % 2 == 0) second();
      return Variable(scalar_tensor(pass, DType::f64));
    };
  };
  CHECK_THROWS_AS(sam.step(closure([] { throw std::runtime_error("no data"); })), std::runtime_error);
  CHECK(same_bits(ps, before));
  const Variable loss = sam.step(closure([&] {
    CHECK_FALSE(same_bits(ps, before));
    for (const Variable& p : ps) p.grad() = Tensor();  // no gradients where SAM looks
  }));
  CHECK(loss.item() == 3);  // of the first pass
  CHECK(same_bits(ps, before));
  sam.first_step();
  CHECK_THROWS_WITH(sam.first_step(), ContainsSubstring("SAM: first_step() twice"));
}
