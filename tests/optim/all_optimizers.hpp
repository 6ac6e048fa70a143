// All optimizers in one table, for tests that hold for each of them: a new optimizer is one line.
#pragma once
#include <gradus/gradus.hpp>

#include <functional>
#include <map>
#include <memory>

namespace all_optimizers {

using namespace gradus;
using optim::OptimizerBase;
using Parameters = std::vector<Variable>;
using Values = std::map<std::string, double>;               // options by name
using Slots = std::map<std::string, std::optional<Shape>>;  // what is remembered; nothing for the shape: a number
using Gradient =
    std::function<Tensor(std::size_t, const Tensor&)>;  // of parameter i with this value; undefined: absent

enum class Level {
  element,  // each element goes its own way
  tensor,   // each parameter does
  whole     // needs a closure that computes all of them again
};
struct Kind {
  struct Row {
    std::string name;
    optim::Range range;
    bool flag, count;
  };
  std::string name;
  Level level;
  Slots state;       // for a parameter [2, 3] and the options `base`
  Values more;       // options that add ...
  Slots more_state;  // ... this
  Values base;
  std::vector<Row> rows;
  std::function<std::unique_ptr<OptimizerBase>(const Parameters&, const Values&)> make;
  std::function<void(OptimizerBase&, const Parameters&, const Values&)> add_group;

  bool matrices_only() const { return name == "Muon"; }
  bool has(const std::string& option) const {
    return std::any_of(rows.begin(), rows.end(), [&](const Row& r) { return r.name == option; });
  }
};

template <class Options>
void apply(Options& o, const Values& values) {
  for (const auto& [name, value] : values) {
    const auto* row = optim::find_row<Options>(name);
    if (!row) throw std::runtime_error("there is no option " + name);
    optim::set(o, *row, value);
  }
}

template <class O>
Kind kind(Level level, Slots state, Values more = {}, Slots more_state = {}, Values base = {}) {
  using Options = typename O::Options;
  Kind k{Options::name, level, std::move(state), std::move(more), std::move(more_state), base, {}, {}, {}};
  for (const auto& row : Options::rows())
    k.rows.push_back({row.name, row.range, std::holds_alternative<bool Options::*>(row.member),
                      std::holds_alternative<Index Options::*>(row.member)});
  k.make = [base](const Parameters& parameters, const Values& values) {
    Options o;
    apply(o, base);
    apply(o, values);
    return std::make_unique<O>(parameters, o);
  };
  k.add_group = [](OptimizerBase& optimizer, const Parameters& parameters, const Values& values) {
    static_cast<O&>(optimizer).add_param_group(parameters, [&](Options& o) { apply(o, values); });
  };
  return k;
}

inline const std::vector<Kind>& kinds() {
  const auto same = [](std::initializer_list<const char*> names, std::initializer_list<const char*> numbers = {}) {
    Slots slots;
    for (const char* name : names) slots[name] = Shape{2, 3};
    for (const char* name : numbers) slots[name] = std::nullopt;
    return slots;
  };
  using enum Level;
  // clang-format off
  static const std::vector<Kind> table = {
      kind<optim::SGD>(element, {}, {{"momentum", 0.9}}, same({"momentum_buffer"})),
      kind<optim::Adam>(element, same({"exp_avg", "exp_avg_sq"}), {{"amsgrad", 1}}, same({"max_exp_avg_sq"})),
      kind<optim::AdamW>(element, same({"exp_avg", "exp_avg_sq"}), {{"amsgrad", 1}}, same({"max_exp_avg_sq"})),
      kind<optim::Adagrad>(element, same({"sum"})),
      kind<optim::Adadelta>(element, same({"square_avg", "acc_delta"})),
      kind<optim::RMSprop>(element, same({"square_avg"}), {{"centered", 1}, {"momentum", 0.9}}, same({"grad_avg", "momentum_buffer"})),
      kind<optim::Adamax>(element, same({"exp_avg", "exp_inf"})),
      kind<optim::NAdam>(element, same({"exp_avg", "exp_avg_sq"}, {"mu_product"})),
      kind<optim::RAdam>(element, same({"exp_avg", "exp_avg_sq"})),
      kind<optim::ASGD>(element, same({"ax"}, {"eta", "mu"})),
      kind<optim::Rprop>(element, same({"prev", "step_size"})),
      kind<optim::Lion>(element, same({"exp_avg"})),
      kind<optim::Adan>(element, same({"exp_avg", "exp_avg_diff", "exp_avg_sq", "previous_grad"})),
      kind<optim::LARS>(tensor, {}, {{"momentum", 0.9}}, same({"momentum_buffer"}), {{"momentum", 0}}),
      kind<optim::LAMB>(tensor, same({"exp_avg", "exp_avg_sq"}), {}, {}, {{"max_grad_norm", 0}}),
      kind<optim::Adafactor>(tensor, {{"row_var", Shape{2, 1}}, {"col_var", Shape{1, 3}}}),
      kind<optim::Muon>(tensor, same({"momentum_buffer"})),
      kind<optim::ScheduleFreeSGD>(element, same({"z"}, {"weight_sum", "lr_max"})),
      kind<optim::ScheduleFreeAdamW>(element, same({"z", "exp_avg_sq"}, {"weight_sum", "lr_max"})),
      kind<optim::LBFGS>(whole, {})};
  // clang-format on
  return table;
}
inline const Kind& kind_named(const std::string& name) {
  for (const Kind& k : kinds())
    if (k.name == name) return k;
  throw std::runtime_error("there is no optimizer " + name);
}

/// One step through a closure that sets the gradients; its loss is the sum of gradient times value.
inline Variable step(OptimizerBase& optimizer, const Parameters& parameters, const Gradient& gradient) {
  return optimizer.step([&] {
    double loss = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Tensor g = gradient(i, parameters[i].data());
      parameters[i].grad() = g;
      if (g.defined()) loss += sum(g * parameters[i].data()).item();
    }
    return Variable(scalar_tensor(loss, DType::f64));
  });
}
/// The same tensors, as leaves of their own, in the same layout.
inline Parameters leaves_like(const Parameters& parameters, std::optional<DType> dtype = {}) {
  Parameters fresh;
  for (const Variable& p : parameters) {
    Tensor t = empty_like(dtype ? to(p.data(), *dtype) : p.data());
    t.copy_from(p.data());
    fresh.push_back(leaf(t));
  }
  return fresh;
}
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()) || a.dtype() != b.dtype()) return false;
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  return std::equal(x.begin(), x.end(), y.begin(),
                    [](double u, double v) { return u == v || (std::isnan(u) && std::isnan(v)); });
}
inline bool same_bits(const optim::StateDict& a, const optim::StateDict& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && same_bits(x.second, y.second); });
}
inline bool same_bits(const Parameters& a, const Parameters& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return same_bits(x.data(), y.data()); });
}

}  // namespace all_optimizers
