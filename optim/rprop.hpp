#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct RpropOptions {
  static constexpr const char* name = "Rprop";
  double lr = 1e-2;                        ///< first step size of every element; read only then
  double eta_minus = 0.5, eta_plus = 1.2;  ///< 0 < eta_minus < 1 < eta_plus
  double min_step = 1e-6, max_step = 50;   ///< 0 < min_step <= max_step
  bool maximize = false;
  static std::span<const OptionRow<RpropOptions>> rows();
  static void check(const RpropOptions& o);
};

/// Resilient backpropagation (Riedmiller and Braun 1993): only the sign of the gradient counts; each element's step grows
/// while the sign stays and shrinks when it turns. For full batches. State: prev, step_size.
class Rprop : public Optimizer<RpropOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"prev", p}, {"step_size", p}}; }
};

}  // namespace gradus::optim
