#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdanOptions {
  static constexpr const char* name = "Adan";
  double lr = 1e-3;
  double beta1 = 0.98, beta2 = 0.92, beta3 = 0.99;  ///< in [0, 1): of gradient, its difference, the squares
  double eps = 1e-8;                                ///< >= 0, added after the root
  double weight_decay = 0;                          ///< >= 0, decoupled
  double max_grad_norm = 0;                         ///< > 0: all gradients together are clipped to this norm first
  bool no_prox = false;                             ///< decay before the step instead of dividing after it
  bool maximize = false;
  static std::span<const OptionRow<AdanOptions>> rows();
};

/// Adaptive Nesterov momentum (Xie et al., arXiv 2208.06677): adds a running mean of the gradient's change, as if it
/// were taken one step ahead. The betas are one minus the paper's. State: exp_avg, exp_avg_diff, exp_avg_sq,
/// previous_grad.
class Adan : public Optimizer<AdanOptions> {
 public:
  using Optimizer::Optimizer;
  using Optimizer::step;
  void step() override;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"exp_avg", p}, {"exp_avg_diff", p}, {"exp_avg_sq", p}, {"previous_grad", p}};
  }

 private:
  double norm_ = 0;  // of all gradients, if a group limits it
};

}  // namespace gradus::optim
