#include <gradus/optim/element.hpp>
#include <gradus/optim/rmsprop.hpp>

namespace gradus::optim {

std::span<const OptionRow<RMSpropOptions>> RMSpropOptions::rows() {
  using O = RMSpropOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"alpha", &O::alpha, unit_open},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"momentum", &O::momentum},
                                       {"centered", &O::centered},
                                       {"maximize", &O::maximize}};
  return table;
}

void RMSprop::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const double sign = o.maximize ? -1 : 1;
  ++state.step;
  // clang-format off
  const auto plain = [=](auto& p, auto g, auto& v) {
    const auto d = sign * g + o.weight_decay * p;
    v = mean_square(v, d, o.alpha);
    return d / (sqrt(v) + o.eps);
  };
  const auto centered = [=](auto& p, auto g, auto& v, auto& mean) {
    const auto d = sign * g + o.weight_decay * p;
    v = mean_square(v, d, o.alpha);
    mean = lerp(mean, d, 1 - o.alpha);
    const auto variance = v - min(mean * mean, mean.largest());  // never inf - inf
    return d / (sqrt(max(variance, 0)) + o.eps);                 // rounding may leave it below 0
  };
  const auto go = [=](auto& p, auto direction, auto& buffer) {
    buffer = o.momentum * buffer + direction;
    p -= o.lr * buffer;
  };
  Tensor& v = state["square_avg"];
  if (!o.centered && o.momentum == 0)
    for_each_element([=](auto& p, auto g, auto& v) { p -= o.lr * plain(p, g, v); }, p, g, v);
  else if (!o.centered)
    for_each_element([=](auto& p, auto g, auto& v, auto& b) { go(p, plain(p, g, v), b); },
                     p, g, v, state["momentum_buffer"]);
  else if (o.momentum == 0)
    for_each_element([=](auto& p, auto g, auto& v, auto& a) { p -= o.lr * centered(p, g, v, a); },
                     p, g, v, state["grad_avg"]);
  else
    for_each_element([=](auto& p, auto g, auto& v, auto& a, auto& b) { go(p, centered(p, g, v, a), b); },
                     p, g, v, state["grad_avg"], state["momentum_buffer"]);
  // clang-format on
}

}  // namespace gradus::optim
