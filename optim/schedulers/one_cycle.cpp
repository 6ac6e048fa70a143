#include <gradus/optim/schedulers/one_cycle.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::optim {

std::span<const OptionRow<OneCycleLROptions>> OneCycleLROptions::rows() {
  using O = OneCycleLROptions;
  static const OptionRow<O> table[] = {{"max_lr", &O::max_lr},
                                       {"total_steps", &O::total_steps, count_from(1)},
                                       {"pct_start", &O::pct_start, unit_closed},
                                       {"cycle_momentum", &O::cycle_momentum},
                                       {"base_momentum", &O::base_momentum, unit_open},
                                       {"max_momentum", &O::max_momentum, unit_open},
                                       {"div_factor", &O::div_factor, above_zero},
                                       {"final_div_factor", &O::final_div_factor, above_zero},
                                       {"three_phase", &O::three_phase}};
  return table;
}
std::span<const ChoiceRow<OneCycleLROptions>> OneCycleLROptions::choices() {
  static const ChoiceRow<OneCycleLROptions> table[] = {choice<&OneCycleLROptions::anneal>("anneal", {"cos", "linear"})};
  return table;
}
void OneCycleLROptions::check(const OneCycleLROptions& o) {
  const auto total = static_cast<double>(o.total_steps);
  const double rise = o.pct_start * total - 1, last = o.three_phase ? 2 * o.pct_start * total - 2 : rise;
  const double rounding = 1e-12 * total;  // 0.2 * 5 - 1 is 0 or 6e-17, as the compiler likes
  if (!(rise > rounding) || !(last < total - 1 - rounding))
    fail<ValueError>("OneCycleLR: a phase has no steps: total_steps is ", o.total_steps, ", pct_start is ",
                     o.pct_start);
}

OneCycleLR::OneCycleLR(OptimizerBase& optimizer, Options options)
    : OptionSchedule("OneCycleLR", optimizer, std::move(options)) {
  check_list("max_lrs", o_.max_lrs, above_zero);
  check_list("base_momenta", o_.base_momenta, unit_open);
  check_list("max_momenta", o_.max_momenta, unit_open);
  if (o_.cycle_momentum) need_momentum();
  start();
}

double OneCycleLR::curve(Index e, double start, double peak, double middle, double end) const {
  if (e > o_.total_steps)
    fail<StateError>("OneCycleLR: step ", e, " is outside the cycle: total_steps is ", o_.total_steps);
  const double total = static_cast<double>(o_.total_steps), rise = o_.pct_start * total - 1;
  const double x = std::min(static_cast<double>(e), total - 1);  // the end is held at e = total_steps
  const auto between = [&](double from, double to, double begin, double stop) {
    const double share = (x - begin) / (stop - begin);
    return o_.anneal == Anneal::linear ? (to - from) * share + from
                                       : to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
  };
  if (x <= rise) return between(start, peak, 0, rise);
  if (!o_.three_phase) return between(peak, end, rise, total - 1);
  const double fall = 2 * o_.pct_start * total - 2;
  return x <= fall ? between(peak, middle, rise, fall) : between(middle, end, fall, total - 1);
}
double OneCycleLR::rate(std::size_t group, Index e, double) const {
  const double peak = of_group(o_.max_lrs, o_.max_lr > 0 ? o_.max_lr : base_lr(group), group);
  const double start = peak / o_.div_factor;
  return curve(e, start, peak, start, start / o_.final_div_factor);
}
double OneCycleLR::momentum(std::size_t group, Index e) const {
  if (!o_.cycle_momentum) return Scheduler::momentum(group, e);
  const double low = of_group(o_.base_momenta, o_.base_momentum, group),
               high = of_group(o_.max_momenta, o_.max_momentum, group);
  return curve(e, high, low, high, high);
}
StateDict OneCycleLR::settings() const {
  StateDict all = OptionSchedule::settings();
  all["max_lrs"] = tensor(o_.max_lrs);
  all["base_momenta"] = tensor(o_.base_momenta);
  all["max_momenta"] = tensor(o_.max_momenta);
  return all;
}

}  // namespace gradus::optim
