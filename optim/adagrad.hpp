#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdagradOptions {
  static constexpr const char* name = "Adagrad";
  double lr = 1e-2;
  double lr_decay = 0;                   ///< >= 0: lr / (1 + (t - 1) lr_decay)
  double weight_decay = 0;               ///< >= 0, added to the gradient (L2)
  double initial_accumulator_value = 0;  ///< >= 0
  double eps = 1e-10;                    ///< >= 0, added after the root
  bool maximize = false;
  static std::span<const OptionRow<AdagradOptions>> rows();
};

/// Divides by the root of the sum of all squared gradients (Duchi, Hazan and Singer 2011): step k of a constant gradient
/// is lr / sqrt(k). State: sum.
class Adagrad : public Optimizer<AdagradOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"sum", p}}; }
};

}  // namespace gradus::optim
