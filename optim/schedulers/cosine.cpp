#include <gradus/optim/schedulers/cosine.hpp>

#include <cmath>
#include <numbers>
#include <utility>

namespace gradus::optim {
namespace {
double cosine(double base, double eta_min, double share) {
  return eta_min + (base - eta_min) * (1 + std::cos(std::numbers::pi * share)) / 2;
}
}  // namespace

std::span<const OptionRow<CosineAnnealingLROptions>> CosineAnnealingLROptions::rows() {
  using O = CosineAnnealingLROptions;
  static const OptionRow<O> table[] = {
      {"T_max", &O::T_max, count_from(1)}, {"eta_min", &O::eta_min}, {"clamp_after", &O::clamp_after}};
  return table;
}
double CosineAnnealingLR::rate(std::size_t group, Index e, double) const {
  if (o_.clamp_after && e >= o_.T_max) return o_.eta_min;
  return cosine(base_lr(group), o_.eta_min, static_cast<double>(e % (2 * o_.T_max)) / static_cast<double>(o_.T_max));
}

std::span<const OptionRow<CosineAnnealingWarmRestartsOptions>> CosineAnnealingWarmRestartsOptions::rows() {
  using O = CosineAnnealingWarmRestartsOptions;
  static const OptionRow<O> table[] = {
      {"T_0", &O::T_0, count_from(1)}, {"T_mult", &O::T_mult, count_from(1)}, {"eta_min", &O::eta_min}};
  return table;
}
double CosineAnnealingWarmRestarts::rate(std::size_t group, Index e, double) const {
  double t = static_cast<double>(e) + fraction_, length = static_cast<double>(o_.T_0);
  if (o_.T_mult == 1) t = std::fmod(t, length);
  while (t >= length) {  // doubles hold these whole numbers exactly; a logarithm would misround at the restarts
    t -= length;
    length *= static_cast<double>(o_.T_mult);
  }
  return cosine(base_lr(group), o_.eta_min, t / length);
}
void CosineAnnealingWarmRestarts::step(double epoch) {
  detail::check_range(name(), "epoch", epoch, count_from(0));
  const double before = std::exchange(fraction_, epoch - std::floor(epoch));
  try {
    seek(static_cast<Index>(epoch));
  } catch (...) {
    fraction_ = before;
    throw;
  }
}
void CosineAnnealingWarmRestarts::save_extra(StateDict& state) const {
  state["fraction"] = scalar_tensor(fraction_, DType::f64);
}
void CosineAnnealingWarmRestarts::load_extra(const StateDict& state) {
  const auto found = state.find("fraction");
  if (found != state.end() && found->second.numel() != 1)
    fail<ValueError>(name(), ": load_state_dict: fraction is not one number: ", found->second.shape());
  const double fraction = found == state.end() ? 0 : found->second.item();
  detail::check_range(name(), "fraction", fraction, unit_open);
  fraction_ = fraction;
}

}  // namespace gradus::optim
