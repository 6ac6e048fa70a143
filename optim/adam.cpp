#include <gradus/optim/adam.hpp>
#include <gradus/optim/element.hpp>

#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<AdamOptions>> AdamOptions::rows() {
  using O = AdamOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, unit_open},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"amsgrad", &O::amsgrad},
                                       {"maximize", &O::maximize},
                                       {"decoupled_weight_decay", &O::decoupled_weight_decay}};
  return table;
}

void adam_step(Tensor& p, const Tensor& g, State& state, const Moments& moments, double lr, double eps, bool amsgrad) {
  const auto t = static_cast<double>(++state.step);
  const double step_size = lr / (1 - std::pow(moments.beta1, t));
  const double inv_root = 1 / std::sqrt(1 - std::pow(moments.beta2, t));  // 1 / sqrt of the second bias correction
  // The rules keep the shape of their formulas:
  // clang-format off
  if (!amsgrad) {
    for_each_element([=](auto& p, auto g, auto& m, auto& v) {
      moments(p, g, m, v);
      p -= step_size * m / (sqrt(v) * inv_root + eps);
    }, p, g, state["exp_avg"], state["exp_avg_sq"]);
  } else {
    for_each_element([=](auto& p, auto g, auto& m, auto& v, auto& largest) {
      moments(p, g, m, v);
      largest = max(largest, v);
      p -= step_size * m / (sqrt(largest) * inv_root + eps);
    }, p, g, state["exp_avg"], state["exp_avg_sq"], state["max_exp_avg_sq"]);
  }
  // clang-format on
}

void Adam::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  adam_step(p, g, state, moments_of(o), o.lr, o.eps, o.amsgrad);
}

}  // namespace gradus::optim
