#include <gradus/optim/gradients.hpp>
#include <gradus/optim/options.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/statistics.hpp>

#include <cmath>
#include <utility>

namespace gradus::optim {
namespace {
/// f(parameter, gradient) -> new gradient, for all that are there; all or none.
template <class F>
void replace_gradients(const std::vector<Variable>& parameters, F f) {
  std::vector<std::pair<Tensor*, Tensor>> made;
  for (const Variable& p : parameters)
    if (p.requires_grad() && p.grad().defined()) made.emplace_back(&p.grad(), copy(f(p.data(), p.grad())));
  for (auto& [gradient, value] : made) *gradient = std::move(value);
}
Axes all_but_first(Index rank) {
  Axes axes;
  for (Index i = 1; i < rank; ++i) axes.push_back(i);
  return axes;
}
}  // namespace

void add_gradient_noise_(const std::vector<Variable>& parameters, Index t, double eta, double gamma,
                         Generator& generator) {
  detail::check_range("add_gradient_noise_", "eta", eta, at_least_zero);
  detail::check_range("add_gradient_noise_", "gamma", gamma, at_least_zero);
  if (t < 0) fail<ValueError>("add_gradient_noise_: the step must be at least 0: got ", t);
  const double deviation = std::sqrt(eta / std::pow(1 + static_cast<double>(t), gamma));
  replace_gradients(parameters, [&](const Tensor&, const Tensor& g) {
    return g + randn(g.shape(), g.dtype(), generator) * deviation;
  });
}

void centralize_gradients_(const std::vector<Variable>& parameters, Index min_rank) {
  if (min_rank < 2) fail<ValueError>("centralize_gradients_: min_rank must be at least 2: got ", min_rank);
  replace_gradients(parameters, [&](const Tensor&, const Tensor& g) {
    return g.rank() < min_rank || g.numel() == 0 ? g : g - mean(g, all_but_first(g.rank()), true);
  });
}

void clip_grad_adaptive_(const std::vector<Variable>& parameters, double clipping, double eps) {
  detail::check_range("clip_grad_adaptive_", "clipping", clipping, at_least_zero);
  detail::check_range("clip_grad_adaptive_", "eps", eps, at_least_zero);
  replace_gradients(parameters, [&](const Tensor& p, const Tensor& g) {
    const Axes axes = all_but_first(g.rank());
    const Tensor limit = clamp_min(norm(p, 2, axes, true), eps) * clipping, size = norm(g, 2, axes, true);
    // A unit within its limit keeps its gradient; NaN stays NaN.
    return g * minimum(limit / clamp_min(size, 1e-6), ones_like(size));
  });
}

}  // namespace gradus::optim
