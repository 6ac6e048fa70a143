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

void Adam::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto t = static_cast<double>(++state.step);
  const double step_size = o.lr / (1 - std::pow(o.beta1, t)), inv_root = 1 / std::sqrt(1 - std::pow(o.beta2, t));
  const double keep = o.decoupled_weight_decay ? 1 - o.lr * o.weight_decay : 1;
  const double l2 = o.decoupled_weight_decay ? 0 : o.weight_decay, sign = o.maximize ? -1 : 1;
  // clang-format off
  const auto moments = [=](auto& p, auto g, auto& m, auto& v) {
    const auto d = sign * g + l2 * p;
    p *= keep;
    m += (1 - o.beta1) * (d - m);
    v += (1 - o.beta2) * (d * d - v);
  };
  if (!o.amsgrad) {
    for_each_element([=](auto& p, auto g, auto& m, auto& v) {
      moments(p, g, m, v);
      p -= step_size * m / (sqrt(v) * inv_root + o.eps);
    }, p, g, state["exp_avg"], state["exp_avg_sq"]);
  } else {
    for_each_element([=](auto& p, auto g, auto& m, auto& v, auto& largest) {
      moments(p, g, m, v);
      largest = max(largest, v);
      p -= step_size * m / (sqrt(largest) * inv_root + o.eps);
    }, p, g, state["exp_avg"], state["exp_avg_sq"], state["max_exp_avg_sq"]);
  }
  // clang-format on
}

}  // namespace gradus::optim
