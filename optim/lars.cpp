#include <gradus/optim/element.hpp>
#include <gradus/optim/lars.hpp>
#include <gradus/tensor/statistics.hpp>

#include <algorithm>

namespace gradus::optim {

std::span<const OptionRow<LARSOptions>> LARSOptions::rows() {
  using O = LARSOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"momentum", &O::momentum},
                                       {"dampening", &O::dampening, any_finite},
                                       {"weight_decay", &O::weight_decay},
                                       {"trust_coef", &O::trust_coef},
                                       {"eps", &O::eps},
                                       {"nesterov", &O::nesterov},
                                       {"trust_clip", &O::trust_clip},
                                       {"always_adapt", &O::always_adapt},
                                       {"maximize", &O::maximize}};
  return table;
}
void LARSOptions::check(const LARSOptions& o) {
  if (o.nesterov && !(o.momentum > 0 && o.dampening == 0))
    fail<ValueError>("LARS: nesterov needs momentum > 0 and dampening == 0: momentum is ", o.momentum,
                     ", dampening is ", o.dampening);
}

void LARS::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const bool matrix = p.rank() > 1, adapt = o.always_adapt || (matrix && o.weight_decay != 0);
  const double decay = matrix || o.always_adapt ? o.weight_decay : 0, sign = o.maximize ? -1 : 1;
  double trust = 1;
  if (adapt) {
    const double weight = norm(p).item(), gradient = norm(g).item();
    if (weight > 0 && gradient > 0) trust = o.trust_coef * weight / (gradient + decay * weight + o.eps);
    if (o.trust_clip && o.lr > 0) trust = std::min(trust / o.lr, 1.0);
  }
  const bool first = !state.has("momentum_buffer");
  const double keep = first ? 0 : o.momentum, take = first ? 1 : 1 - o.dampening;
  ++state.step;
  // clang-format off
  if (o.momentum == 0) {
    for_each_element([=](auto& p, auto g) { p -= o.lr * trust * (sign * g + decay * p); }, p, g);
    return;
  }
  for_each_element([=](auto& p, auto g, auto& buffer) {
    const auto d = trust * (sign * g + decay * p);
    buffer = keep * buffer + take * d;
    p -= o.lr * (o.nesterov ? d + o.momentum * buffer : buffer);
  }, p, g, state["momentum_buffer"]);
  // clang-format on
}

}  // namespace gradus::optim
