#include <gradus/optim/adam.hpp>
#include <gradus/optim/adamw.hpp>

namespace gradus::optim {

std::span<const OptionRow<AdamWOptions>> AdamWOptions::rows() {
  using O = AdamWOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, unit_open},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"amsgrad", &O::amsgrad},
                                       {"maximize", &O::maximize},
                                       {"decay_by_lr", &O::decay_by_lr}};
  return table;
}

void AdamW::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const double decay = o.decay_by_lr ? o.lr * o.weight_decay : o.weight_decay;
  const Moments moments{.beta1 = o.beta1, .beta2 = o.beta2, .sign = o.maximize ? -1.0 : 1.0, .keep = 1 - decay};
  adam_step(p, g, state, moments, o.lr, o.eps, o.amsgrad);
}

}  // namespace gradus::optim
