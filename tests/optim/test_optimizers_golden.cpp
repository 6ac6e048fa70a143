// Trajectories of PyTorch (golden/optimizers.py) and of references in numpy (golden/optim_reference.py), step by step.
#include "all_optimizers.hpp"
#include "catch.hpp"
#include "optim/golden_options.hpp"

#include <cmath>
#include <set>

using namespace gradus;
using namespace all_optimizers;
using nlohmann::json;

namespace {

Values values_of(const json& options) {
  Values values;
  for (const auto& [name, value] : options.items())
    values[name] = value.is_boolean() ? (value.get<bool>() ? 1.0 : 0.0) : value.get<double>();
  return values;
}

std::unique_ptr<OptimizerBase> make(const json& c, const Parameters& parameters) {
  auto optimizer = kind_named(c["optimizer"]).make(parameters, values_of(c["options"]));
  const json around = c.value("around", json::object());
  if (around.contains("SAM")) {
    const json& o = around["SAM"];
    optimizer = std::make_unique<optim::SAM>(
        std::move(optimizer), optim::SAMOptions{.rho = o["rho"], .adaptive = o["adaptive"], .eta = o["eta"]});
  }
  if (around.contains("Lookahead")) {
    const json& o = around["Lookahead"];
    const std::map<std::string, optim::InnerState> modes = {{"keep", optim::InnerState::keep},
                                                            {"reset", optim::InnerState::reset},
                                                            {"pullback", optim::InnerState::pullback}};
    optimizer = std::make_unique<optim::Lookahead>(
        std::move(optimizer),
        optim::LookaheadOptions{.k = o["k"], .alpha = o["alpha"], .inner_state = modes.at(o["inner_state"])});
  }
  return optimizer;
}

/// sum c theta^2 / 2 + 0.06 (1 - cos(5 theta)), differentiated by hand.
Tensor gradient(const json& c, const Tensor& theta) {
  const auto curvature = c.get<std::vector<double>>();
  Tensor g = copy(theta);
  std::size_t i = 0;
  for (double& v : g.mutable_span<double>()) v = curvature[i++] * v + 0.3 * std::sin(5 * v);
  return g;
}

Parameters start_of(const json& problem) {
  Parameters theta;
  for (std::size_t i = 0; i < problem["start"].size(); ++i) {
    Shape shape;
    for (const auto& n : problem["shapes"][i]) shape.push_back(n.get<Index>());
    theta.push_back(leaf(tensor(problem["start"][i].get<std::vector<double>>(), shape)));
  }
  return theta;
}

bool close(double got, double wanted) { return std::abs(got - wanted) <= 1e-15 + 1e-12 * std::abs(wanted); }
void compare(const Parameters& theta, const double* wanted) {
  std::size_t at = 0;
  for (const Variable& p : theta)
    for (const double got : p.data().to_vector<double>()) {
      INFO("element " << at << ": " << got << " instead of " << wanted[at]);
      REQUIRE(close(got, wanted[at++]));
    }
}

/// `wanted` has a row for each step, and one more for Schedule-Free's average if there are more rows than steps.
void follow(const json& problem, const json& c, const double* wanted, Index steps, Index row_length) {
  const Parameters theta = start_of(problem);
  const auto optimizer = make(c, theta);
  const auto absent = c.value("absent", std::set<Index>{});
  const auto lr_at = c.value("lr_at", std::map<std::string, double>{});
  INFO(c);
  for (Index k = 0; k < steps; ++k, wanted += row_length) {
    INFO("step " << k);
    if (const auto lr = lr_at.find(std::to_string(k)); lr != lr_at.end()) optimizer->set(0, "lr", lr->second);
    step(*optimizer, theta, [&](std::size_t i, const Tensor& p) {
      return i == 1 && absent.contains(k) ? Tensor() : gradient(problem["c"][i], p);
    });
    compare(theta, wanted);
  }
  if (auto* free = dynamic_cast<optim::ScheduleFreeSGD*>(optimizer.get())) free->eval();
  else if (auto* adaptive = dynamic_cast<optim::ScheduleFreeAdamW*>(optimizer.get())) adaptive->eval();
  else return;
  INFO("average");
  compare(theta, wanted);
}

}  // namespace

TEST_CASE("first-order optimizers follow PyTorch over all combinations of options", "[optim][golden]") {
  const json all = golden::json("optimizers.json");
  const Tensor paths = golden::tensors("optimizers.safetensors").tensors.at("trajectories");
  REQUIRE(paths.size(0) == static_cast<Index>(all["cases"].size()));
  std::set<std::string> seen;
  Index row = 0;
  for (const json& c : all["cases"]) {
    follow(all["problems"][c["problem"].get<std::string>()], c,
           paths.read<double>() + row++ * paths.size(1) * paths.size(2), paths.size(1), paths.size(2));
    seen.insert(c["optimizer"].get<std::string>());
  }
  CHECK(seen == std::set<std::string>{"ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "NAdam", "RAdam",
                                      "RMSprop", "Rprop"});
}

TEST_CASE("optimizers and wrappers follow references written from their papers", "[optim][golden]") {
  const json all = golden::json("optim_reference.json");
  const auto file = golden::tensors("optim_reference.safetensors");
  std::set<std::string> seen;
  for (const json& c : all["cases"]) {
    const auto problem = c["problem"].get<std::string>();
    const Tensor& paths = file.tensors.at(problem);
    follow(all["problems"][problem], c, paths.read<double>() + c["row"].get<Index>() * paths.size(1) * paths.size(2),
           paths.size(1) - 1, paths.size(2));
    seen.insert(c["optimizer"].get<std::string>());
    const json around = c.value("around", json::object());
    for (const auto& [name, o] : around.items()) seen.insert(name);
  }
  CHECK(seen == std::set<std::string>{"Adan", "AdamW", "LAMB", "LARS", "Lion", "Lookahead", "Muon", "SAM", "SGD",
                                      "ScheduleFreeAdamW", "ScheduleFreeSGD"});
}

// ---- where PyTorch does something else

TEST_CASE("a variance that rounds below zero counts as zero in centered RMSprop", "[optim][rmsprop]") {
  const Variable x = leaf(full({64}, 1, DType::f64));
  optim::RMSprop optimizer(Parameters{x}, {.lr = 1e-9, .alpha = 0.5, .centered = true});
  bool below = false;
  for (int i = 0; i < 200; ++i) {  // a constant gradient: mean square and squared mean become the same
    Tensor g = empty({64}, DType::f64);
    double value = 0.1;
    for (double& v : g.mutable_span<double>()) v = value += 0.0137;
    x.grad() = g;
    optimizer.step();
    const auto state = optimizer.state_dict();
    const auto v = state.at("state.0.square_avg").to_vector<double>(),
               a = state.at("state.0.grad_avg").to_vector<double>();
    for (std::size_t j = 0; j < v.size(); ++j) below |= v[j] - a[j] * a[j] < 0;
  }
  CHECK(below);
  for (const double v : x.data().to_vector<double>()) CHECK(std::isfinite(v));
}

TEST_CASE("momentum and centering of RMSprop may be switched on after steps without", "[optim][rmsprop]") {
  const Variable x = leaf(tensor({1.0}));
  optim::RMSprop optimizer(Parameters{x}, {.lr = 0.01});
  x.grad() = tensor({1.0});
  optimizer.step();
  optimizer.set(0, "momentum", 0.9);
  optimizer.set(0, "centered", 1);
  const double before = x.item();
  optimizer.step();
  const double v = 0.01 + 0.99 * 0.01, a = 0.01;
  CHECK(x.item() == Approx(before - 0.01 / (std::sqrt(v - a * a) + 1e-8)).epsilon(1e-12));
}

TEST_CASE("the floor of Adafactor's second moment is each parameter's own epsilon", "[optim][adafactor]") {
  // The first step of one number is g / max(|g|, eps): without a floor it would be its sign.
  for (const bool f32_first : {false, true}) {
    const Variable a = leaf(tensor({1.0})), b = leaf(to(tensor({1.0}), DType::f32));
    const double g = 1e-12;  // above the epsilon of f64, below that of f32
    a.grad() = tensor({g});
    b.grad() = to(tensor({g}), DType::f32);
    optim::Adafactor optimizer(f32_first ? Parameters{b, a} : Parameters{a, b}, {.lr = 0.5});
    optimizer.step();
    CHECK(a.item() == Approx(0.5).epsilon(1e-12));
    CHECK(b.item() == Approx(1 - 0.5 * g / 1.1920929e-7).epsilon(1e-7));
  }
}
