#include <gradus/autograd/functional.hpp>
#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus {
namespace {

std::vector<Variable> leaves_of(const char* call, const std::vector<Tensor>& inputs) {
  if (inputs.empty()) fail<ValueError>(call, ": there are no inputs");
  std::vector<Variable> leaves;
  for (const Tensor& x : inputs) leaves.push_back(leaf(x));
  return leaves;
}
void check_like(const char* call, const char* what, const std::vector<Tensor>& given, const std::vector<Tensor>& like) {
  if (given.size() != like.size())
    fail<ValueError>(call, ": needs one ", what, " per input: got ", given.size(), " for ", like.size());
  for (std::size_t i = 0; i < given.size(); ++i)
    if (!given[i].defined() || !(given[i].shape() == like[i].shape()) || given[i].dtype() != like[i].dtype())
      fail<ShapeError>(call, ": ", what, " ", i, " does not match its input: ",
                       given[i].defined() ? join(given[i].dtype(), " ", given[i].shape()) : "undefined", ", input is ",
                       like[i].dtype(), " ", like[i].shape());
}
/// The value of f on the tape, however deep the caller is in NoGrad.
Variable recorded(const Function& f, const std::vector<Variable>& leaves) {
  const Recording on(true);
  return f(leaves);
}
void check_scalar(const char* call, const Variable& y) {
  if (y.numel() != 1) fail<ShapeError>(call, ": the function must give a scalar: its shape is ", y.shape());
}
/// Gradients that stay zero where the output does not depend on anything.
std::vector<Variable> grad_or_zeros(const Variable& y, const std::vector<Variable>& xs, const GradOptions& options) {
  if (y.requires_grad()) return grad(std::vector{y}, xs, options);
  std::vector<Variable> zero;
  for (const Variable& x : xs) zero.push_back(zeros(x.shape(), x.dtype()));
  return zero;
}
std::vector<Tensor> values_of(const std::vector<Variable>& xs) {
  std::vector<Tensor> values;
  for (const Variable& x : xs) values.push_back(x.data());
  return values;
}
/// The derivative of the sum of g_i . direction_i; zeros where no g_i depends on anything.
std::vector<Tensor> along(const std::vector<Variable>& g, const std::vector<Tensor>& directions,
                          const std::vector<Variable>& xs) {
  std::vector<Variable> outputs;
  std::vector<Variable> gradients;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (!g[i].requires_grad()) continue;
    outputs.push_back(g[i]);
    gradients.emplace_back(directions[i]);
  }
  if (!outputs.empty()) return values_of(grad(outputs, xs, {.gradients = gradients}));
  std::vector<Tensor> nothing;
  for (const Variable& x : xs) nothing.push_back(zeros(x.shape(), x.dtype()));
  return nothing;
}
Shape joined(const char* call, const Shape& a, const Shape& b) {
  if (a.size() + b.size() > max_rank)
    fail<ShapeError>(call, ": too many axes: ", a, " and ", b, " make ", a.size() + b.size(), ", at most ", max_rank,
                     " are possible — flatten them");
  Shape shape = a;
  for (const Index n : b) shape.push_back(n);
  return shape;
}
/// Stacks, for each input, the gradients of all elements of y.
std::vector<Tensor> rows_of_gradients(const char* call, const Variable& y, const std::vector<Variable>& xs) {
  std::vector<Tensor> blocks;
  for (const Variable& x : xs) blocks.push_back(zeros(joined(call, y.shape(), x.shape()), x.dtype()));
  const Index n = y.numel();
  for (Index i = 0; i < n; ++i) {
    Tensor unit = zeros({n}, y.dtype());
    select(unit, 0, i).fill(1);
    const auto g = grad_or_zeros(y, xs, {.retain_graph = true, .gradients = {reshape(unit, y.shape())}});
    for (std::size_t k = 0; k < xs.size(); ++k) {
      Tensor row = select(reshape(blocks[k], {n, xs[k].numel()}), 0, i);
      row.copy_from(reshape(g[k].data(), {xs[k].numel()}));
    }
  }
  return blocks;
}
Function unary(const UnaryFunction& f) {
  return [&f](const std::vector<Variable>& x) { return f(x[0]); };
}

}  // namespace

ValueAndDerivative jvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& tangents) {
  check_like("jvp", "tangent", tangents, inputs);
  const auto xs = leaves_of("jvp", inputs);
  const Variable y = recorded(f, xs);
  if (!y.requires_grad()) return {y.data(), zeros(y.shape(), y.dtype())};
  // u -> u^T J is linear in u: its derivative along the tangents is J v, for any u.
  const Variable u = leaf(zeros(y.shape(), y.dtype()));
  const auto g = grad(std::vector{y}, xs, {.create_graph = true, .gradients = {u}});
  return {y.data(), along(g, tangents, {u})[0]};
}
ValueAndDerivative jvp(const UnaryFunction& f, const Tensor& input, const Tensor& tangent) {
  return jvp(unary(f), {input}, {tangent});
}

ValueAndDerivatives vjp(const Function& f, const std::vector<Tensor>& inputs, const Tensor& cotangent) {
  const auto xs = leaves_of("vjp", inputs);
  const Variable y = recorded(f, xs);
  if (cotangent.defined()) check_like("vjp", "cotangent", {cotangent}, {y.data()});
  else check_scalar("vjp", y);
  const Variable u = cotangent.defined() ? cotangent : ones(y.shape(), y.dtype());
  return {y.data(), values_of(grad_or_zeros(y, xs, {.gradients = {u}}))};
}
ValueAndDerivative vjp(const UnaryFunction& f, const Tensor& input, const Tensor& cotangent) {
  auto r = vjp(unary(f), std::vector{input}, cotangent);
  return {r.value, r.derivatives[0]};
}

ValueAndDerivatives hvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& vectors) {
  check_like("hvp", "vector", vectors, inputs);
  const auto xs = leaves_of("hvp", inputs);
  const Variable y = recorded(f, xs);
  check_scalar("hvp", y);
  const auto g = grad_or_zeros(y, xs, {.create_graph = true});
  return {y.data(), along(g, vectors, xs)};
}
ValueAndDerivative hvp(const UnaryFunction& f, const Tensor& input, const Tensor& vector) {
  auto r = hvp(unary(f), std::vector{input}, std::vector{vector});
  return {r.value, r.derivatives[0]};
}

std::vector<Tensor> jacobian(const Function& f, const std::vector<Tensor>& inputs) {
  const auto xs = leaves_of("jacobian", inputs);
  return rows_of_gradients("jacobian", recorded(f, xs), xs);
}
Tensor jacobian(const UnaryFunction& f, const Tensor& input) { return jacobian(unary(f), std::vector{input})[0]; }

std::vector<std::vector<Tensor>> hessian(const Function& f, const std::vector<Tensor>& inputs) {
  const auto xs = leaves_of("hessian", inputs);
  const Variable y = recorded(f, xs);
  check_scalar("hessian", y);
  std::vector<std::vector<Tensor>> blocks;
  for (const Variable& g : grad_or_zeros(y, xs, {.create_graph = true}))
    blocks.push_back(rows_of_gradients("hessian", g, xs));
  return blocks;
}
Tensor hessian(const UnaryFunction& f, const Tensor& input) { return hessian(unary(f), std::vector{input})[0][0]; }

}  // namespace gradus
