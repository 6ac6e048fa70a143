#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdadeltaOptions {
  static constexpr const char* name = "Adadelta";
  double lr = 1;
  double rho = 0.9;         ///< in [0, 1]
  double eps = 1e-6;        ///< >= 0, inside both roots: it sets the speed of the first steps
  double weight_decay = 0;  ///< >= 0, added to the gradient (L2)
  bool maximize = false;
  static std::span<const OptionRow<AdadeltaOptions>> rows();
};

/// The step is the gradient times RMS(past steps) / RMS(past gradients), so that it has the parameter's unit (Zeiler,
/// arXiv 1212.5701). State: square_avg, acc_delta.
class Adadelta : public Optimizer<AdadeltaOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"square_avg", p}, {"acc_delta", p}}; }
};

}  // namespace gradus::optim
