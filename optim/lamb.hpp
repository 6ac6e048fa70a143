#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct LAMBOptions {
  static constexpr const char* name = "LAMB";
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-6;                  ///< >= 0, added after the root
  double weight_decay = 1e-2;         ///< >= 0, part of the step whose length is set
  double max_grad_norm = 1;           ///< > 0: all gradients together are clipped to this norm first; 0: not
  bool bias_correction = true;
  bool trust_clip = false;    ///< never more than Adam's step times lr
  bool always_adapt = false;  ///< set the length also without weight decay
  bool maximize = false;
  static std::span<const OptionRow<LAMBOptions>> rows();
};

/// Adam's step with each weight's step scaled to the weight's norm, for very large batches (You et al., arXiv
/// 1904.00962). State: exp_avg, exp_avg_sq.
class LAMB : public Optimizer<LAMBOptions> {
 public:
  using Optimizer::Optimizer;
  using Optimizer::step;
  void step() override;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"exp_avg", p}, {"exp_avg_sq", p}}; }

 private:
  double norm_ = 0;  // of all gradients, if a group limits it
};

}  // namespace gradus::optim
