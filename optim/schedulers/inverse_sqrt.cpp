#include <gradus/optim/schedulers/inverse_sqrt.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<InverseSqrtLROptions>> InverseSqrtLROptions::rows() {
  using O = InverseSqrtLROptions;
  static const OptionRow<O> table[] = {{"warmup_steps", &O::warmup_steps, count_from(1)}};
  return table;
}
double InverseSqrtLR::factor(Index e) const {
  const auto n = static_cast<double>(e) + 1, w = static_cast<double>(o_.warmup_steps);
  return std::min(n / w, std::sqrt(w / n));
}

std::span<const OptionRow<NoamLROptions>> NoamLROptions::rows() {
  using O = NoamLROptions;
  static const OptionRow<O> table[] = {{"d_model", &O::d_model, count_from(1)},
                                       {"warmup_steps", &O::warmup_steps, count_from(1)},
                                       {"scale", &O::scale, above_zero}};
  return table;
}
double NoamLR::factor(Index e) const {
  const auto n = static_cast<double>(e) + 1, w = static_cast<double>(o_.warmup_steps);
  return o_.scale / std::sqrt(static_cast<double>(o_.d_model)) * std::min(1 / std::sqrt(n), n / (w * std::sqrt(w)));
}

}  // namespace gradus::optim
