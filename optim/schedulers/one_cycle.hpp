#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

enum class Anneal { cos, linear };
struct OneCycleLROptions {
  double max_lr = 0;       ///< >= 0; the peak of every group; 0: each group's own lr
  Index total_steps = 0;   ///< >= 1: optimizer steps in the whole cycle
  double pct_start = 0.3;  ///< in (0, 1): share of the rise
  Anneal anneal = Anneal::cos;
  bool cycle_momentum = true;  ///< move momentum (or beta1) against the learning rate
  double base_momentum = 0.85, max_momentum = 0.95;
  double div_factor = 25;                                   ///< start = max_lr / div_factor
  double final_div_factor = 1e4;                            ///< end = start / final_div_factor
  bool three_phase = false;                                 ///< rise, symmetric fall, then down to the end
  std::vector<double> max_lrs = {};                         ///< > 0, instead of max_lr: one per group
  std::vector<double> base_momenta = {}, max_momenta = {};  ///< the same for momentum
  static std::span<const OptionRow<OneCycleLROptions>> rows();
  static std::span<const ChoiceRow<OneCycleLROptions>> choices();
  static void check(const OneCycleLROptions& o);
};
/// One rise and one fall (Smith and Topin, arXiv 1708.07120), counted in optimizer steps: the optimizer's lr is the peak,
/// unless max_lr gives another. Throws ValueError for options
/// out of range, or an optimizer with neither momentum nor beta1 while cycle_momentum is on; step() beyond total_steps
/// throws StateError.
class OneCycleLR final : public OptionSchedule<OneCycleLROptions> {
 public:
  OneCycleLR(OptimizerBase& optimizer, Options options);
  double momentum(std::size_t group, Index e) const override;
  StateDict settings() const override;

 private:
  double rate(std::size_t group, Index e, double before) const override;
  /// The value at e of the curve start - peak - end, or start - peak - middle - end with three phases.
  double curve(Index e, double start, double peak, double middle, double end) const;
};

}  // namespace gradus::optim
