// Rises linearly, then falls with the root of the step: the schedules of the Transformer. Both count e + 1.
#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

struct InverseSqrtLROptions {
  Index warmup_steps = 4000;  ///< >= 1
  static std::span<const OptionRow<InverseSqrtLROptions>> rows();
  static void check(const InverseSqrtLROptions&) {}
};
/// min(n / warmup_steps, sqrt(warmup_steps / n)), n = e + 1: the base rate is the peak.
class InverseSqrtLR final : public FactorSchedule<InverseSqrtLROptions> {
 public:
  explicit InverseSqrtLR(OptimizerBase& optimizer, Options options = {})
      : FactorSchedule("InverseSqrtLR", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

struct NoamLROptions {
  Index d_model = 512;        ///< >= 1: width of the model
  Index warmup_steps = 4000;  ///< >= 1
  double scale = 1;           ///< > 0
  static std::span<const OptionRow<NoamLROptions>> rows();
  static void check(const NoamLROptions&) {}
};
/// scale d_model^-0.5 min(n^-0.5, n warmup_steps^-1.5), n = e + 1 (Vaswani et al., arXiv 1706.03762), times the base rate,
/// which is 1 in the paper. The peak is scale (d_model warmup_steps)^-0.5.
class NoamLR final : public FactorSchedule<NoamLROptions> {
 public:
  explicit NoamLR(OptimizerBase& optimizer, Options options = {}) : FactorSchedule("NoamLR", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

}  // namespace gradus::optim
