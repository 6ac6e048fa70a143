// What all optimizers share: groups, absent gradients, state, validation; and the schedules' contract.
#include <gradus/gradus.hpp>
#include <gradus/tensor/io/safetensors.hpp>

#include "catch.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

using namespace gradus;
using namespace gradus::optim;

namespace {
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
Variable parameter(std::initializer_list<double> values) { return leaf(tensor(values)); }
std::vector<double> values(const Variable& v) { return v.data().to_vector<double>(); }

/// Ten steps of f = sum(c x^2 / 2) per call, gradients set by hand.
template <class O>
void descend(O& optimizer, const std::vector<Variable>& xs, int steps) {
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    for (const Variable& x : xs) x.grad() = x.data() * 3.0 + 0.1;
    optimizer.step();
  }
}
}  // namespace

TEST_CASE("five steps of SGD and AdamW on a quadratic have their known values", "[optim][values]") {
  const auto run = [](auto make) {
    const Variable x = parameter({1}), y = parameter({-2});
    auto optimizer = make(std::vector{x, y});
    std::vector<double> path;
    for (int i = 0; i < 5; ++i) {
      optimizer->zero_grad();
      x.grad() = x.data() * 1;
      y.grad() = y.data() * 10;
      optimizer->step();
      path.push_back(x.item());
    }
    return path;
  };
  const auto check = [](const std::vector<double>& got, std::vector<double> wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(got[i] == Approx(wanted[i]).epsilon(1e-10));
  };
  check(run([](auto ps) { return std::make_unique<SGD>(ps, SGDOptions{.lr = .1}); }), {.9, .81, .729, .6561, .59049});
  check(run([](auto ps) { return std::make_unique<SGD>(ps, SGDOptions{.lr = .1, .momentum = .9}); }),
        {.9, .72, .486, .2268, -.02916});
  check(run([](auto ps) { return std::make_unique<SGD>(ps, SGDOptions{.lr = .1, .momentum = .9, .dampening = .5}); }),
        {.9, .765, .60525, .4312125, .253018125});
  check(run([](auto ps) { return std::make_unique<SGD>(ps, SGDOptions{.lr = .1, .momentum = .9, .nesterov = true}); }),
        {.81, .5751, .327321, .09388791, -.1045816839});
  check(run([](auto ps) { return std::make_unique<AdamW>(ps, AdamWOptions{.lr = .1, .weight_decay = .1}); }),
        {.890000001, .781571856954, .675101223189, .571047599207, .469952659619});
}

TEST_CASE("decay can leave the learning rate out", "[optim][values]") {
  const Variable x = parameter({2});
  AdamW optimizer(std::vector{x}, {.lr = 0, .weight_decay = 0.25, .decay_by_lr = false});
  x.grad() = tensor({1.0});
  optimizer.step();
  CHECK(x.item() == 1.5);
}

TEST_CASE("a parameter without a gradient is left alone and one with zeros is not", "[optim][gradients]") {
  const Variable x = parameter({1}), y = parameter({1});
  SGD sgd({x, y}, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1});
  x.grad() = tensor({1.0});
  sgd.step();
  CHECK(values(y) == std::vector<double>{1});
  sgd.zero_grad();
  CHECK_FALSE(x.grad().defined());
  sgd.step();
  const double before = x.item();
  x.grad() = tensor({0.0});
  sgd.step();
  CHECK(x.item() < before);  // momentum and decay go on
  sgd.zero_grad(false);
  CHECK(x.grad().item() == 0);
}

TEST_CASE("NaN gradients reach the parameter and nothing else", "[optim][gradients]") {
  const Variable x = parameter({1, 1}), y = parameter({1});
  AdamW adamw({x, y});
  x.grad() = tensor({nan_, 1.0});
  y.grad() = tensor({1.0});
  adamw.step();
  CHECK(std::isnan(values(x)[0]));
  CHECK(std::isfinite(values(x)[1]));
  CHECK(std::isfinite(y.item()));
}

TEST_CASE("empty and 0-d and strided parameters are updated", "[optim][gradients]") {
  const Variable none = leaf(zeros({0, 3}, DType::f64)), single = leaf(scalar_tensor(1, DType::f64));
  const Variable turned = leaf(transpose(ones({2, 3}, DType::f64)));
  AdamW adamw({none, single, turned}, {.lr = 0.5, .weight_decay = 0});
  none.grad() = zeros({0, 3}, DType::f64);
  single.grad() = scalar_tensor(2, DType::f64);
  turned.grad() = tensor({1.0, -1.0, 1.0, -1.0, 1.0, -1.0});
  turned.grad() = reshape(turned.grad(), {3, 2});
  adamw.step();
  CHECK(single.item() == Approx(0.5));
  CHECK(allclose(turned.data(), tensor({0.5, 1.5, 0.5, 1.5, 0.5, 1.5}).as_strided({3, 2}, {2, 1}), 1e-7));
}

TEST_CASE("a gradient of another shape or dtype is refused", "[optim][errors]") {
  const Variable x = parameter({1, 2});
  SGD sgd(std::vector{x});
  x.grad() = tensor({1.0});
  CHECK_THROWS_WITH(sgd.step(),
                    "step: a gradient does not match its parameter: gradient is f64 [1], parameter is f64 [2]");
  x.grad() = ones({2});
  CHECK_THROWS_WITH(sgd.step(), ContainsSubstring("gradient is f32 [2], parameter is f64 [2]"));
}

TEST_CASE("groups have their own options", "[optim][groups]") {
  const Variable w = parameter({1}), b = parameter({1}), late = parameter({1});
  SGD sgd(
      NamedParameters{{"fc.weight", w}, {"fc.bias", b}}, {.lr = 0.1, .weight_decay = 1},
      [](const std::string& name, const Variable&) { return name.ends_with("bias"); },
      [](auto& o) { o.weight_decay = 0; });
  sgd.add_param_group({late}, [](auto& o) { o.lr = 0.01; });
  CHECK(sgd.group_count() == 3);
  for (const Variable& p : sgd.parameters()) p.grad() = tensor({1.0});
  sgd.step();
  CHECK(w.item() == Approx(0.8));
  CHECK(b.item() == Approx(0.9));
  CHECK(late.item() == Approx(1 - 0.01 * 2));
  CHECK_THROWS_WITH(sgd.add_param_group({w}), "SGD: parameter 0 of the group is in group 0 already");
  CHECK_THROWS_WITH(sgd.add_param_group({}), "SGD: a group has no parameters");
  const Variable twice = parameter({1});
  CHECK_THROWS_WITH(sgd.add_param_group({twice, twice}), "SGD: a parameter stands in the group twice: at 0 and 1");
  CHECK_THROWS_WITH(sgd.add_param_group({twice * 2}),
                    ContainsSubstring("is no leaf that requires a gradient: f64 [1]"));
  CHECK(sgd.group_count() == 3);
}

TEST_CASE("bad hyper-parameters are refused at construction and in groups and later", "[optim][errors]") {
  const std::vector<Variable> p{parameter({1})};
  CHECK_THROWS_WITH(SGD(p, {.lr = nan_}), "SGD: lr must be finite and >= 0: got nan");
  CHECK_THROWS_WITH(SGD(p, {.lr = infinite}), "SGD: lr must be finite and >= 0: got inf");
  CHECK_THROWS_WITH(SGD(p, {.lr = -1}), "SGD: lr must be finite and >= 0: got -1");
  CHECK_THROWS_WITH(SGD(p, {.momentum = -0.1}), "SGD: momentum must be finite and >= 0: got -0.1");
  CHECK_THROWS_WITH(SGD(p, {.dampening = nan_}), "SGD: dampening must be finite: got nan");
  CHECK_THROWS_WITH(SGD(p, {.weight_decay = -1}), "SGD: weight_decay must be finite and >= 0: got -1");
  CHECK_THROWS_WITH(SGD(p, {.nesterov = true}),
                    "SGD: nesterov needs momentum > 0 and dampening == 0: momentum is 0, dampening is 0");
  CHECK_THROWS_WITH(AdamW(p, {.beta1 = 1}), "AdamW: beta1 must be in [0, 1): got 1");
  CHECK_THROWS_WITH(AdamW(p, {.beta2 = -0.5}), "AdamW: beta2 must be in [0, 1): got -0.5");
  CHECK_THROWS_WITH(AdamW(p, {.eps = -1}), "AdamW: eps must be finite and >= 0: got -1");
  CHECK_THROWS_WITH(AdamW(p, {.weight_decay = nan_}), "AdamW: weight_decay must be finite and >= 0: got nan");
  CHECK_THROWS_WITH(LBFGS(p, {.max_iter = 0}), "LBFGS: max_iter must be in [1, 1e+15]: got 0");
  CHECK_THROWS_WITH(LBFGS(p, {.history_size = 0}), "LBFGS: history_size must be in [1, 1e+15]: got 0");
  AdamW adamw(p);
  CHECK_THROWS_WITH(adamw.add_param_group({parameter({1})}, [](auto& o) { o.lr = nan_; }),
                    "AdamW: lr must be finite and >= 0: got nan");
  CHECK_THROWS_WITH(adamw.set(0, "lr", nan_), "AdamW: lr must be finite and >= 0: got nan");
  CHECK_THROWS_WITH(adamw.set(0, "momentum", 0.9), "AdamW: there is no hyper-parameter momentum");
  auto state = adamw.state_dict();
  state["groups.0.beta1"] = scalar_tensor(2.0, DType::f64);
  CHECK_THROWS_WITH(adamw.load_state_dict(state), "AdamW: beta1 must be in [0, 1): got 2");
  CHECK(adamw.options().beta1 == 0.9);
}

TEMPLATE_TEST_CASE("k steps and a save and a load and k steps are 2k steps bit for bit", "[optim][state]", SGD, AdamW) {
  typename TestType::Options o;
  o.lr = 0.05;
  if constexpr (std::is_same_v<TestType, SGD>) o.momentum = 0.9;
  else o.amsgrad = true;
  const std::vector<Variable> a{parameter({1, -2}), parameter({3})}, b{parameter({1, -2}), parameter({3})};
  TestType whole(a, o), first(b, o);
  descend(whole, a, 20);
  descend(first, b, 10);
  const auto path =
      std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "_gradus_optimizer_state.safetensors");
  save_safetensors(path, {first.state_dict(), {}});
  std::vector<Variable> c;
  for (const Variable& p : b) c.push_back(leaf(copy(p.data())));
  TestType second(c);  // options come from the file
  second.load_state_dict(load_safetensors(path).tensors);
  std::filesystem::remove(path);
  descend(second, c, 10);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(equal(a[i].data(), c[i].data()));
}

TEST_CASE("loading a state that does not fit changes nothing", "[optim][state]") {
  const std::vector<Variable> p{parameter({1, 2})};
  AdamW adamw(p);
  descend(adamw, p, 3);
  const auto good = adamw.state_dict();
  const auto refused = [&](StateDict state, const std::string& text) {
    CHECK_THROWS_WITH(adamw.load_state_dict(state), ContainsSubstring(text));
    const auto now = adamw.state_dict();
    for (const auto& [key, t] : good) CHECK((equal(now.at(key), t) || std::isnan(t.item())));
  };
  auto state = good;
  state["state.0.exp_avg"] = zeros({3}, DType::f64);
  refused(state, "state.0.exp_avg does not fit its parameter: [3], parameter is [2]");
  state = good;
  state["state.7.exp_avg"] = zeros({2}, DType::f64);
  refused(state, "there is no parameter for state.7.exp_avg: there are 1");
  state = good;
  state.erase("groups.0.lr");
  refused(state, "missing groups.0.lr");
  state = good;
  state["groups.0.parameters"] = scalar_tensor(2, DType::i64);
  refused(state, "group 0 has 1 parameters, the state has 2");
  state = good;
  state["groups.1.parameters"] = scalar_tensor(1, DType::i64);
  refused(state, "the state has more than 1 groups");
  state = good;
  state["groups.0.amsgrad"] = scalar_tensor(0.5, DType::f64);
  refused(state, "AdamW: amsgrad must be 0 or 1: got 0.5");
  state = good;
  state["state.0.step"] = scalar_tensor(-5, DType::i64);
  refused(state, "state.0.step is no count: i64");
  state = good;
  state["state.0abc.exp_avg"] = zeros({2}, DType::f64);
  refused(state, "there is no parameter for state.0abc.exp_avg");
  SGD sgd(p, {.momentum = 0.9, .nesterov = true});
  state = sgd.state_dict();
  state["groups.0.momentum"] = scalar_tensor(0.0, DType::f64);
  CHECK_THROWS_WITH(sgd.load_state_dict(state), ContainsSubstring("nesterov needs momentum > 0"));
  descend(adamw, p, 1);
  CHECK_FALSE(equal(good.at("state.0.exp_avg"), adamw.state_dict().at("state.0.exp_avg")));  // a copy, not a view
}

TEST_CASE("L-BFGS resumes bit for bit and solves the Rosenbrock valley", "[optim][lbfgs]") {
  const auto closure = [](optim::LBFGS& o, const Variable& p) {
    return [&o, p] {
      o.zero_grad();
      const Variable x = select(p, 0, 0), y = select(p, 0, 1);
      Variable loss = pow(1 - x, 2) + pow(y - x * x, 2) * 100;
      loss.backward();
      return loss;
    };
  };
  const LBFGSOptions o{
      .max_iter = 5, .tolerance_grad = 1e-12, .tolerance_change = 1e-15, .history_size = 10, .strong_wolfe = true};
  const Variable a = parameter({-1.2, 1}), b = parameter({-1.2, 1});
  optim::LBFGS whole(std::vector{a}, o), first(std::vector{b}, o);
  for (int i = 0; i < 16; ++i) whole.step(closure(whole, a));
  for (int i = 0; i < 8; ++i) first.step(closure(first, b));
  const Variable c = leaf(copy(b.data()));
  optim::LBFGS second(std::vector{c});
  second.load_state_dict(first.state_dict());
  for (int i = 0; i < 8; ++i) second.step(closure(second, c));
  CHECK(equal(a.data(), c.data()));
  CHECK(whole.step(closure(whole, a)).item() < 1e-12);
  CHECK(values(a)[0] == Approx(1).epsilon(1e-5));
  CHECK_THROWS_WITH(whole.step(), ContainsSubstring("LBFGS: step() needs a closure"));
}

TEST_CASE("L-BFGS backs off from a loss that is not finite", "[optim][lbfgs]") {
  const Variable x = parameter({0.5});
  optim::LBFGS o(std::vector{x}, {.lr = 100, .strong_wolfe = true});
  const auto closure = [&] {
    o.zero_grad();
    Variable loss = sum(-log(x) + x);  // NaN for x < 0, minimum at 1
    loss.backward();
    return loss;
  };
  for (int i = 0; i < 5; ++i) o.step(closure);
  CHECK(x.item() == Approx(1).epsilon(1e-4));
}

TEST_CASE("OneCycleLR keeps its contract at the edges", "[optim][schedule]") {
  const std::vector<Variable> p{parameter({1})};
  AdamW adamw(p, {.lr = 0.5});
  OneCycleLR schedule(adamw, {.max_lr = 1, .total_steps = 10});
  CHECK(adamw.get(0, "lr") == Approx(0.04));
  CHECK(adamw.get(0, "beta1") == Approx(0.95));
  CHECK(adamw.initial_lr(0) == 0.5);
  for (int i = 0; i < 10; ++i) schedule.step();
  CHECK(adamw.get(0, "lr") == Approx(4e-6));  // the end is held
  CHECK_THROWS_WITH(schedule.step(), "OneCycleLR: step 11 is outside the cycle: total_steps is 10");
  CHECK(schedule.index() == 10);
  CHECK_THROWS_WITH(OneCycleLR(adamw, {.max_lr = -1, .total_steps = 10}),
                    "OneCycleLR: max_lr must be finite and >= 0: got -1");
  CHECK_THROWS_WITH(OneCycleLR(adamw, {.max_lr = nan_, .total_steps = 10}),
                    "OneCycleLR: max_lr must be finite and >= 0: got nan");
  CHECK_THROWS_WITH(OneCycleLR(adamw, {.max_lr = 1, .total_steps = 0}),
                    "OneCycleLR: total_steps must be in [1, 1e+15]: got 0");
  CHECK_THROWS_WITH(OneCycleLR(adamw, {.max_lr = 1, .total_steps = 3}), ContainsSubstring("a phase has no steps"));
  optim::LBFGS lbfgs(p);
  CHECK_THROWS_WITH(OneCycleLR(lbfgs, {.max_lr = 1, .total_steps = 10}), ContainsSubstring("LBFGS has neither"));
  OneCycleLR per_group(adamw, {.total_steps = 10, .max_lrs = {1}});
  adamw.add_param_group({parameter({1})});
  CHECK(schedule.lr(1, 2) == 1);  // the one peak of all groups
  CHECK_THROWS_WITH(per_group.lr(1, 0), ContainsSubstring("group 1 was added after the schedule was made"));
  CHECK_THROWS_AS(adamw.get(7, "lr"), IndexError);
  AdamW fresh({parameter({1})}, {.lr = 0.5});
  OneCycleLR resumed(fresh, {.max_lr = 1, .total_steps = 10});
  AdamW plain({parameter({1})}, {.lr = 0.5});
  OneCycleLR reference(plain, {.max_lr = 1, .total_steps = 10});
  for (int i = 0; i < 4; ++i) reference.step();
  resumed.load_state_dict(reference.state_dict());
  CHECK(resumed.last_lr() == reference.last_lr());
}

TEST_CASE("for_each_element runs a rule over all elements of any dense layout", "[optim][element]") {
  for (const Index n : {0, 1, 33, 100'000}) {
    Tensor p = ones({n}), m = zeros({n});
    const Tensor g = to(arange(n), DType::f32);
    const auto version = g.version();
    for_each_element(
        [](auto& a, auto b, auto& c) {
          c += 0.5 * b;
          a -= c * c;
        },
        p, g, m);
    CHECK(g.version() == version);
    bool ok = true;
    for (Index i = 0; i < n; ++i)
      ok &= p.read<float>()[i] == 1 - (0.5f * static_cast<float>(i)) * (0.5f * static_cast<float>(i));
    CHECK(ok);
  }
  Tensor a = ones({2, 3}), b = ones({3, 2});
  CHECK_THROWS_WITH(for_each_element([](auto& x, auto& y) { x += y; }, a, b),
                    ContainsSubstring("for_each_element: tensors differ in shape"));
  Tensor t = transpose(b);
  CHECK_THROWS_AS(for_each_element([](auto& x, auto& y) { x += y; }, a, t), ShapeError);
}

TEST_CASE("gradients are clipped by their common norm or by value", "[optim][clip]") {
  const Variable x = parameter({1}), y = parameter({1, 1}), none = parameter({1});
  x.grad() = tensor({3.0});
  y.grad() = tensor({0.0, -4.0});
  CHECK(clip_grad_norm_({x, y, none}, 1) == Approx(5));
  CHECK(x.grad().item() == Approx(0.6).epsilon(1e-6));
  CHECK(values(y.grad())[1] == Approx(-0.8).epsilon(1e-6));
  CHECK(x.grad().item() < 0.6);  // the 1e-6 in the denominator
  CHECK(clip_grad_norm_({x, Variable(ones({1}))}, 100) == Approx(0.6).epsilon(1e-5));
  CHECK(x.grad().item() == Approx(0.6).epsilon(1e-5));  // below the limit nothing is scaled up
  CHECK(clip_grad_norm_({x, y}, 100, {.norm_type = infinite}) == Approx(0.8).epsilon(1e-5));
  CHECK(clip_grad_norm_({x, y}, 100, {.norm_type = 1}) == Approx(1.4).epsilon(1e-5));
  CHECK(clip_grad_norm_({x, y}, 100, {.norm_type = 0}) == 2);  // y has a zero
  CHECK_THROWS_WITH(clip_grad_norm_({x, y}, 1, {.norm_type = 0.5}),
                    ContainsSubstring("norm_type must be 0 or at least 1: got 0.5"));
  CHECK(clip_grad_norm_({none}, 1) == 0);
  x.grad() = tensor({1e300});
  CHECK(clip_grad_norm_({x}, 1) == Approx(1e300));
  y.grad() = tensor({0.5, -4.0});
  clip_grad_value_({y}, 1);
  CHECK(values(y.grad()) == std::vector<double>{0.5, -1});
  x.grad() = tensor({nan_});
  CHECK_THROWS_WITH(clip_grad_norm_({x, y}, 1, {.error_if_nonfinite = true}),
                    ContainsSubstring("the norm of the gradients is not finite: nan"));
  CHECK(values(y.grad()) == std::vector<double>{0.5, -1});
  CHECK(std::isnan(grad_norm({x, y}, 0)));
  clip_grad_norm_({x, y}, 1);
  CHECK(std::isnan(values(y.grad())[0]));  // without the flag NaN reaches all of them
  CHECK_THROWS_WITH(clip_grad_norm_({x}, nan_), ContainsSubstring("max_norm must be finite and >= 0: got nan"));
  CHECK_THROWS_WITH(clip_grad_value_({x}, -1), ContainsSubstring("the limit must be finite and >= 0: got -1"));
}
