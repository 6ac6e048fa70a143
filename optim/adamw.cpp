#include <gradus/optim/adamw.hpp>
#include <gradus/optim/element.hpp>

#include <cmath>

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
  const auto t = static_cast<double>(++state.step);
  const double step_size = o.lr / (1 - std::pow(o.beta1, t));
  const double inv_root = 1 / std::sqrt(1 - std::pow(o.beta2, t));  // 1 / sqrt of the second bias correction
  const double keep = 1 - (o.decay_by_lr ? o.lr * o.weight_decay : o.weight_decay);
  const double sign = o.maximize ? -1 : 1;
  const auto moments = [=](auto& p, auto g, auto& m, auto& v) {
    const auto d = sign * g;
    p *= keep;
    m += (1 - o.beta1) * (d - m);
    v += (1 - o.beta2) * (d * d - v);
  };
  // The rules keep the shape of their formulas:
  // clang-format off
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
