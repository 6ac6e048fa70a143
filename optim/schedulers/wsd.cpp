#include <gradus/optim/schedulers/wsd.hpp>

#include <cmath>
#include <numbers>

namespace gradus::optim {

std::span<const OptionRow<WSDLROptions>> WSDLROptions::rows() {
  using O = WSDLROptions;
  static const OptionRow<O> table[] = {{"warmup_steps", &O::warmup_steps, count_from(0)},
                                       {"stable_steps", &O::stable_steps, count_from(0)},
                                       {"decay_steps", &O::decay_steps, count_from(0)},
                                       {"min_ratio", &O::min_ratio, unit_closed}};
  return table;
}
std::span<const ChoiceRow<WSDLROptions>> WSDLROptions::choices() {
  static const ChoiceRow<WSDLROptions> table[] = {
      choice<&WSDLROptions::cooldown>("cooldown", {"sqrt", "linear", "square", "cosine", "exponential"})};
  return table;
}

namespace {
double shape(Cooldown cooldown, double p) {
  switch (cooldown) {
    case Cooldown::linear: return 1 - p;
    case Cooldown::square: return 1 - p * p;
    case Cooldown::cosine: return (1 + std::cos(std::numbers::pi * p)) / 2;
    case Cooldown::exponential: return (std::exp2(-10 * p) - std::exp2(-10)) / (1 - std::exp2(-10));
    default: return 1 - std::sqrt(p);
  }
}
}  // namespace

double WSDLR::factor(Index e) const {
  if (e < o_.warmup_steps) return static_cast<double>(e) / static_cast<double>(o_.warmup_steps);
  const Index falling = e - o_.warmup_steps - o_.stable_steps;
  if (falling < 0) return 1;
  if (falling >= o_.decay_steps) return o_.min_ratio;
  const double p = static_cast<double>(falling) / static_cast<double>(o_.decay_steps);
  return o_.min_ratio + (1 - o_.min_ratio) * shape(o_.cooldown, p);
}

}  // namespace gradus::optim
