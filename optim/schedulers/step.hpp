#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

struct StepLROptions {
  Index step_size = 0;  ///< >= 1
  double gamma = 0.1;   ///< >= 0
  static std::span<const OptionRow<StepLROptions>> rows();
  static void check(const StepLROptions&) {}
};
/// gamma^floor(e / step_size)
class StepLR final : public FactorSchedule<StepLROptions> {
 public:
  StepLR(OptimizerBase& optimizer, Options options) : FactorSchedule("StepLR", optimizer, options) { start(); }
  double factor(Index e) const override;
};

struct MultiStepLROptions {
  std::vector<Index> milestones = {};  ///< >= 0, in any order; one that is there twice counts twice
  double gamma = 0.1;                  ///< >= 0
  static std::span<const OptionRow<MultiStepLROptions>> rows();
  static void check(const MultiStepLROptions& o);
};
/// gamma^(number of milestones <= e): the drop is in force at the milestone.
class MultiStepLR final : public FactorSchedule<MultiStepLROptions> {
 public:
  MultiStepLR(OptimizerBase& optimizer, Options options);
  double factor(Index e) const override;
  StateDict settings() const override;
};

struct ExponentialLROptions {
  double gamma = 0;  ///< > 0
  static std::span<const OptionRow<ExponentialLROptions>> rows();
  static void check(const ExponentialLROptions&) {}
};
/// gamma^e
class ExponentialLR final : public FactorSchedule<ExponentialLROptions> {
 public:
  ExponentialLR(OptimizerBase& optimizer, Options options) : FactorSchedule("ExponentialLR", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

}  // namespace gradus::optim
