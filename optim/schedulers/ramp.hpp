#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

struct ConstantLROptions {
  double factor = 1.0 / 3;  ///< in [0, 1]
  Index total_iters = 5;    ///< >= 0
  static std::span<const OptionRow<ConstantLROptions>> rows();
  static void check(const ConstantLROptions&) {}
};
/// factor while e < total_iters, then 1.
class ConstantLR final : public FactorSchedule<ConstantLROptions> {
 public:
  explicit ConstantLR(OptimizerBase& optimizer, Options options = {})
      : FactorSchedule("ConstantLR", optimizer, options) {
    start();
  }
  double factor(Index e) const override { return e < o_.total_iters ? o_.factor : 1; }
};

struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< in [0, 1]
  double end_factor = 1;          ///< in [0, 1]
  Index total_iters = 5;          ///< >= 0; 0 is end_factor from the start
  static std::span<const OptionRow<LinearLROptions>> rows();
  static void check(const LinearLROptions&) {}
};
/// From start_factor to end_factor in total_iters equal steps, which then stays.
class LinearLR final : public FactorSchedule<LinearLROptions> {
 public:
  explicit LinearLR(OptimizerBase& optimizer, Options options = {}) : FactorSchedule("LinearLR", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

struct PolynomialLROptions {
  Index total_iters = 5;  ///< >= 1
  double power = 1;       ///< >= 0; 0 is constant
  static std::span<const OptionRow<PolynomialLROptions>> rows();
  static void check(const PolynomialLROptions&) {}
};
/// (1 - min(e, total_iters) / total_iters)^power: exactly 0 from total_iters on; with power 0 always 1, as in PyTorch.
class PolynomialLR final : public FactorSchedule<PolynomialLROptions> {
 public:
  explicit PolynomialLR(OptimizerBase& optimizer, Options options = {})
      : FactorSchedule("PolynomialLR", optimizer, options) {
    start();
  }
  double factor(Index e) const override;
};

}  // namespace gradus::optim
