#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct LionOptions {
  static constexpr const char* name = "Lion";
  double lr = 1e-4;                  ///< 3 to 10 times smaller than AdamW's
  double beta1 = 0.9, beta2 = 0.99;  ///< in [0, 1): of the direction, of the momentum
  double weight_decay = 0;           ///< >= 0, decoupled; 3 to 10 times larger than AdamW's
  bool maximize = false;
  static std::span<const OptionRow<LionOptions>> rows();
};

/// Evolved sign momentum (Chen et al., arXiv 2302.06675): every element moves by lr, in the direction of a mean of
/// gradient and momentum. State: exp_avg.
class Lion : public Optimizer<LionOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"exp_avg", p}}; }
};

}  // namespace gradus::optim
