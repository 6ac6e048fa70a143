#include <gradus/optim/adadelta.hpp>
#include <gradus/optim/element.hpp>

namespace gradus::optim {

std::span<const OptionRow<AdadeltaOptions>> AdadeltaOptions::rows() {
  using O = AdadeltaOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"rho", &O::rho, {0, 1}},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"maximize", &O::maximize}};
  return table;
}

void Adadelta::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const double sign = o.maximize ? -1 : 1;
  ++state.step;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& v, auto& u) {
    const auto d = sign * g + o.weight_decay * p;
    v = mean_square(v, d, o.rho);
    const auto delta = sqrt(u + o.eps) / sqrt(v + o.eps) * d;
    u = mean_square(u, delta, o.rho);
    p -= o.lr * delta;
  }, p, g, state["square_avg"], state["acc_delta"]);
  // clang-format on
}

}  // namespace gradus::optim
