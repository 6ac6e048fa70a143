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
/// the way to the fast ones, which go on from there. All parameters are pulled, also those without gradients. Where the
/// parameters are not as the last step left them (weights were loaded), the k steps start anew from what is there.
class Lookahead : public Wrapper {
 public:
  /// Lookahead(std::make_unique<AdamW>(parameters, options), {.k = 5}). Throws ValueError for options out of range.
  explicit Lookahead(std::unique_ptr<OptimizerBase> inner, LookaheadOptions options = {});
  void step() override;
  Variable step(const Closure& closure) override;
  void reset_state() override;
  const LookaheadOptions& options() const { return options_; }
  /// Those of the last step or of the construction.
  const std::vector<Tensor>& slow_weights() const { return slow_; }

 protected:
  void save_extra(StateDict& state) const override;
  void check_extra(const StateDict& state) const override;
  void load_extra(const StateDict& state) override;

 private:
  void start();
  void begin_step();
  void end_step();
  void pull();

  LookaheadOptions options_;
  Index count_ = 0;
  std::vector<Tensor> slow_;
  StateDict momentum_;       // at the last pull, for InnerState::pullback
  std::uint64_t print_ = 0;  // fingerprint of the parameters after the last step
  Index version_ = 0;        // and the sum of their versions; -1: not known
};

}  // namespace gradus::optim
