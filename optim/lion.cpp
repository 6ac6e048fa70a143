#include <gradus/optim/element.hpp>
#include <gradus/optim/lion.hpp>

namespace gradus::optim {

std::span<const OptionRow<LionOptions>> LionOptions::rows() {
  using O = LionOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, unit_open},
                                       {"weight_decay", &O::weight_decay},
                                       {"maximize", &O::maximize}};
  return table;
}

void Lion::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const double keep = 1 - o.lr * o.weight_decay, sign = o.maximize ? -1 : 1;
  ++state.step;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& m) {
    const auto d = sign * g;
    p = keep * p - o.lr * sign_of(o.beta1 * m + (1 - o.beta1) * d);
    m = o.beta2 * m + (1 - o.beta2) * d;
  }, p, g, state["exp_avg"]);
  // clang-format on
}

}  // namespace gradus::optim
