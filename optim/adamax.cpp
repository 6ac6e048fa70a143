#include <gradus/optim/adamax.hpp>
#include <gradus/optim/element.hpp>

#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<AdamaxOptions>> AdamaxOptions::rows() {
  using O = AdamaxOptions;
  static const OptionRow<O> table[] = {
      {"lr", &O::lr},   {"beta1", &O::beta1, unit_open},    {"beta2", &O::beta2, unit_open},
      {"eps", &O::eps}, {"weight_decay", &O::weight_decay}, {"maximize", &O::maximize}};
  return table;
}

void Adamax::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto t = static_cast<double>(++state.step);
  const double step_size = o.lr / (1 - std::pow(o.beta1, t)), sign = o.maximize ? -1 : 1;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& m, auto& u) {
    const auto d = sign * g + o.weight_decay * p;
    m = lerp(m, d, 1 - o.beta1);
    u = max(o.beta2 * u, abs(d) + o.eps);
    p -= step_size * m / u;
  }, p, g, state["exp_avg"], state["exp_inf"]);
  // clang-format on
}

}  // namespace gradus::optim
