#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct LARSOptions {
  static constexpr const char* name = "LARS";
  double lr = 1;
  double momentum = 0.9;      ///< >= 0
  double dampening = 0;       ///< finite
  double weight_decay = 0;    ///< >= 0
  double trust_coef = 1e-3;   ///< >= 0: the step's share of the weight's norm
  double eps = 1e-8;          ///< >= 0
  bool nesterov = false;      ///< needs momentum > 0 and dampening == 0
  bool trust_clip = false;    ///< never larger steps than lr (LARC)
  bool always_adapt = false;  ///< adapt vectors, and without weight decay, too
  bool maximize = false;
  static std::span<const OptionRow<LARSOptions>> rows();
  static void check(const LARSOptions& o);
};

/// Layer-wise adaptive rate scaling (You, Gitman and Ginsburg, arXiv 1708.03888): SGD with momentum, each weight's
/// gradient scaled to a fixed share of the weight's norm. Without weight decay, and for biases and gains (fewer than two
/// axes), plain SGD without decay. State: momentum_buffer.
class LARS : public Optimizer<LARSOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"momentum_buffer", p, false}}; }
};

}  // namespace gradus::optim
