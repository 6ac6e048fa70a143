#pragma once
#include <gradus/optim/schedulers/one_cycle.hpp>

namespace gradus::optim {

struct SWALROptions {
  double swa_lr = 0;         ///< > 0: where the rates of all groups end
  Index anneal_epochs = 10;  ///< >= 0; 0 is swa_lr at once
  Anneal anneal = Anneal::cos;
  std::vector<double> swa_lrs = {};  ///< instead of swa_lr: one per group
  static std::span<const OptionRow<SWALROptions>> rows();
  static std::span<const ChoiceRow<SWALROptions>> choices();
  static void check(const SWALROptions&) {}
};
/// From the rate that it finds at its *first step* to swa_lr, which then stays: for averaging weights (arXiv 1803.05407).
/// It is made early and stepped, instead of the main schedule, once averaging starts; or it is the last of a SequentialLR.
class SWALR final : public OptionSchedule<SWALROptions> {
 public:
  SWALR(OptimizerBase& optimizer, Options options);
  void seek(Index e) override;
  StateDict settings() const override;

 private:
  double rate(std::size_t group, Index e, double before) const override;
  double start_lr(std::size_t group) const override;
  void save_extra(StateDict& state) const override;
  void load_extra(const StateDict& state) override;
  std::vector<double> found_;  // the groups' rates at the first step
};

}  // namespace gradus::optim
