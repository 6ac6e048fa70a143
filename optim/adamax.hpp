#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdamaxOptions {
  static constexpr const char* name = "Adamax";
  double lr = 2e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;                  ///< >= 0, inside the maximum
  double weight_decay = 0;            ///< >= 0, added to the gradient (L2)
  bool maximize = false;
  static std::span<const OptionRow<AdamaxOptions>> rows();
};

/// Adam with the largest recent gradient in place of the root mean square (Kingma and Ba, arXiv 1412.6980, section 7.1).
/// State: exp_avg, exp_inf.
class Adamax : public Optimizer<AdamaxOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"exp_avg", p}, {"exp_inf", p}}; }
};

}  // namespace gradus::optim
