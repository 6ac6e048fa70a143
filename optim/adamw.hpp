#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdamWOptions {
  static constexpr const char* name = "AdamW";
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;                  ///< >= 0, added after the root
  double weight_decay = 1e-2;         ///< >= 0
  bool amsgrad = false;               ///< divide by the largest second moment so far (arXiv 1904.09237)
  bool maximize = false;
  bool decay_by_lr = true;  ///< decay by lr * weight_decay, as in PyTorch; false: by weight_decay alone
  static std::span<const OptionRow<AdamWOptions>> rows();
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101).
class AdamW : public Optimizer<AdamWOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"exp_avg", p}, {"exp_avg_sq", p}, {"max_exp_avg_sq", p, false}};
  }
};

}  // namespace gradus::optim
