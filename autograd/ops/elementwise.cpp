#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>

namespace gradus {

// An operation that may overwrite its argument makes its edge first: the kernel empties the handle.

Variable exp(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * y; }, output);
  return record("exp", exp(std::move(x.data())), std::move(e));
}
Variable log(const Variable& x) {
  return record("log", log(x.data()), edge(x, [](auto& g, auto& x) { return g / x; }, x));
}
Variable sqrt(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g / (y * 2); }, output);
  return record("sqrt", sqrt(std::move(x.data())), std::move(e));
}
Variable tanh(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (1 - y * y); }, output);
  return record("tanh", tanh(std::move(x.data())), std::move(e));
}
Variable sigmoid(Variable x) {
  auto e = edge(x, [](auto& g, auto& y) { return g * (y * (1 - y)); }, output);
  return record("sigmoid", sigmoid(std::move(x.data())), std::move(e));
}
Variable relu(Variable x) {
  auto e = edge(x, fused([](auto& g, auto& y) { return g * to(y.data() > 0, y.dtype()); },
                         [](auto& g, auto& y) -> Variable { return relu_backward(g.data(), y.data()); }),
                output);
  return record("relu", relu(std::move(x.data())), std::move(e));
}
Variable abs(const Variable& x) {
  return record("abs", abs(x.data()), edge(x, [](auto& g, auto& x) { return g * sign(x.data()); }, x));
}

}  // namespace gradus
