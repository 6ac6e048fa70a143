#include <gradus/optim/optimizer.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace gradus::optim {

// ---- state

Tensor& State::operator[](std::string_view name) {
  for (auto& [key, t] : slots_)
    if (key == name) return t;
  return slots_.emplace_back(std::string(name), zeros_like(like_)).second;
}
Tensor& State::slot(std::string_view name, const Shape& shape) {
  for (auto& [key, t] : slots_)
    if (key == name) return t;
  return slots_.emplace_back(std::string(name), zeros(shape, like_.dtype())).second;
}
double& State::number(std::string_view name, double initial) {
  for (auto& [key, value] : numbers_)
    if (key == name) return value;
  return numbers_.emplace_back(std::string(name), initial).second;
}
bool State::has(std::string_view name) const {
  for (const auto& [key, t] : slots_)
    if (key == name) return true;
  return false;
}

// ---- parameters and gradients

std::vector<Variable> OptimizerBase::parameters() const {
  std::vector<Variable> all;
  for (const Slot& s : slots_) all.push_back(s.parameter);
  return all;
}

void OptimizerBase::each_state(const std::function<void(Variable&, State&)>& f) {
  for (Slot& s : slots_) f(s.parameter, s.state);
}

void OptimizerBase::reset_state() {
  for (Slot& s : slots_) s.state.clear();
}

void OptimizerBase::add_slots(const std::vector<Variable>& parameters) {
  if (parameters.empty()) fail<ValueError>(name_, ": a group has no parameters");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Variable& p = parameters[i];
    if (!p.requires_grad() || !p.is_leaf())
      fail<ValueError>(name_, ": parameter ", i, " of the group is no leaf that requires a gradient: ",
                       p.defined() ? join(p.dtype(), " ", p.shape()) : "undefined");
    if (!is_dense(p.shape(), p.data().strides()))
      fail<ValueError>(name_, ": parameter ", i, " of the group has holes in its memory: ", p.dtype(), " ", p.shape(),
                       " with strides ", p.data().strides(), " — make it of a copy: leaf(copy(view))");
    for (std::size_t j = 0; j < i; ++j)
      if (parameters[j].node().get() == p.node().get())
        fail<ValueError>(name_, ": a parameter stands in the group twice: at ", j, " and ", i);
    for (const Slot& s : slots_)
      if (s.parameter.node().get() == p.node().get())
        fail<ValueError>(name_, ": parameter ", i, " of the group is in group ", s.group, " already");
  }
  for (const Variable& p : parameters) slots_.push_back({p, State(p.data()), initial_lr_.size()});
  initial_lr_.push_back(std::nan(""));
}

void check_held(const char* call, const Variable& p) {
  if (!p.node() || !p.is_leaf() || p.grad().defined()) return;
  if (static_cast<const Leaf&>(*p.node()).holder == Leaf::Holder::gone)
    fail<StateError>(call, ": a parameter is no module's weight any more: ", p.dtype(), " ", p.shape(),
                     " was replaced — make the optimizer or average anew after to(), std::swap or an assignment that "
                     "changes shapes");
}
void OptimizerBase::check_gradient(const Variable& parameter) {
  const Tensor& g = parameter.grad();
  check_held("step", parameter);
  if (!g.defined()) return;
  if (!(g.shape() == parameter.shape()) || g.dtype() != parameter.dtype())
    fail<ShapeError>("step: a gradient does not match its parameter: gradient is ", g.dtype(), " ", g.shape(),
                     ", parameter is ", parameter.dtype(), " ", parameter.shape());
}
Tensor OptimizerBase::gradient_of(const Variable& parameter) {
  check_gradient(parameter);
  const Tensor& g = parameter.grad();
  if (!g.defined() || g.strides() == parameter.data().strides()) return g;
  Tensor same_layout = empty_like(parameter.data());
  same_layout.copy_from(g);
  return same_layout;
}

void OptimizerBase::warn_of_no_gradient() {
  if (!std::exchange(warned_, true))
    warn(join(name_,
              ": step() found no gradient and changed nothing — call loss.backward() before it, with a loss that "
              "depends on these parameters"));
}

Variable OptimizerBase::step(const Closure& closure) {
  Variable loss;
  {
    const Recording on(true);
    loss = closure();
  }
  step();
  return loss.detach();
}

void OptimizerBase::zero_grad(bool set_to_none) {
  for (const Slot& s : slots_) {
    Tensor& g = s.parameter.grad();
    if (set_to_none) g = Tensor();
    else if (g.defined()) g.fill(0);
  }
}

void OptimizerBase::check_group(std::size_t group) const {
  if (group >= group_count()) fail<IndexError>(name_, ": there is no group ", group, ": there are ", group_count());
}
double OptimizerBase::initial_lr(std::size_t group) const {
  check_group(group);
  return std::isnan(initial_lr_[group]) ? get(group, "lr") : initial_lr_[group];
}
void OptimizerBase::keep_initial_lr() {
  for (std::size_t g = 0; g < initial_lr_.size(); ++g) initial_lr_[g] = initial_lr(g);
}

// ---- checkpoints

StateDict OptimizerBase::state_dict() const {
  StateDict state;
  for (std::size_t g = 0; g < group_count(); ++g) {
    Index count = 0;
    for (const Slot& s : slots_) count += s.group == g;
    state[join("groups.", g, ".parameters")] = scalar_tensor(count, DType::i64);
    state[join("groups.", g, ".initial_lr")] = scalar_tensor(initial_lr_[g], DType::f64);
    for (const char* option : option_names())
      state[join("groups.", g, ".", option)] = scalar_tensor(get(g, option), DType::f64);
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const State& s = slots_[i].state;
    if (s.step) state[join("state.", i, ".step")] = scalar_tensor(s.step, DType::i64);
    for (const auto& [name, t] : s.slots()) state[join("state.", i, ".", name)] = copy(t);
    for (const auto& [name, v] : s.numbers()) state[join("state.", i, ".", name)] = scalar_tensor(v, DType::f64);
  }
  save_extra(state);
  return state;
}

void OptimizerBase::load_state_dict(const StateDict& from) {
  const auto value = [&](const std::string& key) {
    const auto found = from.find(key);
    if (found == from.end()) fail<ValueError>(name_, ": load_state_dict: missing ", key);
    if (found->second.numel() != 1)
      fail<ValueError>(name_, ": load_state_dict: ", key, " is not one number: ", found->second.shape());
    return found->second.item();
  };
  for (std::size_t g = 0; g < group_count(); ++g) {
    Index count = 0;
    for (const Slot& s : slots_) count += s.group == g;
    const double stored = value(join("groups.", g, ".parameters"));
    if (stored != static_cast<double>(count))
      fail<ValueError>(name_, ": load_state_dict: group ", g, " has ", count, " parameters, the state has ", stored);
    const double initial = value(join("groups.", g, ".initial_lr"));  // NaN: no scheduler was attached
    if (initial < 0 || std::isinf(initial))
      fail<ValueError>(name_, ": load_state_dict: initial_lr of group ", g, " must be finite and >= 0: got ", initial);
    std::vector<double> options;
    for (const char* option : option_names()) options.push_back(value(join("groups.", g, ".", option)));
    check_options(options);
  }
  if (from.contains(join("groups.", group_count(), ".parameters")))
    fail<ValueError>(name_, ": load_state_dict: the state has more than ", group_count(), " groups");
  // Optimizers differ in their options: what is unknown belongs to another one.
  std::vector<std::string_view> known = {"parameters", "initial_lr"};
  for (const char* option : option_names()) known.emplace_back(option);
  for (const auto& [key, t] : from)
    if (key.starts_with("groups.") &&
        std::find(known.begin(), known.end(), std::string_view(key).substr(key.rfind('.') + 1)) == known.end())
      fail<ValueError>(name_, ": load_state_dict: there is no hyper-parameter for ", key);
  constexpr Index most = 1'000'000'000'000'000;  // of updates: more are no run's, and must not overflow
  struct Entry {
    std::size_t slot;
    std::string name;
    const Tensor* tensor;
    std::optional<Shape> shape;
  };
  std::vector<Entry> entries;
  for (const auto& [key, t] : from) {
    if (!key.starts_with("state.")) continue;
    const auto dot = key.find('.', 6);
    std::size_t slot = slots_.size();
    const char* const end = key.data() + std::min(dot, key.size());
    const auto [stop, error] = std::from_chars(key.data() + 6, end, slot);
    if (dot == std::string::npos || error != std::errc() || stop != end || slot >= slots_.size())
      fail<ValueError>(name_, ": load_state_dict: there is no parameter for ", key, ": there are ", slots_.size());
    const std::string slot_name = key.substr(dot + 1);
    const Variable& p = slots_[slot].parameter;
    const bool step = slot_name == "step";
    std::optional<Shape> shape = step ? std::nullopt : std::optional(p.shape());
    if (const auto rows = state_rows(p.shape()); !step && !rows.empty()) {
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const StateRow& r) { return r.name == slot_name; });
      if (row == rows.end()) fail<ValueError>(name_, ": load_state_dict: ", key, " is unknown to this optimizer");
      shape = row->shape;
    }
    if (shape ? !(t.shape() == *shape) : t.numel() != 1)
      fail<ValueError>(name_, ": load_state_dict: ", key, " does not fit its parameter: ", t.shape(), ", parameter is ",
                       p.shape());
    if (step ? t.dtype() != DType::i64 || t.item<Index>() < 0 || t.item<Index>() > most : !is_floating(t.dtype()))
      fail<ValueError>(name_, ": load_state_dict: ", key, " is no ", step ? "count" : "floating tensor", ": ",
                       t.dtype());
    if (!step && !shape && !std::isfinite(t.item()))
      fail<ValueError>(name_, ": load_state_dict: ", key, " must be finite: got ", t.item());
    entries.push_back({slot, slot_name, &t, shape});
  }
  for (const Entry& e : entries)
    for (const StateRow& row : state_rows(slots_[e.slot].parameter.shape()))
      for (const std::string& needed : {join("state.", e.slot, ".", row.name), join("state.", e.slot, ".step")})
        if (row.always && !from.contains(needed)) fail<ValueError>(name_, ": load_state_dict: missing ", needed);
  check_extra(from);

  for (Slot& s : slots_) s.state.clear();
  for (const Entry& e : entries) {
    State& s = slots_[e.slot].state;
    if (e.name == "step") s.step = e.tensor->item<Index>();
    else if (!e.shape) s.number(e.name) = e.tensor->item();
    else (*e.shape == slots_[e.slot].parameter.shape() ? s[e.name] : s.slot(e.name, *e.shape)).copy_from(*e.tensor);
  }
  for (std::size_t g = 0; g < group_count(); ++g) {
    initial_lr_[g] = value(join("groups.", g, ".initial_lr"));
    for (const char* option : option_names()) set(g, option, value(join("groups.", g, ".", option)));
  }
  load_extra(from);
}

}  // namespace gradus::optim
