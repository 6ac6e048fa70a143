// Saving to a file and going on: bit for bit, for every optimizer and for stacks of wrappers; and states that do not fit.
#include <gradus/tensor/io/safetensors.hpp>

#include "all_optimizers.hpp"
#include "catch.hpp"
#include "scratch_file.hpp"

using namespace gradus;
using namespace all_optimizers;
using optim::StateDict;

namespace {

using Pointer = std::unique_ptr<OptimizerBase>;
struct Stack {
  std::string name;
  std::function<Pointer(const Parameters&)> make, fresh;  // fresh: the options come from the file
};

template <class O>
Pointer inner(const Parameters& ps, typename O::Options o = {}) {
  return std::make_unique<O>(ps, o);
}
std::vector<Stack> stacks() {
  using namespace optim;
  std::vector<Stack> all;
  for (const Kind& k : kinds())
    all.push_back({k.name,
                   [&k](const Parameters& ps) {
                     Values o = k.more;
                     o["lr"] = 0.02;
                     if (k.has("weight_decay")) o["weight_decay"] = 0.1;
                     return k.make(ps, o);
                   },
                   [&k](const Parameters& ps) { return k.make(ps, {}); }});
  const auto add = [&](const char* name, Pointer (*make)(const Parameters&)) { all.push_back({name, make, make}); };
  add("Lookahead over SAM over AdamW", [](const Parameters& ps) -> Pointer {
    return std::make_unique<Lookahead>(std::make_unique<SAM>(inner<AdamW>(ps, {.lr = 0.02})), LookaheadOptions{.k = 3});
  });
  add("SAM over SGD", [](const Parameters& ps) -> Pointer {
    return std::make_unique<SAM>(inner<SGD>(ps, {.lr = 0.02, .momentum = 0.9}));
  });
  add("ASAM over Adam", [](const Parameters& ps) -> Pointer {
    return std::make_unique<SAM>(inner<Adam>(ps), SAMOptions{.rho = 0.5, .adaptive = true});
  });
  add("Lookahead with reset over SGD", [](const Parameters& ps) -> Pointer {
    return std::make_unique<Lookahead>(inner<SGD>(ps, {.lr = 0.02, .momentum = 0.9}),
                                       LookaheadOptions{.k = 3, .inner_state = InnerState::reset});
  });
  add("Lookahead with pullback over AdamW", [](const Parameters& ps) -> Pointer {
    return std::make_unique<Lookahead>(inner<AdamW>(ps, {.lr = 0.02}),
                                       LookaheadOptions{.k = 3, .inner_state = InnerState::pullback});
  });
  add("Lookahead with pullback over SGD", [](const Parameters& ps) -> Pointer {
    return std::make_unique<Lookahead>(inner<SGD>(ps, {.lr = 0.02, .momentum = 0.9}),
                                       LookaheadOptions{.k = 2, .inner_state = InnerState::pullback});
  });
  add("Lookahead over ScheduleFreeAdamW", [](const Parameters& ps) -> Pointer {
    return std::make_unique<Lookahead>(inner<ScheduleFreeAdamW>(ps), LookaheadOptions{.k = 3});
  });
  return all;
}

Parameters start(DType dtype) {
  const auto matrix = [&](double shift) {
    return to(sin(tensor({{1.0, -2.0, 0.5}, {0.3, 4.0, -1.0}}) + shift), dtype);
  };
  return {leaf(matrix(0)), leaf(transpose(matrix(1)))};  // one of them strided
}
void descend(OptimizerBase& optimizer, const Parameters& ps, int steps, int from = 0) {
  for (int k = from; k < from + steps; ++k)
    step(optimizer, ps, [&](std::size_t i, const Tensor& p) {
      return i == 1 && (k == 0 || k == 9) ? Tensor() : p * 3.0 + 0.1 * static_cast<double>(k % 3);
    });
}
StateDict through_a_file(const StateDict& state) {
  const ScratchFile file("");
  save_safetensors(file.path, {state, {}});
  return load_safetensors(file.path).tensors;
}
/// What load_state_dict says to this; it must refuse, and leave the optimizer as it was.
std::string refusal(OptimizerBase& optimizer, const StateDict& state) {
  const StateDict before = optimizer.state_dict();
  std::string text = "accepted";
  try {
    optimizer.load_state_dict(state);
  } catch (const ValueError& e) {
    text = e.what();
  }
  CHECK(same_bits(optimizer.state_dict(), before));
  return text;
}

}  // namespace

TEST_CASE("every optimizer and every stack goes on from a file bit for bit", "[optim][state]") {
  for (const Stack& stack : stacks())
    for (const DType dtype : {DType::f64, DType::f32}) {
      INFO(join(stack.name, " ", dtype));
      const Parameters a = start(dtype), b = start(dtype);
      const Pointer whole = stack.make(a), first = stack.make(b);
      descend(*whole, a, 14);
      descend(*first, b, 7);
      const StateDict state = through_a_file(first->state_dict());
      const Parameters c = leaves_like(b);
      const Pointer second = stack.fresh(c);
      second->load_state_dict(state);
      CHECK(same_bits(second->state_dict(), first->state_dict()));
      descend(*second, c, 7, 7);
      CHECK(same_bits(a, c));
      CHECK(same_bits(second->state_dict(), whole->state_dict()));
      CHECK_FALSE(same_bits(a, b));
      CHECK_FALSE(same_bits(first->state_dict(), second->state_dict()));  // copies were loaded
    }
}

TEST_CASE("Schedule-Free saved in evaluation goes on bit for bit", "[optim][state][schedule_free]") {
  for (const char* name : {"ScheduleFreeSGD", "ScheduleFreeAdamW"}) {
    INFO(name);
    const Kind& k = kind_named(name);
    const Values o{{"lr", 0.02}, {"warmup_steps", 3}};
    const Parameters a = start(DType::f64), b = start(DType::f64);
    const Pointer whole = k.make(a, o), first = k.make(b, o);
    descend(*whole, a, 14);
    descend(*first, b, 7);
    const Parameters y = leaves_like(b);
    first->eval();
    CHECK_FALSE(same_bits(b, y));
    const StateDict state = through_a_file(first->state_dict());
    const Parameters c = leaves_like(b);  // the averages: what a model file would have
    const Pointer second = k.make(c, {});
    second->load_state_dict(state);
    CHECK_THROWS_AS(second->step(), StateError);
    second->train();
    CHECK(same_bits(c, y));
    descend(*second, c, 7, 7);
    CHECK(same_bits(a, c));
    StateDict bad = state;
    bad.erase("schedule_free.y.1");
    CHECK(refusal(*second, bad).find("schedule_free.y.1 is missing or does not fit") != std::string::npos);
    bad = state;
    bad["schedule_free.training"] = scalar_tensor(2, DType::i64);
    CHECK(refusal(*second, bad).find("schedule_free.training must be 0 or 1: got 2") != std::string::npos);
  }
}

TEST_CASE("a state with a key missing is refused whole", "[optim][state]") {
  for (const Kind& k : kinds()) {
    const Parameters ps = start(DType::f64);
    const Pointer optimizer = k.make(ps, k.more);
    descend(*optimizer, ps, 3);
    const StateDict good = optimizer->state_dict();
    descend(*optimizer, ps, 1);
    for (const auto& [key, t] : good) {
      const std::string slot = key.starts_with("state.") ? key.substr(8) : "";
      // What only some options need may be absent; so may the count of rules that do not use it.
      if (k.more_state.contains(slot) || (k.state.empty() && slot == "step")) continue;
      INFO(k.name << " without " << key);
      StateDict state = good;
      state.erase(key);
      CHECK(refusal(*optimizer, state).find("missing") != std::string::npos);
    }
  }
}

TEST_CASE("a state with a wrong shape or kind is refused whole", "[optim][state]") {
  for (const Kind& k : kinds()) {
    const Parameters ps = start(DType::f64);
    const Pointer optimizer = k.make(ps, k.more);
    descend(*optimizer, ps, 3);
    const StateDict good = optimizer->state_dict();
    descend(*optimizer, ps, 1);
    const auto refused = [&](const std::string& key, const Tensor& t, const std::string& text) {
      INFO(k.name << ": " << key);
      StateDict state = good;
      state[key] = t;
      const std::string message = refusal(*optimizer, state);
      INFO(message);
      CHECK(message.starts_with(k.name + ": "));
      CHECK(message.find(text) != std::string::npos);
    };
    for (const auto& [key, t] : good) {
      refused(key, zeros({5, 7}, t.dtype()), key);
      if (key.ends_with(".step")) refused(key, scalar_tensor(1.5, DType::f64), "is no count");
      else if (key.starts_with("state.")) refused(key, zeros(t.shape(), DType::i64), "is no floating tensor");
      if (key.starts_with("state.") && t.rank() == 0 && !key.ends_with(".step"))
        refused(key, scalar_tensor(std::numeric_limits<double>::quiet_NaN(), DType::f64), "must be finite: got nan");
    }
    refused("state.2.exp_avg", zeros({2, 3}, DType::f64), "there is no parameter for state.2.exp_avg: there are 2");
    refused("groups.1.parameters", scalar_tensor(1, DType::i64), "the state has more than 1 groups");
    refused("groups.0.parameters", scalar_tensor(3, DType::i64), "group 0 has 2 parameters, the state has 3");
    refused("groups.0.warmth", scalar_tensor(1.0, DType::f64), "there is no hyper-parameter for groups.0.warmth");
    if (k.level != Level::whole)
      refused("state.0.unheard", zeros({2, 3}, DType::f64), "state.0.unheard is unknown to this optimizer");
  }
}

TEST_CASE("the state of another optimizer is refused whole", "[optim][state]") {
  for (const Kind& from : kinds()) {
    const Parameters ps = start(DType::f64);
    const Pointer other = from.make(ps, from.more);
    descend(*other, ps, 3);
    const StateDict state = other->state_dict();
    for (const Kind& to : kinds()) {
      if (from.name == to.name) continue;
      INFO(from.name << " into " << to.name);
      const Parameters own = start(DType::f64);
      const Pointer optimizer = to.make(own, to.more);
      descend(*optimizer, own, 2);
      CHECK(refusal(*optimizer, state) != "accepted");
    }
  }
}

TEST_CASE("wrappers refuse states that do not fit and change nothing", "[optim][state]") {
  const auto all = stacks();
  for (const Stack& stack : all) {
    if (stack.name.find(" over ") == std::string::npos) continue;
    const Parameters ps = start(DType::f64);
    const Pointer optimizer = stack.make(ps);
    descend(*optimizer, ps, 7);
    const StateDict good = optimizer->state_dict();
    descend(*optimizer, ps, 1);
    for (const auto& [key, t] : good) {
      INFO(stack.name << ": " << key);
      StateDict state = good;
      state[key] = zeros({5, 7}, t.dtype());
      CHECK(refusal(*optimizer, state) != "accepted");
      // "momentum" may not be there yet, and the inner optimizer's own rules were shown above.
      if (!key.starts_with("lookahead.") || key.find("momentum") != std::string::npos) continue;
      state.erase(key);
      CHECK(refusal(*optimizer, state).find("missing") != std::string::npos);
    }
    StateDict state = good;
    state["lookahead.slow.2"] = zeros({2, 3}, DType::f64);
    CHECK(refusal(*optimizer, state).find("lookahead.slow.2 is unknown") != std::string::npos);
    const Parameters plain_ps = start(DType::f64);
    const Pointer plain = kind_named("SGD").make(plain_ps, {});
    CHECK(refusal(*optimizer, plain->state_dict()) != "accepted");
    CHECK(refusal(*plain, good) != "accepted");
  }
  const Parameters ps = start(DType::f64);
  optim::SAM sam(inner<optim::SGD>(ps));
  const StateDict state = sam.state_dict();
  for (const Variable& p : ps) p.grad() = p.data() * 1.0;
  sam.first_step();
  CHECK_THROWS_WITH(sam.state_dict(), "SAM: state_dict() between first_step() and second_step()");
  CHECK_THROWS_WITH(sam.load_state_dict(state), "SAM: load_state_dict() between first_step() and second_step()");
  sam.second_step();
}
