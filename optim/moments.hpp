// Private to optim: what Adam's family does before the step itself.
#pragma once

namespace gradus::optim {

/// Weight decay, by the gradient (l2) or beside it (keep), and the running means of the gradient and of its square.
/// Returns the gradient that they took in.
struct Moments {
  double beta1, beta2, sign = 1, l2 = 0, keep = 1;

  template <class E>
  auto operator()(E& p, const E& g, E& m, E& v) const {
    const E d = sign * g + l2 * p;
    p *= keep;
    m = lerp(m, d, 1 - beta1);
    v = mean_square(v, d, beta2);
    return d;
  }
};
/// For options with PyTorch's decoupled_weight_decay.
template <class O>
Moments moments_of(const O& o) {
  const double decay = o.weight_decay, sign = o.maximize ? -1 : 1;
  if (o.decoupled_weight_decay) return {.beta1 = o.beta1, .beta2 = o.beta2, .sign = sign, .keep = 1 - o.lr * decay};
  return {.beta1 = o.beta1, .beta2 = o.beta2, .sign = sign, .l2 = decay};
}

}  // namespace gradus::optim
