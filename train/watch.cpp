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
  for (const auto& [name, p] : named_parameters) {
    if (const Index n = not_finite(p.data())) {
      first = describe(name, p.data(), n);
      break;
    }
    const Tensor& g = p.grad();
    if (const Index n = g.defined() ? not_finite(g) : 0) {
      first = describe("the gradient of " + name, g, n);
      break;
    }
  }
  fail<StateError>("train: the loss became ", loss, " at step ", step, ": ", first,
                   " — try a smaller learning rate, or clip the gradients");
}

}  // namespace gradus::train
