#include <gradus/optim/clip.hpp>
#include <gradus/optim/element.hpp>
#include <gradus/optim/lamb.hpp>
#include <gradus/tensor/statistics.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<LAMBOptions>> LAMBOptions::rows() {
  using O = LAMBOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta1", &O::beta1, unit_open},
                                       {"beta2", &O::beta2, unit_open},
                                       {"eps", &O::eps},
                                       {"weight_decay", &O::weight_decay},
                                       {"max_grad_norm", &O::max_grad_norm},
                                       {"bias_correction", &O::bias_correction},
                                       {"trust_clip", &O::trust_clip},
                                       {"always_adapt", &O::always_adapt},
                                       {"maximize", &O::maximize}};
  return table;
}

void LAMB::step() {
  const bool limited =
      std::any_of(groups_.begin(), groups_.end(), [](const Options& o) { return o.max_grad_norm > 0; });
  norm_ = limited ? grad_norm(parameters()) : 0;
  Optimizer::step();
}

void LAMB::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  const auto t = static_cast<double>(++state.step);
  const double c1 = o.bias_correction ? 1 - std::pow(o.beta1, t) : 1,
               c2 = o.bias_correction ? 1 - std::pow(o.beta2, t) : 1;
  const double clip = o.max_grad_norm > 0 && norm_ > o.max_grad_norm ? o.max_grad_norm / norm_ : 1;
  const double sign = (o.maximize ? -1 : 1) * clip, inv_root = 1 / std::sqrt(c2);
  Tensor direction = empty_like(p);
  // clang-format off
  for_each_element([=](const auto& p, auto g, auto& m, auto& v, auto& r) {
    const auto d = sign * g;
    m = lerp(m, d, 1 - o.beta1);
    v = mean_square(v, d, o.beta2);
    r = m / c1 / (sqrt(v) * inv_root + o.eps) + o.weight_decay * p;
  }, std::as_const(p), g, state["exp_avg"], state["exp_avg_sq"], direction);
  // clang-format on
  double trust = 1;
  if (o.weight_decay != 0 || o.always_adapt) {
    const double weight = norm(p).item(), length = norm(direction).item();
    if (weight > 0 && length > 0) trust = weight / length;
    if (o.trust_clip) trust = std::min(trust, 1.0);
  }
  for_each_element([=](auto& p, auto r) { p -= o.lr * trust * r; }, p, std::as_const(direction));
}

}  // namespace gradus::optim
