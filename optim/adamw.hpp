#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;                  ///< >= 0, added after the root
  double weight_decay = 1e-2;         ///< >= 0
  bool amsgrad = false;               ///< divide by the largest second moment so far (arXiv 1904.09237)
  bool maximize = false;
  bool decay_by_lr = true;  ///< decay by lr * weight_decay, as in PyTorch; false: by weight_decay alone
  static std::span<const OptionRow<AdamWOptions>> rows();
  static void check(const AdamWOptions&) {}
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101).
class AdamW : public Optimizer<AdamWOptions> {
 public:
  using Options = AdamWOptions;
  explicit AdamW(const std::vector<Variable>& parameters, Options options = {})
      : Optimizer("AdamW", parameters, options) {}
  /// "No decay on biases": AdamW(model.named_parameters(), {}, [](auto& name, auto& p) { return p.rank() < 2; },
  /// [](auto& o) { o.weight_decay = 0; }).
  template <class Predicate, class F>
  AdamW(const NamedParameters& parameters, Options options, Predicate special, F modify)
      : Optimizer("AdamW", parameters, options, special, modify) {}

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
};

}  // namespace gradus::optim
