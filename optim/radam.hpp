#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct RAdamOptions {
  static constexpr const char* name = "RAdam";
  double lr = 1e-3;
  double beta1 = 0.9;       ///< in [0, 1)
  double beta2 = 0.999;     ///< in (0.6, 1): below, the variance is never tractable
  double eps = 1e-8;        ///< >= 0, added to the root before its bias correction
  double weight_decay = 0;  ///< >= 0
  bool maximize = false;
  bool decoupled_weight_decay = false;
  static std::span<const OptionRow<RAdamOptions>> rows();
};

/// Rectified Adam (Liu et al., arXiv 1908.03265): plain momentum until the second moment rests on enough gradients, then
/// Adam's step scaled by how reliable it is. State: exp_avg, exp_avg_sq.
class RAdam : public Optimizer<RAdamOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"exp_avg", p}, {"exp_avg_sq", p}}; }
};

}  // namespace gradus::optim
