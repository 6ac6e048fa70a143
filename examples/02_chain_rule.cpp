// Chapter 2, the chain rule on a graph: by hand, by the tape, by finite differences; own operations, right and wrong.
#include "common/example.hpp"

#include <cmath>
#include <cstdio>

using namespace gradus;

namespace {

// softplus(x) = log(1 + e^x) is a smooth relu. Its derivative is 1 / (1 + e^-x), the sigmoid. An operation of our own is
// record(name, result, edge(input, rule, what the rule reads...)): the rule gets the gradient g of the result, then the values
// listed after it, and returns the gradient of the input. Here is the operation four times.

// clang-format off
/// The derivative with a sign lost: 1 / (1 + e^x).
Variable my_softplus_wrong(const Variable& x) {
  return record("my_softplus_wrong", log(1 + exp(x.data())),
                edge(x, [](auto& g, auto& x) { return g / (1 + exp(x)); }, x));
}
/// The right number, but computed from the plain tensor x.data(), which no tape sees: a constant to whoever differentiates it.
Variable my_softplus_once(const Variable& x) {
  return record("my_softplus_once", log(1 + exp(x.data())),
                edge(x, [](auto& g, auto& x) { return g * sigmoid(x.data()); }, x));
}
/// Right: written in Variable operations, so the derivative is itself a function with derivatives.
Variable my_softplus(const Variable& x) {
  return record("my_softplus", log(1 + exp(x.data())),
                edge(x, [](auto& g, auto& x) { return g * sigmoid(x); }, x));
}
/// g / (1 + e^-x) in f64, in one pass over memory instead of one for the sigmoid and one for the product.
Tensor my_softplus_backward(const Tensor& g, const Tensor& x) {
  const Tensor dense_g = contiguous(g), dense_x = contiguous(x);
  const auto gs = dense_g.span<double>(), xs = dense_x.span<double>();
  Tensor result(x.shape(), DType::f64);
  const auto out = result.mutable_span<double>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = gs[i] / (1 + std::exp(-xs[i]));
  return result;
}
/// Right and fast: a fused rule is the formula when the backward pass is itself recorded, the kernel when it is not.
Variable my_softplus_fused(const Variable& x) {
  return record("my_softplus_fused", log(1 + exp(x.data())),
                edge(x, fused([](auto& g, auto& x) { return g * sigmoid(x); },
                              [](auto& g, auto& x) -> Variable { return my_softplus_backward(g.data(), x.data()); }), x));
}
// clang-format on

void story(const ExampleOptions& options) {
  // 1. A small graph of scalars: a = x y, b = tanh a, f = b + x^2. x reaches f by two ways, through b and by itself.
  const double at_x = 0.5, at_y = -0.8;
  const Variable x = leaf(tensor(std::vector{at_x}, {})), y = leaf(tensor(std::vector{at_y}, {}));
  const Variable a = x * y, b = tanh(a), f = b + x * x;
  std::printf("a = x y = %.6f, b = tanh a = %.6f, f = b + x^2 = %.6f\n\n%s\n", a.item(), b.item(), f.item(),
              print_tape(f).c_str());

  // 2. By hand, from f backwards: each value's gradient is the sum over its uses of (gradient of the use) * (local slope).
  const double df_db = 1;                                  // f = b + ...
  const double df_da = df_db * (1 - b.item() * b.item());  // b = tanh a: slope 1 - b^2
  const double df_dx = df_da * at_y + 2 * at_x;            // two ways, two terms
  const double df_dy = df_da * at_x;                       // one way

  // 3. By the tape, which does the same in the same order. retain_grad keeps what values in the middle got.
  a.retain_grad();
  b.retain_grad();
  f.backward();

  // 4. By finite differences: move x a little to both sides, see how far f moves. No rule needed, only f; but one pair of
  // evaluations for every input, and a rounding error that no step size avoids.
  const auto value = [](double x, double y) { return std::tanh(x * y) + x * x; };
  const double h = 6e-6, x_moved = (value(at_x + h, at_y) - value(at_x - h, at_y)) / (2 * h),
               y_moved = (value(at_x, at_y + h) - value(at_x, at_y - h)) / (2 * h);
  std::printf("        by hand    tape       difference\n");
  std::printf("df/db  %9.6f  %9.6f\n", df_db, b.grad().item());
  std::printf("df/da  %9.6f  %9.6f\n", df_da, a.grad().item());
  std::printf("df/dx  %9.6f  %9.6f  %9.6f\n", df_dx, x.grad().item(), x_moved);
  std::printf("df/dy  %9.6f  %9.6f  %9.6f\n\n", df_dy, y.grad().item(), y_moved);

  // 5. gradcheck compares the tape with differences for any function, along random directions, all inputs at once;
  // gradgradcheck does it for the derivative's derivative. Every operation of this library has passed both.
  const Tensor points = randn({4, 3}, DType::f64);
  const auto check = [&](const char* name, Variable (*op)(const Variable&)) {
    const Function function = [op](const std::vector<Variable>& inputs) { return op(inputs[0]); };
    for (const auto& [what, r] :
         {std::pair{"gradcheck", gradcheck(function, {points})}, {"gradgradcheck", gradgradcheck(function, {points})}})
      std::printf("%-17s  %-13s  %-6s  tape %9.6f  differences %9.6f\n", name, what, r.ok ? "agree" : "DIFFER",
                  r.analytic, r.numeric);
  };
  check("my_softplus_wrong", my_softplus_wrong);
  check("my_softplus_once", my_softplus_once);
  check("my_softplus", my_softplus);
  check("my_softplus_fused", my_softplus_fused);
  const Function wrong_op = [](const std::vector<Variable>& inputs) { return my_softplus_wrong(inputs[0]); };
  std::printf("in its own words: %s\n\n", gradcheck(wrong_op, {points}).message.c_str());

  // 6. How good is a difference? Its own error is two errors: the curve is no straight line (grows with h), and f is known to
  // 16 digits only (grows as h shrinks). Against the right rule this makes a V; a wrong rule shows as a floor.
  const double p = 0.7;
  const Variable at = leaf(tensor(std::vector{p}, {}));
  const double right = grad(my_softplus(at), at).item(), wrong = grad(my_softplus_wrong(at), at).item();
  const auto s = [](double x) { return std::log1p(std::exp(x)); };
  train::Series central{"central", {}, {}}, forward{"forward", {}, {}}, wrong_rule{"wrong rule", {}, {}};
  double best_h = 1;
  for (double exponent = 0; exponent >= -13; exponent -= options.quick ? 1 : 0.25) {
    const double step = std::pow(10, exponent), slope = (s(p + step) - s(p - step)) / (2 * step);
    for (auto* series : {&central, &forward, &wrong_rule}) series->x.push_back(step);
    central.y.push_back(std::abs(slope - right));
    forward.y.push_back(std::abs((s(p + step) - s(p)) / step - right));
    wrong_rule.y.push_back(std::abs(slope - wrong));
    if (std::fmod(exponent, 2) == 0)
      std::printf("step %.0e  central %.0e  forward %.0e  against the wrong rule %.0e\n", step, central.y.back(),
                  forward.y.back(), wrong_rule.y.back());
    if (central.y.back() < std::abs((s(p + best_h) - s(p - best_h)) / (2 * best_h) - right)) best_h = step;
  }
  std::printf("the best central step is %.0e; the cube root of the precision of f64 is %.0e\n", best_h,
              std::cbrt(2.2e-16));
  train::save_line_plot(options.picture("02_chain_rule.svg"),
                        {{"Difference against rule", "step h", "error", {central, forward, wrong_rule}, true, true}});
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv,
                     "The chain rule by hand, by the tape and by differences; gradcheck finds planted bugs.", story);
}
