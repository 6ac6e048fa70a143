#include <gradus/optim/schedulers/warmup.hpp>

#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<LinearWarmupOptions>> LinearWarmupOptions::rows() {
  using O = LinearWarmupOptions;
  static const OptionRow<O> table[] = {{"warmup_steps", &O::warmup_steps, count_from(0)},
                                       {"start_factor", &O::start_factor, unit_closed},
                                       {"from_one", &O::from_one}};
  return table;
}
double LinearWarmup::factor(Index e) const {
  if (e >= o_.warmup_steps - o_.from_one) return 1;
  return o_.start_factor +
         (1 - o_.start_factor) * static_cast<double>(e + o_.from_one) / static_cast<double>(o_.warmup_steps);
}

std::span<const OptionRow<GeometricWarmupOptions>> GeometricWarmupOptions::rows() {
  using O = GeometricWarmupOptions;
  static const OptionRow<O> table[] = {{"warmup_steps", &O::warmup_steps, count_from(0)},
                                       {"start_factor", &O::start_factor, {0, 1, false, true}}};
  return table;
}
double GeometricWarmup::factor(Index e) const {
  if (e >= o_.warmup_steps) return 1;
  return std::pow(o_.start_factor, 1 - static_cast<double>(e) / static_cast<double>(o_.warmup_steps));
}

std::span<const OptionRow<ExponentialWarmupOptions>> ExponentialWarmupOptions::rows() {
  static const OptionRow<ExponentialWarmupOptions> table[] = {{"tau", &ExponentialWarmupOptions::tau, above_zero}};
  return table;
}
double ExponentialWarmup::factor(Index e) const { return -std::expm1(-(static_cast<double>(e) + 1) / o_.tau); }

Index untuned_warmup_steps(double beta2) {
  detail::check_range("untuned_warmup_steps", "beta2", beta2, unit_open);
  return std::llround(2 / (1 - beta2));
}

}  // namespace gradus::optim
