#include <gradus/optim/schedulers/one_cycle.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::optim {

OneCycleLR::OneCycleLR(OptimizerBase& optimizer, Options options) : Scheduler(optimizer), o_(std::move(options)) {
  const auto check = [](const char* field, double value, bool ok, const char* range) {
    if (!ok || !std::isfinite(value)) fail<ValueError>("OneCycleLR: ", field, " must be ", range, ": got ", value);
  };
  if (o_.max_lrs.empty()) o_.max_lrs.assign(optimizer.group_count(), o_.max_lr);
  if (o_.max_lrs.size() != optimizer.group_count())
    fail<ValueError>("OneCycleLR: max_lrs needs one value per group: got ", o_.max_lrs.size(), " for ",
                     optimizer.group_count(), " groups");
  for (const double lr : o_.max_lrs) check("max_lr", lr, lr > 0, "> 0");
  const auto total = static_cast<double>(o_.total_steps);
  check("total_steps", total, o_.total_steps >= 1, ">= 1");
  check("pct_start", o_.pct_start, o_.pct_start >= 0 && o_.pct_start <= 1, "in [0, 1]");
  check("div_factor", o_.div_factor, o_.div_factor > 0, "> 0");
  check("final_div_factor", o_.final_div_factor, o_.final_div_factor > 0, "> 0");
  const double rise = o_.pct_start * total - 1, last = o_.three_phase ? 2 * o_.pct_start * total - 2 : rise;
  if (!(rise > 0) || !(last < total - 1))
    fail<ValueError>("OneCycleLR: a phase has no steps: total_steps is ", o_.total_steps, ", pct_start is ",
                     o_.pct_start);
  if (o_.cycle_momentum) {
    check("base_momentum", o_.base_momentum, o_.base_momentum >= 0 && o_.base_momentum < 1, "in [0, 1)");
    check("max_momentum", o_.max_momentum, o_.max_momentum >= 0 && o_.max_momentum < 1, "in [0, 1)");
    for (const char* option : {"momentum", "beta1"})
      if (!momentum_name_ && !std::isnan(optimizer.get(0, option))) momentum_name_ = option;
    if (!momentum_name_)
      fail<ValueError>("OneCycleLR: cycle_momentum needs an optimizer with momentum or beta1: ", optimizer.name(),
                       " has neither");
  }
  start();
}

double OneCycleLR::curve(Index e, double start, double peak, double middle, double end) const {
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
double OneCycleLR::lr(std::size_t group, Index e) const {
  check_index(e);
  if (group >= o_.max_lrs.size())
    fail<StateError>("OneCycleLR: group ", group, " was added after the schedule was made: it has ", o_.max_lrs.size(),
                     " groups");
  const double peak = o_.max_lrs[group], start = peak / o_.div_factor;
  return curve(e, start, peak, start, start / o_.final_div_factor);
}
double OneCycleLR::momentum(Index e) const {
  check_index(e);
  return curve(e, o_.max_momentum, o_.base_momentum, o_.max_momentum, o_.max_momentum);
}
void OneCycleLR::apply() {
  Scheduler::apply();
  if (!momentum_name_) return;
  for (std::size_t g = 0; g < optimizer().group_count(); ++g) optimizer().set(g, momentum_name_, momentum(index()));
}
void OneCycleLR::check_index(Index e) const {
  if (e < 0 || e > o_.total_steps)
    fail<StateError>("OneCycleLR: step ", e, " is outside the cycle: total_steps is ", o_.total_steps);
}

}  // namespace gradus::optim
