#include <gradus/optim/schedulers/ramp.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {
/// How much of `total` is done at e, in [0, 1]; total >= 1.
double share(Index e, Index total) { return static_cast<double>(std::min(e, total)) / static_cast<double>(total); }
}  // namespace

std::span<const OptionRow<ConstantLROptions>> ConstantLROptions::rows() {
  using O = ConstantLROptions;
  static const OptionRow<O> table[] = {{"factor", &O::factor, unit_closed},
                                       {"total_iters", &O::total_iters, count_from(0)}};
  return table;
}

std::span<const OptionRow<LinearLROptions>> LinearLROptions::rows() {
  using O = LinearLROptions;
  static const OptionRow<O> table[] = {{"start_factor", &O::start_factor, unit_closed},
                                       {"end_factor", &O::end_factor, unit_closed},
                                       {"total_iters", &O::total_iters, count_from(0)}};
  return table;
}
double LinearLR::factor(Index e) const {
  if (e >= o_.total_iters) return o_.end_factor;
  return o_.start_factor + (o_.end_factor - o_.start_factor) * share(e, o_.total_iters);
}

std::span<const OptionRow<PolynomialLROptions>> PolynomialLROptions::rows() {
  using O = PolynomialLROptions;
  static const OptionRow<O> table[] = {{"total_iters", &O::total_iters, count_from(1)}, {"power", &O::power}};
  return table;
}
double PolynomialLR::factor(Index e) const { return std::pow(1 - share(e, o_.total_iters), o_.power); }

}  // namespace gradus::optim
