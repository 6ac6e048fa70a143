#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct ASGDOptions {
  static constexpr const char* name = "ASGD";
  double lr = 1e-2;
  double lambd = 1e-4;      ///< >= 0: decay that is always on, and how fast the step shrinks
  double alpha = 0.75;      ///< >= 0: power of the shrinking
  double t0 = 1e6;          ///< >= 0: the step from which on parameters are averaged
  double weight_decay = 0;  ///< >= 0, added to the gradient (L2)
  bool maximize = false;
  static std::span<const OptionRow<ASGDOptions>> rows();
};

/// Averaged stochastic gradient descent (Polyak and Juditsky 1992). The average does not move the parameters: exchange
/// them with swap_averages(). State: ax, eta, mu.
class ASGD : public Optimizer<ASGDOptions> {
 public:
  using Optimizer::Optimizer;
  /// Exchanges each parameter with its average; once more, and all is as before. Parameters without steps stay.
  void swap_averages();

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"ax", p}, {"eta", {}}, {"mu", {}}}; }
};

}  // namespace gradus::optim
