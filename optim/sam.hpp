#pragma once
#include <gradus/optim/wrapper.hpp>

namespace gradus::optim {

struct SAMOptions {
  double rho = 0.05;      ///< >= 0: how far up the loss is looked for
  bool adaptive = false;  ///< ASAM: distances relative to the weights' size; use rho = 0.5 or so
  double eta = 0.01;      ///< >= 0, added to the weights' size in ASAM
};

/// Sharpness-aware minimisation (Foret et al., arXiv 2010.01412) and its scale-invariant form ASAM (Kwon et al., arXiv
/// 2102.11600): the gradient is taken at the worst place within rho, then the inner optimizer steps from where it was.
/// Two gradients per step; batch-norm statistics should stand still in the second pass.
class SAM : public Wrapper {
 public:
  explicit SAM(std::unique_ptr<OptimizerBase> inner, SAMOptions options = {});
  /// Both passes; returns the loss of the first.
  Variable step(const Closure& closure) override;
  /// Throws StateError: without a closure, use first_step() and second_step().
  void step() override { check_step(); }
  void check_step() const override;
  /// Moves the weights up along their gradients. Then: zero_grad, forward, backward, second_step.
  void first_step();
  /// Puts the weights back, bit for bit, and lets the inner optimizer step with the new gradients.
  void second_step();
  const SAMOptions& options() const { return options_; }

 protected:
  void save_extra(StateDict&) const override;
  void check_extra(const StateDict& state) const override;

 private:
  void put_back();

  SAMOptions options_;
  std::vector<Tensor> before_;  // the weights, between the two steps; undefined where there was no gradient
};

}  // namespace gradus::optim
