// Schedules from the names and options of tests/golden/schedules.json.
#pragma once
#include "optim/golden_options.hpp"

#include <cmath>

namespace schedule_cases {

using namespace gradus;
using namespace gradus::optim;

inline const std::map<std::string, std::function<double(double)>> functions = {
    {"decay", [](double e) { return std::pow(0.95, e); }},
    {"hyperbola", [](double e) { return 1 / (1 + 0.1 * e); }},
    {"wave", [](double e) { return 1 + 0.5 * std::sin(e); }},
    {"alternating", [](double e) { return static_cast<Index>(e) % 2 ? 0.9 : 1.05; }},
    {"half_per_cycle", [](double c) { return 1 / std::pow(5, c * 0.0001); }}};

/// Numbers by the rows, words by the choices, and what `other` takes (and then returns true).
template <class O, class F>
O options(const nlohmann::json& given, F other) {
  O o;
  for (const auto& item : given.items()) {
    const std::string name = item.key();
    const nlohmann::json& value = item.value();
    if (const auto* row = find_row<O>(name)) {
      set(o, *row, value.is_boolean() ? (value == true ? 1.0 : 0.0) : value.get<double>());
      continue;
    }
    bool found = other(o, name, value);
    for (const auto& choice : choices_of<O>())
      for (std::size_t i = 0; i < choice.words.size(); ++i)
        if (name == choice.name && value == choice.words[i]) {
          choice.set(o, static_cast<int>(i));
          found = true;
        }
    if (!found) throw std::runtime_error("schedules.json: no option " + name);
  }
  return o;
}
template <class O>
O options(const nlohmann::json& given) {
  return options<O>(given, [](O&, const std::string&, const nlohmann::json&) { return false; });
}
/// Takes the option of this name as a list.
template <class O, class T>
bool take(const char* wanted, std::vector<T> O::*list, O& o, const std::string& name, const nlohmann::json& value) {
  if (name == wanted) o.*list = value.get<std::vector<T>>();
  return name == wanted;
}
template <class S>
std::shared_ptr<Scheduler> from_functions(OptimizerBase& optimizer, const nlohmann::json& given) {
  const auto named = [](const nlohmann::json& name) -> LrFunction { return functions.at(name.get<std::string>()); };
  if (given.contains("function")) return std::make_shared<S>(optimizer, named(given["function"]));
  std::vector<LrFunction> list;
  for (const auto& name : given["functions"]) list.push_back(named(name));
  return std::make_shared<S>(optimizer, list);
}

inline std::shared_ptr<Scheduler> make_schedule(OptimizerBase& optimizer, const nlohmann::json& c) {
  const std::string name = c["schedule"];
  const nlohmann::json& given = c["options"];
  if (name == "LambdaLR") return from_functions<LambdaLR>(optimizer, given);
  if (name == "MultiplicativeLR") return from_functions<MultiplicativeLR>(optimizer, given);
  if (name == "StepLR") return make<StepLR>(optimizer, options<StepLROptions>(given));
  if (name == "MultiStepLR") {
    using O = MultiStepLROptions;
    return make<MultiStepLR>(optimizer, options<O>(given, [](O& o, const std::string& n, const nlohmann::json& v) {
                               return take("milestones", &O::milestones, o, n, v);
                             }));
  }
  if (name == "ExponentialLR") return make<ExponentialLR>(optimizer, options<ExponentialLROptions>(given));
  if (name == "ConstantLR") return make<ConstantLR>(optimizer, options<ConstantLROptions>(given));
  if (name == "LinearLR") return make<LinearLR>(optimizer, options<LinearLROptions>(given));
  if (name == "PolynomialLR") return make<PolynomialLR>(optimizer, options<PolynomialLROptions>(given));
  if (name == "CosineAnnealingLR") return make<CosineAnnealingLR>(optimizer, options<CosineAnnealingLROptions>(given));
  if (name == "CosineAnnealingWarmRestarts")
    return make<CosineAnnealingWarmRestarts>(optimizer, options<CosineAnnealingWarmRestartsOptions>(given));
  if (name == "CyclicLR") {
    using O = CyclicLROptions;
    return make<CyclicLR>(optimizer, options<O>(given, [](O& o, const std::string& n, const nlohmann::json& v) {
                            if (n == "scale_fn") o.scale_fn = functions.at(v.get<std::string>());
                            return n == "scale_fn" || take("base_lrs", &O::base_lrs, o, n, v) ||
                                   take("max_lrs", &O::max_lrs, o, n, v) ||
                                   take("base_momenta", &O::base_momenta, o, n, v) ||
                                   take("max_momenta", &O::max_momenta, o, n, v);
                          }));
  }
  if (name == "OneCycleLR") {
    using O = OneCycleLROptions;
    return make<OneCycleLR>(optimizer, options<O>(given, [](O& o, const std::string& n, const nlohmann::json& v) {
                              return take("max_lrs", &O::max_lrs, o, n, v) ||
                                     take("base_momenta", &O::base_momenta, o, n, v) ||
                                     take("max_momenta", &O::max_momenta, o, n, v);
                            }));
  }
  if (name == "SWALR") {
    using O = SWALROptions;
    return make<SWALR>(optimizer, options<O>(given, [](O& o, const std::string& n, const nlohmann::json& v) {
                         return take("swa_lrs", &O::swa_lrs, o, n, v);
                       }));
  }
  if (name == "LinearWarmup") return make<LinearWarmup>(optimizer, options<LinearWarmupOptions>(given));
  if (name == "GeometricWarmup") return make<GeometricWarmup>(optimizer, options<GeometricWarmupOptions>(given));
  if (name == "ExponentialWarmup") return make<ExponentialWarmup>(optimizer, options<ExponentialWarmupOptions>(given));
  if (name == "InverseSqrtLR") return make<InverseSqrtLR>(optimizer, options<InverseSqrtLROptions>(given));
  if (name == "NoamLR") return make<NoamLR>(optimizer, options<NoamLROptions>(given));
  if (name == "WSDLR") return make<WSDLR>(optimizer, options<WSDLROptions>(given));
  Schedules parts;
  if (c.contains("parts"))
    for (const auto& part : c["parts"]) parts.push_back(make_schedule(optimizer, part));
  if (name == "SequentialLR")
    return std::make_shared<SequentialLR>(optimizer, parts, c["milestones"].get<std::vector<Index>>());
  if (name == "ChainedScheduler") return std::make_shared<ChainedScheduler>(optimizer, parts);
  throw std::runtime_error("schedules.json: no schedule " + name);
}

inline std::unique_ptr<OptimizerBase> make_optimizer(const nlohmann::json& c) {
  const auto build = [&](auto optimizer) -> std::unique_ptr<OptimizerBase> {
    for (std::size_t g = 1; g < c["base"].size(); ++g)
      optimizer->add_param_group({leaf(zeros({1}))}, [&](auto& o) { o.lr = c["base"][g]; });
    return optimizer;
  };
  const std::vector<Variable> first{leaf(zeros({1}))};
  if (c["optimizer"] == "AdamW") return build(std::make_unique<AdamW>(first, AdamWOptions{.lr = c["base"][0]}));
  return build(std::make_unique<SGD>(first, SGDOptions{.lr = c["base"][0], .momentum = 0.9}));
}

}  // namespace schedule_cases
