#include <gradus/optim/element.hpp>
#include <gradus/optim/schedule_free.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<ScheduleFreeSGDOptions>> ScheduleFreeSGDOptions::rows() {
  using O = ScheduleFreeSGDOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta", &O::beta, unit_inside},
                                       {"weight_decay", &O::weight_decay},
                                       {"warmup_steps", &O::warmup_steps},
                                       {"r", &O::r},
                                       {"weight_lr_power", &O::weight_lr_power},
                                       {"maximize", &O::maximize}};
  return table;
}
std::span<const OptionRow<ScheduleFreeAdamWOptions>> ScheduleFreeAdamWOptions::rows() {
  using O = ScheduleFreeAdamWOptions;
  static const OptionRow<O> table[] = {
      {"lr", &O::lr},   {"beta", &O::beta, unit_inside},          {"beta2", &O::beta2, unit_open},
      {"eps", &O::eps}, {"weight_decay", &O::weight_decay},       {"warmup_steps", &O::warmup_steps},
      {"r", &O::r},     {"weight_lr_power", &O::weight_lr_power}, {"maximize", &O::maximize}};
  return table;
}

// ---- the two rules; p is y

void ScheduleFreeSGD::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto [step_size, weight] = advance(p, state, o);
  const double gamma = step_size, c = weight, sign = o.maximize ? -1 : 1;
  // clang-format off
  for_each_element([=](auto& y, auto g, auto& z) {
    const auto d = sign * g + o.weight_decay * y;
    y = lerp(y, z, c) - gamma * (1 - o.beta * (1 - c)) * d;
    z -= gamma * d;
  }, p, g, state["z"]);
  // clang-format on
}

void ScheduleFreeAdamW::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto [step_size, weight] = advance(p, state, o);
  const double gamma = step_size, c = weight, sign = o.maximize ? -1 : 1;
  const double inv_root = 1 / std::sqrt(1 - std::pow(o.beta2, static_cast<double>(state.step)));
  // clang-format off
  for_each_element([=](auto& y, auto g, auto& z, auto& v) {
    v = mean_square(v, g, o.beta2);
    const auto d = sign * g / (sqrt(v) * inv_root + o.eps) + o.weight_decay * y;
    y = lerp(y, z, c) - gamma * (1 - o.beta * (1 - c)) * d;
    z -= gamma * d;
  }, p, g, state["z"], state["exp_avg_sq"]);
  // clang-format on
}

// ---- what they share

template <class O>
typename ScheduleFree<O>::Weights ScheduleFree<O>::advance(Tensor& p, State& state, const O& o) {
  if (!state.has("z")) state["z"].copy_from(p);
  const auto t = static_cast<double>(++state.step), warmup = static_cast<double>(o.warmup_steps);
  const double gamma = o.lr * (warmup > 0 ? std::min(1.0, t / warmup) : 1);
  double &lr_max = state.number("lr_max"), &sum = state.number("weight_sum");
  lr_max = std::max(lr_max, gamma);
  const double weight = std::pow(t, o.r) * std::pow(lr_max, o.weight_lr_power);
  sum += weight;
  return {gamma, sum > 0 ? weight / sum : 0};
}

template <class O>
void ScheduleFree<O>::check_step() const {
  if (!training_) fail<StateError>(this->name(), ": step() in evaluation mode: call train() first");
  Optimizer<O>::check_step();
}
template <class O>
Tensor ScheduleFree<O>::average(const Tensor& y, std::size_t i) {
  auto& s = this->slots_[i];
  Tensor x = empty_like(s.parameter.data());
  x.copy_from(y);
  const double beta = this->options(s.group).beta;
  if (s.state.has("z"))  // x = (y - (1 - beta) z) / beta
    for_each_element([=](auto& p, auto z) { p += (1 / beta - 1) * (p - z); }, x, std::as_const(s.state["z"]));
  return x;
}
template <class O>
void ScheduleFree<O>::eval() {
  if (!training_) return;
  training_ = false;
  held_.clear();
  for (std::size_t i = 0; i < this->slots_.size(); ++i) {
    Tensor& p = this->slots_[i].parameter.data();
    held_.push_back(copy(p));
    p.copy_from(average(held_[i], i));
  }
}
template <class O>
void ScheduleFree<O>::train() {
  if (training_) return;
  training_ = true;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    auto& s = this->slots_[i];
    if (allclose(s.parameter.data(), average(held_[i], i), 0, 0, true)) s.parameter.data().copy_from(held_[i]);
    else s.state.clear();  // other weights were loaded
  }
  held_.clear();
}

template <class O>
void ScheduleFree<O>::save_extra(StateDict& state) const {
  state["schedule_free.training"] = scalar_tensor(training_ ? 1 : 0, DType::i64);
  for (std::size_t i = 0; i < held_.size(); ++i) state[join("schedule_free.y.", i)] = copy(held_[i]);
}
template <class O>
void ScheduleFree<O>::check_extra(const StateDict& state) const {
  const auto mode = state.find("schedule_free.training");
  if (mode == state.end() || mode->second.numel() != 1)
    fail<ValueError>(this->name(), ": load_state_dict: missing schedule_free.training");
  if (const double value = mode->second.item(); value != 0 && value != 1)
    fail<ValueError>(this->name(), ": load_state_dict: schedule_free.training must be 0 or 1: got ", value);
  for (std::size_t i = 0; mode->second.item() == 0 && i < this->slots_.size(); ++i) {
    const auto y = state.find(join("schedule_free.y.", i));
    if (y == state.end() || !(y->second.shape() == this->slots_[i].parameter.shape()))
      fail<ValueError>(this->name(), ": load_state_dict: schedule_free.y.", i, " is missing or does not fit");
  }
}
template <class O>
void ScheduleFree<O>::load_extra(const StateDict& state) {
  training_ = state.at("schedule_free.training").item() != 0;
  held_.clear();
  for (std::size_t i = 0; !training_ && i < this->slots_.size(); ++i)
    held_.push_back(copy(state.at(join("schedule_free.y.", i))));
}

template class ScheduleFree<ScheduleFreeSGDOptions>;
template class ScheduleFree<ScheduleFreeAdamWOptions>;

}  // namespace gradus::optim
