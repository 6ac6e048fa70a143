#include <gradus/optim/element.hpp>
#include <gradus/optim/moments.hpp>
#include <gradus/optim/nadam.hpp>

#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<NAdamOptions>> NAdamOptions::rows() {
  using O = NAdamOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, unit_open},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"momentum_decay", &O::momentum_decay},
                                       {"maximize", &O::maximize},
                                       {"decoupled_weight_decay", &O::decoupled_weight_decay}};
  return table;
}

void NAdam::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto t = static_cast<double>(++state.step);
  const auto momentum = [&](double at) { return o.beta1 * (1 - 0.5 * std::pow(0.96, at * o.momentum_decay)); };
  const double now = momentum(t), next = momentum(t + 1);
  double& product = state.number("mu_product", 1);
  product *= now;
  const double inv_root = 1 / std::sqrt(1 - std::pow(o.beta2, t));
  const double of_g = o.lr * (1 - now) / (1 - product), of_m = o.lr * next / (1 - product * next);
  const Moments moments = moments_of(o);
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& m, auto& v) {
    const auto d = moments(p, g, m, v);
    p -= (of_g * d + of_m * m) / (sqrt(v) * inv_root + o.eps);
  }, p, g, state["exp_avg"], state["exp_avg_sq"]);
  // clang-format on
}

}  // namespace gradus::optim
