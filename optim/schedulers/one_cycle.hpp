#pragma once
#include <gradus/optim/schedulers/scheduler.hpp>

namespace gradus::optim {

enum class Anneal { cos, linear };
struct OneCycleLROptions {
  double max_lr = 0;       ///< > 0; the peak of every group
  Index total_steps = 0;   ///< >= 1: optimizer steps in the whole cycle
  double pct_start = 0.3;  ///< in (0, 1): share of the rise
  Anneal anneal = Anneal::cos;
  bool cycle_momentum = true;  ///< move momentum (or beta1) against the learning rate
  double base_momentum = 0.85, max_momentum = 0.95;
  double div_factor = 25;            ///< start = max_lr / div_factor
  double final_div_factor = 1e4;     ///< end = start / final_div_factor
  bool three_phase = false;          ///< rise, symmetric fall, then down to the end
  std::vector<double> max_lrs = {};  ///< instead of max_lr: one per group
};
/// One rise and one fall (Smith and Topin, arXiv 1708.07120), counted in optimizer steps. Throws ValueError for options
/// out of range, or an optimizer with neither momentum nor beta1 while cycle_momentum is on; step() beyond total_steps
/// throws StateError.
class OneCycleLR : public Scheduler {
 public:
  using Options = OneCycleLROptions;
  OneCycleLR(OptimizerBase& optimizer, Options options);
  double lr(std::size_t group, Index e) const override;
  double momentum(Index e) const;

 private:
  void apply() override;
  void check_index(Index e) const override;
  /// The value at e of the curve start - peak - end, or start - peak - middle - end with three phases.
  double curve(Index e, double start, double peak, double middle, double end) const;

  Options o_;
  const char* momentum_name_ = nullptr;
};

}  // namespace gradus::optim
