#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct NAdamOptions {
  static constexpr const char* name = "NAdam";
  double lr = 2e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;                  ///< >= 0, added after the root
  double weight_decay = 0;            ///< >= 0
  double momentum_decay = 4e-3;       ///< >= 0: how fast the momentum rises to beta1
  bool maximize = false;
  bool decoupled_weight_decay = false;
  static std::span<const OptionRow<NAdamOptions>> rows();
};

/// Adam with Nesterov momentum (Dozat 2016): looks one step ahead with the momentum that the next step will have.
/// State: exp_avg, exp_avg_sq, mu_product.
class NAdam : public Optimizer<NAdamOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"exp_avg", p}, {"exp_avg_sq", p}, {"mu_product", {}}};
  }
};

}  // namespace gradus::optim
