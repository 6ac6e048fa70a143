#include <gradus/autograd/gradcheck.hpp>
#include <gradus/autograd/ops.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/random.hpp>

#include <cmath>

namespace gradus {
namespace {

std::vector<Tensor> random_like(const std::vector<Tensor>& xs, Generator& generator) {
  std::vector<Tensor> directions;
  for (const Tensor& x : xs) directions.push_back(randn(x.shape(), x.dtype(), generator));
  return directions;
}
/// Leaves at x + h * direction.
std::vector<Variable> leaves(const std::vector<Tensor>& xs, const std::vector<Tensor>& directions, double h) {
  std::vector<Variable> moved;
  for (std::size_t i = 0; i < xs.size(); ++i) moved.push_back(leaf(xs[i] + directions[i] * h));
  return moved;
}
Variable dot(const std::vector<Variable>& a, const std::vector<Tensor>& b) {
  Variable total = scalar_tensor(0, DType::f64);
  for (std::size_t i = 0; i < a.size(); ++i) total = total + sum(a[i] * b[i]);
  return total;
}
/// grad() that takes an output without a tape for a constant.
std::vector<Variable> grad_or_zeros(const Variable& y, const std::vector<Variable>& xs, bool create_graph) {
  if (y.requires_grad()) return grad(std::vector{y}, xs, {.create_graph = create_graph});
  std::vector<Variable> zero;
  for (const Variable& x : xs) zero.push_back(zeros_like(x.data()));
  return zero;
}

GradcheckResult compare(const char* check, double analytic, double numeric, const GradcheckOptions& o) {
  const bool close = std::abs(analytic - numeric) <= o.atol + o.rtol * std::max(std::abs(analytic), std::abs(numeric));
  return {close, join(check, close ? ": agree" : ": differ", ": analytic ", analytic, ", numeric ", numeric), analytic,
          numeric};
}

void check_inputs(const char* check, const std::vector<Tensor>& inputs) {
  if (inputs.empty()) fail<ValueError>(check, ": no inputs were given");
  for (const Tensor& x : inputs)
    if (x.dtype() != DType::f64) fail<DTypeError>(check, ": needs f64 inputs: got ", x.dtype());
}

}  // namespace

GradcheckResult gradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& o) {
  check_inputs("gradcheck", inputs);
  Generator generator(o.seed);
  GradcheckResult result;
  for (int i = 0; i < o.directions && result.ok; ++i) {
    const auto v = random_like(inputs, generator);
    const Variable y = f(leaves(inputs, v, 0));
    const Tensor cotangent = randn(y.shape(), y.dtype(), generator);
    const auto loss = [&](const std::vector<Variable>& xs) { return sum(f(xs) * cotangent); };
    const auto at = leaves(inputs, v, 0);
    const double analytic = dot(grad_or_zeros(loss(at), at, false), v).item();
    const double numeric =
        (loss(leaves(inputs, v, o.step)).item() - loss(leaves(inputs, v, -o.step)).item()) / (2 * o.step);
    result = compare("gradcheck", analytic, numeric, o);
  }
  return result;
}

GradcheckResult gradgradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& o) {
  check_inputs("gradgradcheck", inputs);
  Generator generator(o.seed);
  GradcheckResult result;
  for (int i = 0; i < o.directions && result.ok; ++i) {
    const auto v = random_like(inputs, generator), w = random_like(inputs, generator);
    const Variable y = f(leaves(inputs, v, 0));
    const Tensor cotangent = randn(y.shape(), y.dtype(), generator);
    // The slope along w is itself a function of the inputs; its derivative along v is the second derivative.
    const auto slope = [&](const std::vector<Variable>& xs, bool create_graph) {
      return dot(grad_or_zeros(sum(f(xs) * cotangent), xs, create_graph), w);
    };
    const auto at = leaves(inputs, v, 0);
    const double analytic = dot(grad_or_zeros(slope(at, true), at, false), v).item();
    const double numeric =
        (slope(leaves(inputs, v, o.step), false).item() - slope(leaves(inputs, v, -o.step), false).item()) /
        (2 * o.step);
    result = compare("gradgradcheck", analytic, numeric, o);
  }
  return result;
}

}  // namespace gradus
