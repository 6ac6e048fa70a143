#include <gradus/optim/schedulers/step.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<StepLROptions>> StepLROptions::rows() {
  using O = StepLROptions;
  static const OptionRow<O> table[] = {{"step_size", &O::step_size, count_from(1)}, {"gamma", &O::gamma}};
  return table;
}
double StepLR::factor(Index e) const { return std::pow(o_.gamma, e / o_.step_size); }

std::span<const OptionRow<MultiStepLROptions>> MultiStepLROptions::rows() {
  static const OptionRow<MultiStepLROptions> table[] = {{"gamma", &MultiStepLROptions::gamma}};
  return table;
}
void MultiStepLROptions::check(const MultiStepLROptions& o) {
  for (const Index m : o.milestones)
    if (m < 0) fail<ValueError>("MultiStepLR: milestones must be >= 0: got ", m);
}
MultiStepLR::MultiStepLR(OptimizerBase& optimizer, Options options)
    : FactorSchedule("MultiStepLR", optimizer, std::move(options)) {
  start();
}
double MultiStepLR::factor(Index e) const {
  return std::pow(o_.gamma, std::count_if(o_.milestones.begin(), o_.milestones.end(), [e](Index m) { return m <= e; }));
}
StateDict MultiStepLR::settings() const {
  StateDict all = OptionSchedule::settings();
  all["milestones"] = tensor(o_.milestones);
  return all;
}

std::span<const OptionRow<ExponentialLROptions>> ExponentialLROptions::rows() {
  static const OptionRow<ExponentialLROptions> table[] = {{"gamma", &ExponentialLROptions::gamma, above_zero}};
  return table;
}
double ExponentialLR::factor(Index e) const { return std::pow(o_.gamma, e); }

}  // namespace gradus::optim
