#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct RMSpropOptions {
  static constexpr const char* name = "RMSprop";
  double lr = 1e-2;
  double alpha = 0.99;      ///< in [0, 1): how much of the mean square is kept
  double eps = 1e-8;        ///< >= 0, added after the root
  double weight_decay = 0;  ///< >= 0, added to the gradient (L2)
  double momentum = 0;      ///< >= 0, of the normalised gradient
  bool centered = false;    ///< divide by the standard deviation: the mean is subtracted (Graves, arXiv 1308.0850)
  bool maximize = false;
  static std::span<const OptionRow<RMSpropOptions>> rows();
};

/// Divides by the root of a running mean of squared gradients (Hinton, lecture 6e). There is no bias correction: the
/// first step is lr / sqrt(1 - alpha). State: square_avg (, grad_avg) (, momentum_buffer).
class RMSprop : public Optimizer<RMSpropOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"square_avg", p}, {"grad_avg", p, false}, {"momentum_buffer", p, false}};
  }
};

}  // namespace gradus::optim
