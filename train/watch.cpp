#include <gradus/autograd/print_tape.hpp>
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

void check_finite(Index step, const Variable& loss,
                  const std::vector<std::pair<std::string, Variable>>& named_parameters) {
  if (std::isfinite(loss.item())) return;
  std::string first;
  const auto look_at = [&](const std::string& what, const Tensor& t) {
    if (!first.empty() || !t.defined() || !is_floating(t.dtype())) return;
    if (const Index n = not_finite(t)) first = join(what, " (", t.shape(), ", ", n, " of ", t.numel(), " values)");
  };
  // Values before gradients: a weight that is NaN already is the cause, gradients only pass it on.
  for (const auto& [name, p] : named_parameters) look_at(name, p.data());
  for (const auto& [name, p] : named_parameters)
    if (p.requires_grad()) look_at("the gradient of " + name, p.grad());
  const auto entries = tape(loss);  // newest first
  for (auto e = entries.rbegin(); e != entries.rend(); ++e)
    for (const KeptValue& k : e->kept)
      look_at(join(k.is_output ? "the result of " : "what was handed to ", e->op,
                   e->module.empty() ? "" : " in module ", e->module),
              k.tensor);
  look_at("the loss itself", loss.data());
  fail<StateError>("train: the loss became ", loss.item(), " at step ", step,
                   ": the first tensor that is not finite is ", first,
                   " — try a smaller learning rate, or clip the gradients");
}

}  // namespace gradus::train
