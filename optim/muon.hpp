#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct MuonOptions {
  static constexpr const char* name = "Muon";
  double lr = 1e-3;           ///< of the matrices
  double weight_decay = 0.1;  ///< >= 0, decoupled
  double momentum = 0.95;     ///< in [0, 1)
  bool nesterov = true;
  double a = 3.4445, b = -4.775, c = 2.0315;  ///< of the polynomial that pushes singular values towards 1
  double eps = 1e-7;                          ///< >= 0, floor of the norm that is divided by
  Index ns_steps = 5;                         ///< in [0, 100)
  bool match_rms_adamw = false;  ///< scale by 0.2 sqrt(max(rows, columns)) instead of sqrt(max(1, rows / columns))
  static std::span<const OptionRow<MuonOptions>> rows();
  /// Throws ValueError for a parameter with fewer than two axes.
  static void check_parameters(const std::vector<Variable>& parameters);
};

/// Momentum, orthogonalised: every direction in a weight matrix moves equally far (Jordan et al. 2024). For hidden weights
/// [out, in] only; axes behind the first are taken as one. State: momentum_buffer. For the rest see muon_with_adamw (combined.hpp).
class Muon : public Optimizer<MuonOptions> {
 public:
  using Optimizer::Optimizer;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override { return {{"momentum_buffer", p}}; }
};

/// x [.., m, n] with its singular values pushed towards 1: `steps` times a x + b (x x^T) x + c (x x^T)^2 x (Newton and
/// Schulz), after division by the Frobenius norm. Five steps leave those above 1/600 of it between 0.675 and 1.205.
Tensor orthogonalize(const Tensor& x, Index steps = 5, double a = 3.4445, double b = -4.775, double c = 2.0315,
                     double eps = 1e-7);

}  // namespace gradus::optim
