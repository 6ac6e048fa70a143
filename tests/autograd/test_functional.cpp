// Products with Jacobians and Hessians, and the matrices.
#include <gradus/gradus.hpp>

#include "catch.hpp"

#include <cmath>

using namespace gradus;

namespace {
const Tensor point = tensor({0.5, -1.2, 2.0});

/// R^3 -> R^2 with all first derivatives different.
Variable two_values(const Variable& x) {
  return stack({sin(select(x, 0, 0)) * select(x, 0, 1), exp(select(x, 0, 2)) + select(x, 0, 0) * select(x, 0, 0)});
}
Tensor two_values_jacobian(const Tensor& x) {
  const auto v = x.to_vector<double>();
  return tensor(std::vector{std::cos(v[0]) * v[1], std::sin(v[0]), 0.0, 2 * v[0], 0.0, std::exp(v[2])}, {2, 3});
}
/// sum(x^3) + x0 x1 x2: Hessian diag(6 x) + the other factor beside the diagonal.
Variable cubic(const Variable& x) { return sum(x * x * x) + select(x, 0, 0) * select(x, 0, 1) * select(x, 0, 2); }
Tensor cubic_hessian(const Tensor& x) {
  const auto v = x.to_vector<double>();
  return tensor(std::vector{6 * v[0], v[2], v[1], v[2], 6 * v[1], v[0], v[1], v[0], 6 * v[2]}, {3, 3});
}
bool close(const Tensor& a, const Tensor& b) { return allclose(a, b, 1e-12, 1e-12); }
}  // namespace

TEST_CASE("the Jacobian and its products agree with the derivatives on paper", "[autograd][functional]") {
  const Tensor j = two_values_jacobian(point);
  CHECK(close(jacobian(two_values, point), j));
  const Tensor v = tensor({0.3, -0.7, 1.1}), u = tensor({2.0, -0.4});
  const auto forward = jvp(two_values, point, v);
  CHECK(close(forward.value, two_values(point).data()));
  CHECK(close(forward.derivative, matmul(j, v)));
  const auto reverse = vjp(two_values, point, u);
  CHECK(close(reverse.value, forward.value));
  CHECK(close(reverse.derivative, matmul(u, j)));
}

TEST_CASE("the Hessian and its product agree with the derivatives on paper", "[autograd][functional]") {
  const Tensor h = cubic_hessian(point), v = tensor({0.3, -0.7, 1.1});
  CHECK(close(hessian(cubic, point), h));
  const auto product = hvp(cubic, point, v);
  CHECK(product.value.item() == Approx(cubic(point).item()));
  CHECK(close(product.derivative, matmul(h, v)));
}

TEST_CASE("derivatives of several inputs come in blocks", "[autograd][functional]") {
  const Function product = [](const std::vector<Variable>& x) { return sum(matmul(x[0], x[1]) * x[2]); };
  Generator generator(3);
  const std::vector<Tensor> x{randn({2, 3}, DType::f64, generator), randn({3}, DType::f64, generator),
                              randn({2}, DType::f64, generator)};
  const auto j = jacobian([](const std::vector<Variable>& v) { return matmul(v[0], v[1]) * v[2]; }, x);
  CHECK(j[0].shape() == Shape{2, 2, 3});
  CHECK(j[1].shape() == Shape{2, 3});
  CHECK(close(j[1], x[0] * unsqueeze(x[2], 1)));
  CHECK(close(j[2], diag(matmul(x[0], x[1]))));
  const auto h = hessian(product, x);
  CHECK(h[0][1].shape() == Shape{2, 3, 3});
  CHECK(close(h[1][2], transpose(x[0])));
  CHECK(close(h[1][1], zeros({3, 3}, DType::f64)));
  const auto p = hvp(product, x, {zeros_like(x[0]), x[1], x[2]});
  CHECK(close(p.derivatives[1], matmul(transpose(x[0]), x[2])));
}

TEST_CASE("derivatives of constants and of linear functions are zeros of the right shape", "[autograd][functional]") {
  const auto constant = [](const Variable&) { return Variable(tensor({1.0, 2.0})); };
  CHECK(close(jacobian(constant, point), zeros({2, 3}, DType::f64)));
  CHECK(close(jvp(constant, point, point).derivative, zeros({2}, DType::f64)));
  const auto linear = [](const Variable& x) { return sum(x * 3); };
  CHECK(close(hessian(linear, point), zeros({3, 3}, DType::f64)));
  CHECK(close(hvp(linear, point, point).derivative, zeros({3}, DType::f64)));
  CHECK(close(vjp(linear, point).derivative, full({3}, 3, DType::f64)));
  CHECK(jacobian(two_values, point).shape() == Shape{2, 3});
}

TEST_CASE("functional derivatives work under NoGrad and leave gradients alone", "[autograd][functional]") {
  const Variable w = leaf(tensor({2.0, 3.0, 4.0}));
  const NoGrad off;
  const auto weighted = [&](const Variable& x) { return sum(x * x * w); };
  CHECK(close(vjp(weighted, point).derivative, point * w.data() * 2));
  CHECK(close(hessian(weighted, point), diag(w.data() * 2)));
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("functional derivatives refuse what does not fit", "[autograd][functional]") {
  CHECK_THROWS_WITH(jvp(two_values, point, tensor({1.0})),
                    "jvp: tangent 0 does not match its input: f64 [1], input is f64 [3]");
  CHECK_THROWS_WITH(vjp(two_values, point), "vjp: the function must give a scalar: its shape is [2]");
  CHECK_THROWS_WITH(vjp(two_values, point, tensor({1.0, 2.0, 3.0})),
                    "vjp: cotangent 0 does not match its input: f64 [3], input is f64 [2]");
  CHECK_THROWS_WITH(hvp(two_values, point, point), "hvp: the function must give a scalar: its shape is [2]");
  CHECK_THROWS_WITH(hessian(two_values, point), "hessian: the function must give a scalar: its shape is [2]");
  CHECK_THROWS_WITH(hvp(cubic, point, Tensor()), "hvp: vector 0 does not match its input: undefined, input is f64 [3]");
  CHECK_THROWS_WITH(jacobian([](const Variable& x) { return x * x; }, ones({1, 1, 1, 1}, DType::f64)),
                    ContainsSubstring("jacobian: too many axes: [1, 1, 1, 1] and [1, 1, 1, 1] make 8"));
  CHECK_THROWS_AS(jacobian(Function([](const auto& x) { return x[0]; }), {}), ValueError);
  CHECK_THROWS_AS(vjp([](const Variable& x) { return sum(x); }, tensor<Index>({1, 2})), DTypeError);
}
