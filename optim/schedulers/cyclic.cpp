#include <gradus/optim/schedulers/cyclic.hpp>

#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<CyclicLROptions>> CyclicLROptions::rows() {
  using O = CyclicLROptions;
  static const OptionRow<O> table[] = {{"base_lr", &O::base_lr},
                                       {"max_lr", &O::max_lr},
                                       {"step_size_up", &O::step_size_up, count_from(1)},
                                       {"step_size_down", &O::step_size_down, count_from(0)},
                                       {"gamma", &O::gamma, above_zero},
                                       {"cycle_momentum", &O::cycle_momentum},
                                       {"base_momentum", &O::base_momentum, unit_open},
                                       {"max_momentum", &O::max_momentum, unit_open}};
  return table;
}
std::span<const ChoiceRow<CyclicLROptions>> CyclicLROptions::choices() {
  using O = CyclicLROptions;
  static const ChoiceRow<O> table[] = {choice<&O::mode>("mode", {"triangular", "triangular2", "exp_range"}),
                                       choice<&O::scale_mode>("scale_mode", {"cycle", "iterations"})};
  return table;
}

CyclicLR::CyclicLR(OptimizerBase& optimizer, Options options)
    : OptionSchedule("CyclicLR", optimizer, std::move(options)) {
  check_list("base_lrs", o_.base_lrs, at_least_zero);
  check_list("max_lrs", o_.max_lrs, at_least_zero);
  check_list("base_momenta", o_.base_momenta, unit_open);
  check_list("max_momenta", o_.max_momenta, unit_open);
  if (o_.cycle_momentum) need_momentum();
  start();
}

double CyclicLR::height(Index e) const {
  const Index down = o_.step_size_down ? o_.step_size_down : o_.step_size_up, length = o_.step_size_up + down;
  const Index place = e % length;
  const double s = place <= o_.step_size_up ? static_cast<double>(place) / static_cast<double>(o_.step_size_up)
                                            : static_cast<double>(length - place) / static_cast<double>(down);
  const auto cycle = static_cast<double>(e / length + 1), at = static_cast<double>(e);
  if (o_.scale_fn) return s * o_.scale_fn(o_.scale_mode == ScaleMode::cycle ? cycle : at);
  switch (o_.mode) {
    case CyclicMode::triangular2: return s * std::exp2(1 - cycle);
    case CyclicMode::exp_range: return s * std::pow(o_.gamma, at);
    default: return s;
  }
}
double CyclicLR::rate(std::size_t group, Index e, double) const {
  const double base = of_group(o_.base_lrs, o_.base_lr, group);
  const double peak = of_group(o_.max_lrs, o_.max_lr > 0 ? o_.max_lr : base_lr(group), group);
  return base + (peak - base) * height(e);
}
double CyclicLR::momentum(std::size_t group, Index e) const {
  if (!o_.cycle_momentum) return Scheduler::momentum(group, e);
  const double low = of_group(o_.base_momenta, o_.base_momentum, group),
               high = of_group(o_.max_momenta, o_.max_momentum, group);
  return high - (high - low) * height(e);
}
StateDict CyclicLR::settings() const {
  StateDict all = OptionSchedule::settings();
  all["base_lrs"] = tensor(o_.base_lrs);
  all["max_lrs"] = tensor(o_.max_lrs);
  all["base_momenta"] = tensor(o_.base_momenta);
  all["max_momenta"] = tensor(o_.max_momenta);
  return all;
}

}  // namespace gradus::optim
