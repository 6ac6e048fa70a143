// Ways up to the base rate, where they stay. Before another schedule (SequentialLR) or on top of it (ChainedScheduler).
#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

struct LinearWarmupOptions {
  Index warmup_steps = 0;   ///< >= 0; 0 is no warm-up
  double start_factor = 0;  ///< in [0, 1]
  bool from_one = false;    ///< count e + 1 instead of e, so that the first step already moves
  static std::span<const OptionRow<LinearWarmupOptions>> rows();
  static void check(const LinearWarmupOptions&) {}
};
/// start_factor + (1 - start_factor) min(1, e / warmup_steps) (Goyal et al., arXiv 1706.02677).
class LinearWarmup final : public FactorSchedule<LinearWarmupOptions> {
 public:
  LinearWarmup(OptimizerBase& optimizer, Options options) : FactorSchedule("LinearWarmup", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

struct GeometricWarmupOptions {
  Index warmup_steps = 0;      ///< >= 0; 0 is no warm-up
  double start_factor = 1e-3;  ///< in (0, 1]
  static std::span<const OptionRow<GeometricWarmupOptions>> rows();
  static void check(const GeometricWarmupOptions&) {}
};
/// start_factor^(1 - min(1, e / warmup_steps)): the same ratio from step to step.
class GeometricWarmup final : public FactorSchedule<GeometricWarmupOptions> {
 public:
  GeometricWarmup(OptimizerBase& optimizer, Options options) : FactorSchedule("GeometricWarmup", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

struct ExponentialWarmupOptions {
  double tau = 1000;  ///< > 0: steps; 1 / (1 - beta2) of Adam needs no tuning (Ma and Yarats, arXiv 1910.04209)
  static std::span<const OptionRow<ExponentialWarmupOptions>> rows();
  static void check(const ExponentialWarmupOptions&) {}
};
/// 1 - exp(-(e + 1) / tau)
class ExponentialWarmup final : public FactorSchedule<ExponentialWarmupOptions> {
 public:
  explicit ExponentialWarmup(OptimizerBase& optimizer, Options options = {})
      : FactorSchedule("ExponentialWarmup", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

/// Steps of a linear warm-up for Adam that need no tuning: 2 / (1 - beta2), rounded (arXiv 1910.04209). Throws ValueError
/// unless beta2 is in [0, 1).
Index untuned_warmup_steps(double beta2);

}  // namespace gradus::optim
