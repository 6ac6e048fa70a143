#include <gradus/optim/element.hpp>
#include <gradus/optim/sgd.hpp>

namespace gradus::optim {

std::span<const OptionRow<SGDOptions>> SGDOptions::rows() {
  using O = SGDOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"momentum", &O::momentum},
                                       {"dampening", &O::dampening, any_finite},
                                       {"weight_decay", &O::weight_decay},
                                       {"nesterov", &O::nesterov},
                                       {"maximize", &O::maximize}};
  return table;
}
void SGDOptions::check(const SGDOptions& o) {
  if (o.nesterov && !(o.momentum > 0 && o.dampening == 0))
    fail<ValueError>("SGD: nesterov needs momentum > 0 and dampening == 0: momentum is ", o.momentum, ", dampening is ",
                     o.dampening);
}

void SGD::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const double sign = o.maximize ? -1 : 1;
  // The rules keep the shape of their formulas:
  // clang-format off
  if (o.momentum == 0) {
    for_each_element([=](auto& p, auto g) {
      const auto d = o.weight_decay == 0 ? sign * g : sign * g + o.weight_decay * p;
      p -= o.lr * d;
    }, p, g);
    return;
  }
  const bool first = !state.has("momentum_buffer");
  const double keep = first ? 0 : o.momentum, take = first ? 1 : 1 - o.dampening;
  for_each_element([=](auto& p, auto g, auto& buffer) {
    const auto d = o.weight_decay == 0 ? sign * g : sign * g + o.weight_decay * p;
    buffer = keep * buffer + take * d;
    p -= o.lr * (o.nesterov ? d + o.momentum * buffer : buffer);
  }, p, g, state["momentum_buffer"]);
  // clang-format on
}

}  // namespace gradus::optim
