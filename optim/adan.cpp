#include <gradus/optim/adan.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/element.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<AdanOptions>> AdanOptions::rows() {
  using O = AdanOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, unit_open},
                                       {"beta3", &O::beta3, unit_open},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"max_grad_norm", &O::max_grad_norm},
                                       {"no_prox", &O::no_prox},
                                       {"maximize", &O::maximize}};
  return table;
}

void Adan::step() {
  const bool limited =
      std::any_of(groups_.begin(), groups_.end(), [](const Options& o) { return o.max_grad_norm > 0; });
  norm_ = limited ? grad_norm(parameters()) : 0;
  Optimizer::step();
}

void Adan::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const bool first = !state.has("previous_grad");
  const auto t = static_cast<double>(++state.step);
  const double of_m = o.lr / (1 - std::pow(o.beta1, t)), of_change = o.lr * o.beta2 / (1 - std::pow(o.beta2, t));
  const double clip = o.max_grad_norm > 0 ? std::min(1.0, o.max_grad_norm / (norm_ + o.eps)) : 1;
  const double inv_root = 1 / std::sqrt(1 - std::pow(o.beta3, t)), sign = (o.maximize ? -1 : 1) * clip;
  const double decay = 1 + o.lr * o.weight_decay, before = o.no_prox ? 2 - decay : 1, after = o.no_prox ? 1 : 1 / decay;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& m, auto& change, auto& n, auto& previous) {
    const auto d = sign * g;
    const auto difference = first ? 0 * d : d - previous;
    const auto ahead = d + o.beta2 * difference;
    m = lerp(m, d, 1 - o.beta1);
    change = lerp(change, difference, 1 - o.beta2);
    n = mean_square(n, ahead, o.beta3);
    p = after * (before * p - (of_m * m + of_change * change) / (sqrt(n) * inv_root + o.eps));
    previous = d;
  }, p, g, state["exp_avg"], state["exp_avg_diff"], state["exp_avg_sq"], state["previous_grad"]);
  // clang-format on
}

}  // namespace gradus::optim
