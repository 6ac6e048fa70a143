#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

struct CosineAnnealingLROptions {
  Index T_max = 0;           ///< >= 1: steps from the base rate to eta_min
  double eta_min = 0;        ///< >= 0
  bool clamp_after = false;  ///< stay at eta_min; otherwise, as in PyTorch, the cosine rises again (period 2 T_max)
  static std::span<const OptionRow<CosineAnnealingLROptions>> rows();
  static void check(const CosineAnnealingLROptions&) {}
};
/// eta_min + (base - eta_min) (1 + cos(pi e / T_max)) / 2 (Loshchilov and Hutter, arXiv 1608.03983, without restarts).
class CosineAnnealingLR final : public OptionSchedule<CosineAnnealingLROptions> {
 public:
  CosineAnnealingLR(OptimizerBase& optimizer, Options options)
      : OptionSchedule("CosineAnnealingLR", optimizer, options) {
    start();
  }

 private:
  double rate(std::size_t group, Index e, double before) const override;
};

struct CosineAnnealingWarmRestartsOptions {
  Index T_0 = 0;       ///< >= 1: steps of the first cycle
  Index T_mult = 1;    ///< >= 1: each cycle is so many times as long as the one before
  double eta_min = 0;  ///< >= 0
  static std::span<const OptionRow<CosineAnnealingWarmRestartsOptions>> rows();
  static void check(const CosineAnnealingWarmRestartsOptions&) {}
};
/// The same cosine in cycles (arXiv 1608.03983): where one would reach eta_min the next starts at the base rate.
class CosineAnnealingWarmRestarts final : public OptionSchedule<CosineAnnealingWarmRestartsOptions> {
 public:
  CosineAnnealingWarmRestarts(OptimizerBase& optimizer, Options options)
      : OptionSchedule("CosineAnnealingWarmRestarts", optimizer, options) {
    start();
  }
  using Scheduler::step;
  /// Goes to a fractional index, such as epoch + batch / batches. Later step() calls keep the fraction. Throws
  /// ValueError unless finite and >= 0.
  void step(double epoch);

 private:
  double rate(std::size_t group, Index e, double before) const override;
  void save_extra(StateDict& state) const override;
  void load_extra(const StateDict& state) override;
  double fraction_ = 0;
};

}  // namespace gradus::optim
