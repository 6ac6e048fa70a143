#include <gradus/optim/clip.hpp>
#include <gradus/optim/element.hpp>
#include <gradus/tensor/arithmetic.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {
std::vector<Tensor*> gradients(const std::vector<Variable>& parameters) {
  std::vector<Tensor*> found;
  for (const Variable& p : parameters)
    if (Tensor& g = p.grad(); g.defined()) found.push_back(&g);
  return found;
}
}  // namespace

double clip_grad_norm_(const std::vector<Variable>& parameters, double max_norm, ClipOptions options) {
  const double p = options.norm_type;
  if (!(max_norm >= 0) || !std::isfinite(max_norm)) fail<ValueError>("clip_grad_norm_: max_norm must be finite and >= 0: got ", max_norm);
  if (!(p >= 1)) fail<ValueError>("clip_grad_norm_: norm_type must be at least 1: got ", p);
  const auto found = gradients(parameters);
  double largest = 0;
  for (const Tensor* g : found)
    for (const double v : g->to_vector<double>()) largest = std::isnan(v) || std::isnan(largest) ? std::nan("") : std::max(largest, std::abs(v));
  double norm = largest;
  if (!std::isinf(p) && std::isfinite(largest) && largest > 0) {
    double sum = 0;  // of values scaled into [0, 1]: no overflow however large they are
    for (const Tensor* g : found)
      for (const double v : g->to_vector<double>()) sum += std::pow(std::abs(v) / largest, p);
    norm = largest * std::pow(sum, 1 / p);
  }
  if (options.error_if_nonfinite && !std::isfinite(norm))
    fail<ValueError>("clip_grad_norm_: the norm of the gradients is not finite: ", norm);
  const double scale = std::min(1.0, max_norm / (norm + 1e-6));
  for (Tensor* g : found) mul_(*g, std::isnan(norm) ? norm : scale);
  return norm;
}

void clip_grad_value_(const std::vector<Variable>& parameters, double limit) {
  if (!(limit >= 0) || !std::isfinite(limit)) fail<ValueError>("clip_grad_value_: the limit must be finite and >= 0: got ", limit);
  for (Tensor* g : gradients(parameters))
    for_each_element([=](auto& x) { x = x > limit ? decltype(x + x)(limit) : x < -limit ? decltype(x + x)(-limit) : x; }, *g);
}

}  // namespace gradus::optim
