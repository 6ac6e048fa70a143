#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdafactorOptions {
  static constexpr const char* name = "Adafactor";
  double lr = 1e-2;           ///< upper bound of the relative step size min(lr, 1 / sqrt(t))
  double beta2_decay = -0.8;  ///< <= 0: the second moment forgets by t^beta2_decay
  double eps1 = 0;            ///< >= 0, floor of the second moment's root; 0 stands for the dtype's epsilon
  double eps2 = 1e-3;         ///< >= 0, floor of the parameter's root mean square
  double d = 1;               ///< >= 1: largest root mean square of the update
  double weight_decay = 0;    ///< >= 0, decoupled
  bool maximize = false;
  static std::span<const OptionRow<AdafactorOptions>> rows();
};

/// Adam's second moment kept as one number per row and one per column (Shazeer and Stern, arXiv 1804.04235): memory
/// n + m for an [n, m] weight, leading axes are batches; vectors keep it whole. State: row_var, col_var or variance.
class Adafactor : public Optimizer<AdafactorOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override;
};

}  // namespace gradus::optim
