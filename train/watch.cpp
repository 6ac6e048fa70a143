#include <gradus/train/watch.hpp>

#include <cmath>

namespace gradus::train {
namespace {
Index not_finite(const Tensor& t) {
  Index n = 0;
  for (const double v : t.to_vector<double>()) n += !std::isfinite(v);
  return n;
}
}  // namespace

void check_finite(Index step, double loss, const std::vector<std::pair<std::string, Variable>>& named_parameters) {
  if (std::isfinite(loss)) return;
  std::string first = "all parameters and gradients are finite, so it arose in the forward pass";
  const auto describe = [](const std::string& what, const Tensor& t, Index n) {
    return join("the first tensor that is not finite is ", what, " (", t.shape(), ", ", n, " of ", t.numel(), " values)");
  };
  // Values before gradients: a weight that is NaN already is the cause, gradients only pass it on.
  bool found = false;
  for (const bool gradients : {false, true})
    for (const auto& [name, p] : named_parameters) {
      if (found || (gradients && !p.requires_grad())) continue;
      const Tensor t = gradients ? p.grad() : p.data();
      const Index n = t.defined() ? not_finite(t) : 0;
      if (n) first = describe(gradients ? "the gradient of " + name : name, t, n);
      found |= n > 0;
    }
  fail<StateError>("train: the loss became ", loss, " at step ", step, ": ", first,
                   " — try a smaller learning rate, or clip the gradients");
}

}  // namespace gradus::train
