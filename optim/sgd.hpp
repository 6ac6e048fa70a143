#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct SGDOptions {
  static constexpr const char* name = "SGD";
  double lr = 1e-3;
  double momentum = 0;      ///< >= 0
  double dampening = 0;     ///< finite
  double weight_decay = 0;  ///< >= 0, added to the gradient (L2)
  bool nesterov = false;    ///< needs momentum > 0 and dampening == 0
  bool maximize = false;
  static std::span<const OptionRow<SGDOptions>> rows();
  static void check(const SGDOptions& o);
};

/// Stochastic gradient descent with (Nesterov) momentum (Polyak 1964, Sutskever et al. 2013), as in PyTorch:
/// buffer = momentum * buffer + (1 - dampening) * g, the first time just g; the learning rate stays outside.
class SGD : public Optimizer<SGDOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"momentum_buffer", p, false}}; }
};

}  // namespace gradus::optim
