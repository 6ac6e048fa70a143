#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

enum class PlateauMode { min, max };
enum class ThresholdMode { rel, abs };
struct ReduceLROnPlateauOptions {
  PlateauMode mode = PlateauMode::min;                ///< whether a better metric is smaller or larger
  double factor = 0.1;                                ///< in (0, 1)
  Index patience = 10;                                ///< bad epochs that are put up with
  double threshold = 1e-4;                            ///< >= 0; by how much a metric must be better to count
  ThresholdMode threshold_mode = ThresholdMode::rel;  ///< rel: times the best; on the wrong side if that is negative
  Index cooldown = 0;                                 ///< epochs after a reduction in which none is bad
  double min_lr = 0;                                  ///< >= 0
  double eps = 1e-8;                                  ///< >= 0; a reduction by no more than this is left out
  std::vector<double> min_lrs = {};                   ///< instead of min_lr: one per group
  static std::span<const OptionRow<ReduceLROnPlateauOptions>> rows();
  static std::span<const ChoiceRow<ReduceLROnPlateauOptions>> choices();
  static void check(const ReduceLROnPlateauOptions&) {}
};
/// Multiplies the *current* rates by factor after patience + 1 epochs in a row without a better metric, as in PyTorch. A
/// NaN is a bad epoch. It follows a metric instead of a counter, so it is no Scheduler and cannot stand in a chain.
/// Throws ValueError for options out of range.
class ReduceLROnPlateau {
 public:
  using Options = ReduceLROnPlateauOptions;
  explicit ReduceLROnPlateau(OptimizerBase& optimizer, Options options = {});
  ReduceLROnPlateau(const ReduceLROnPlateau&) = delete;
  ReduceLROnPlateau& operator=(const ReduceLROnPlateau&) = delete;

  /// Takes an epoch's metric; true if a rate was reduced.
  bool step(double metric);
  double best() const { return best_; }
  Index bad_epochs() const { return bad_; }
  Index cooldown_left() const { return cooldown_left_; }
  std::vector<double> last_lr() const;

  /// Best metric and counters; the rates are the optimizer's.
  StateDict state_dict() const;
  /// All or nothing; throws ValueError for a state that does not fit.
  void load_state_dict(const StateDict& state);

 private:
  bool better(double metric) const;
  const Options o_;
  OptimizerBase* optimizer_;
  double best_;
  Index bad_ = 0, cooldown_left_ = 0;
};

}  // namespace gradus::optim
