#pragma once
#include <gradus/optim/wrapper.hpp>

namespace gradus::optim {

/// What becomes of the inner optimizer's memory when the weights are pulled back.
enum class InnerState {
  keep,     ///< it stays
  reset,    ///< it starts again
  pullback  ///< its momentum (if it keeps one) is pulled back like the weights: alpha * now + (1 - alpha) * then
};
struct LookaheadOptions {
  Index k = 5;         ///< >= 1: steps of the inner optimizer between two pulls
  double alpha = 0.5;  ///< in [0, 1]: how far the slow weights follow
  InnerState inner_state = InnerState::keep;
};

/// "k steps forward, 1 step back" (Zhang et al., arXiv 1907.08610): every k steps the slow weights go a share alpha of
/// the way to the fast ones, which go on from there. All parameters are pulled, also those without gradients.
class Lookahead : public Wrapper {
 public:
  /// Lookahead(std::make_unique<AdamW>(parameters, options), {.k = 5}). Throws ValueError for options out of range.
  explicit Lookahead(std::unique_ptr<OptimizerBase> inner, LookaheadOptions options = {});
  void step() override;
  Variable step(const Closure& closure) override;
  void reset_state() override;
  const LookaheadOptions& options() const { return options_; }
  const std::vector<Tensor>& slow_weights() const { return slow_; }

 protected:
  void save_extra(StateDict& state) const override;
  void check_extra(const StateDict& state) const override;
  void load_extra(const StateDict& state) override;

 private:
  void pull();

  LookaheadOptions options_;
  Index count_ = 0;
  std::vector<Tensor> slow_;
  StateDict momentum_;  // at the last pull, for InnerState::pullback
};

}  // namespace gradus::optim
