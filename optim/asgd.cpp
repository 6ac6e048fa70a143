#include <gradus/optim/asgd.hpp>
#include <gradus/optim/element.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gradus::optim {

std::span<const OptionRow<ASGDOptions>> ASGDOptions::rows() {
  using O = ASGDOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"lambd", &O::lambd},
                                       {"alpha", &O::alpha},
                                       {"t0", &O::t0},
                                       {"weight_decay", &O::weight_decay},
                                       {"maximize", &O::maximize}};
  return table;
}

void ASGD::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto t = static_cast<double>(++state.step);
  double &eta = state.number("eta", o.lr), &mu = state.number("mu", 1);
  const double sign = o.maximize ? -1 : 1, step = eta, keep = 1 - o.lambd * eta, weight = mu;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& average) {
    const auto d = sign * g + o.weight_decay * p;
    p = keep * p - step * d;
    average = lerp(average, p, weight);
  }, p, g, state["ax"]);
  // clang-format on
  eta = o.lr / std::pow(1 + o.lambd * o.lr * t, o.alpha);  // used from the next step on
  mu = 1 / std::max(1.0, t - o.t0);
}

void ASGD::swap_averages() {
  for (Slot& s : slots_)
    if (s.state.has("ax"))
      for_each_element([](auto& p, auto& average) { std::swap(p, average); }, s.parameter.data(), s.state["ax"]);
}

}  // namespace gradus::optim
