#pragma once
#include <gradus/optim/moments.hpp>
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

/// The step of Adam and AdamW, which differ in how weights decay (moments.hpp). State as below.
void adam_step(Tensor& p, const Tensor& g, State& state, const Moments& moments, double lr, double eps, bool amsgrad);

struct AdamOptions {
  static constexpr const char* name = "Adam";
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;                  ///< >= 0, added after the root
  double weight_decay = 0;            ///< >= 0
  bool amsgrad = false;               ///< divide by the largest second moment so far (Reddi et al., arXiv 1904.09237)
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p *= 1 - lr * weight_decay (AdamW) instead of g += weight_decay * p
  static std::span<const OptionRow<AdamOptions>> rows();
};

/// Adaptive moment estimation (Kingma and Ba, arXiv 1412.6980): running means of the gradient and of its square, both
/// corrected for their start at zero. State: exp_avg, exp_avg_sq (, max_exp_avg_sq).
class Adam : public Optimizer<AdamOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"exp_avg", p}, {"exp_avg_sq", p}, {"max_exp_avg_sq", p, false}};
  }
};

}  // namespace gradus::optim
