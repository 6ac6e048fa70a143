#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

enum class CyclicMode { triangular, triangular2, exp_range };
enum class ScaleMode { cycle, iterations };
struct CyclicLROptions {
  double base_lr = 0;                               ///< >= 0; the lower edge of every group
  double max_lr = 0;                                ///< >= 0; the upper one; 0: each group's own lr
  Index step_size_up = 2000;                        ///< >= 1: steps from base_lr to max_lr
  Index step_size_down = 0;                         ///< back; 0: as many
  CyclicMode mode = CyclicMode::triangular;         ///< peaks stay, are halved each cycle, or shrink by gamma^e
  double gamma = 1;                                 ///< > 0, for exp_range
  std::function<double(double)> scale_fn = {};      ///< instead of mode: scale of the cycle's number (from 1) or of e
  ScaleMode scale_mode = ScaleMode::cycle;          ///< which of them scale_fn is given
  bool cycle_momentum = true;                       ///< move momentum (or beta1) against the learning rate
  double base_momentum = 0.8, max_momentum = 0.9;   ///< in [0, 1)
  std::vector<double> base_lrs = {}, max_lrs = {};  ///< instead of base_lr, max_lr: one per group
  std::vector<double> base_momenta = {}, max_momenta = {};  ///< the same for momentum
  static std::span<const OptionRow<CyclicLROptions>> rows();
  static std::span<const ChoiceRow<CyclicLROptions>> choices();
  static void check(const CyclicLROptions&) {}
};
/// Triangles between two rates (Smith, arXiv 1506.01186), counted in optimizer steps:
/// base_lr + (max_lr - base_lr) * height * scale. Throws ValueError for options out of range, or an optimizer with neither momentum nor beta1 while cycle_momentum is on.
class CyclicLR final : public OptionSchedule<CyclicLROptions> {
 public:
  CyclicLR(OptimizerBase& optimizer, Options options);
  double momentum(std::size_t group, Index e) const override;
  StateDict settings() const override;

 private:
  double rate(std::size_t group, Index e, double before) const override;
  /// Height of the triangle at e, in [0, 1], times the scale of its cycle.
  double height(Index e) const;
};

}  // namespace gradus::optim
