#include <gradus/optim/element.hpp>
#include <gradus/optim/moments.hpp>
#include <gradus/optim/radam.hpp>

#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<RAdamOptions>> RAdamOptions::rows() {
  using O = RAdamOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, {0.6, 1, true, true}},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"maximize", &O::maximize},
                                       {"decoupled_weight_decay", &O::decoupled_weight_decay}};
  return table;
}

void RAdam::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto t = static_cast<double>(++state.step);
  const double c2 = 1 - std::pow(o.beta2, t), step_size = o.lr / (1 - std::pow(o.beta1, t));
  const double longest = 2 / (1 - o.beta2) - 1, length = longest - 2 * t * std::pow(o.beta2, t) / c2;
  const Moments moments = moments_of(o);
  // clang-format off
  if (length > 5) {
    const double reliable = std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
    const double scale = step_size * reliable * std::sqrt(c2);
    for_each_element([=](auto& p, auto g, auto& m, auto& v) {
      moments(p, g, m, v);
      p -= scale * m / (sqrt(v) + o.eps);
    }, p, g, state["exp_avg"], state["exp_avg_sq"]);
  } else {
    for_each_element([=](auto& p, auto g, auto& m, auto& v) {
      moments(p, g, m, v);
      p -= step_size * m;
    }, p, g, state["exp_avg"], state["exp_avg_sq"]);
  }
  // clang-format on
}

}  // namespace gradus::optim
