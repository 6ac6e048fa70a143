// Which learning rates train at all (Smith, arXiv 1506.01186; Smith, arXiv 1803.09820).
#pragma once
#include <gradus/nn/module.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/tensor/random.hpp>
#include <gradus/train/plot.hpp>

#include <optional>

namespace gradus::train {

struct LrRangeTestOptions {
  double low = 1e-7, high = 10;  ///< > 0, low < high: the first and the last rate
  Index steps = 100;             ///< >= 2
  bool linear = false;           ///< equal steps instead of equal ratios
  double smoothing = 0.05;       ///< in (0, 1]: weight of a new loss in the smoothed one; 1 does not smooth
  bool debias = false;           ///< divide by 1 - (1 - smoothing)^n, starting from 0 instead of the first loss
  /// > 1: stop where the smoothed loss is so many times its best; at a best that is not positive, where it has risen by one
  /// less times the largest loss until then. Also at inf and NaN.
  double stop_factor = 5;
};
struct LrRangeTestResult {
  std::vector<double> lr, loss, smoothed;  ///< one per step that was taken and had a finite loss
  bool diverged = false;                   ///< stopped before the last rate

  /// The losses averaged over about a fifth of a decade to both sides, so that nothing lags behind; what is above the losses
  /// of the start counts as that. Suggestions go by it.
  std::vector<double> curve() const;
  /// Where curve() falls fastest against log lr, left of its minimum; none if it does not fall. Trains most optimizers well;
  /// for one that scales by the norms of weights (LAMB) take a tenth.
  std::optional<double> steepest() const;
  /// A tenth of the rate where curve() is smallest; none if it does not fall.
  std::optional<double> tenth_of_best() const;
};
/// Trains with ever larger rates, the same for all groups, and gives the losses; `closure` clears gradients, computes the
/// loss of the *next* batch, calls backward() and returns it. Weights, buffers, gradients, optimizer and generator are
/// afterwards, also after an exception, what they were; data loaders are the caller's. Throws ValueError for options out
/// of range, StateError if a schedule is attached to the optimizer (its base rates would be lost).
LrRangeTestResult lr_range_test(nn::ModuleBase& model, optim::OptimizerBase& optimizer, const optim::Closure& closure,
                                LrRangeTestOptions options = {}, Generator& generator = default_generator());

/// The losses and curve() against the rate, on a logarithmic axis, with both suggestions; what explodes is cut off.
Panel lr_range_panel(const LrRangeTestResult& result, const std::string& title = "learning-rate range test");
/// The same into an SVG file, replaced whole. Throws IoError.
void save_lr_range_plot(const std::filesystem::path& path, const LrRangeTestResult& result);

}  // namespace gradus::train
