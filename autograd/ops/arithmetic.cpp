#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>

namespace gradus {

Variable operator+(const Variable& a, const Variable& b) {
  return record("add", a.data() + b.data(), edge(a, [](auto& g) { return g; }), edge(b, [](auto& g) { return g; }));
}
Variable operator-(const Variable& a, const Variable& b) {
  return record("sub", a.data() - b.data(), edge(a, [](auto& g) { return g; }), edge(b, [](auto& g) { return -g; }));
}
Variable operator*(const Variable& a, const Variable& b) {
  return record("mul", a.data() * b.data(),
                edge(a, [](auto& g, auto& b) { return g * b; }, b),
                edge(b, [](auto& g, auto& a) { return g * a; }, a));
}
Variable operator/(const Variable& a, const Variable& b) {
  return record("div", a.data() / b.data(),
                edges<2>({a, b}, [](auto& g, auto& needs, auto& b, auto& y) {
                  const Variable q = g / b;
                  return std::array{q, needs[1] ? -(q * y) : Variable()};
                }, b, output));
}
Variable operator-(const Variable& x) {
  return record("neg", -x.data(), edge(x, [](auto& g) { return -g; }));
}
Variable pow(const Variable& a, const Variable& b) {
  return record("pow", pow(a.data(), b.data()),
                edge(a, [](auto& g, auto& a, auto& b) { return g * b * pow(a, b - 1); }, a, b),
                edge(b, [](auto& g, auto& a, auto& y) { return g * y * log(a); }, a, output));
}

Variable operator+(const Variable& a, Scalar b) {
  return record("add_scalar", a.data() + b, edge(a, [](auto& g) { return g; }));
}
Variable operator+(Scalar a, const Variable& b) { return b + a; }
Variable operator-(const Variable& a, Scalar b) {
  return record("sub_scalar", a.data() - b, edge(a, [](auto& g) { return g; }));
}
Variable operator-(Scalar a, const Variable& b) {
  return record("scalar_sub", a - b.data(), edge(b, [](auto& g) { return -g; }));
}
Variable operator*(const Variable& a, Scalar b) {
  return record("mul_scalar", a.data() * b, edge(a, [b](auto& g) { return g * b; }));
}
Variable operator*(Scalar a, const Variable& b) { return b * a; }
Variable operator/(const Variable& a, Scalar b) {
  return record("div_scalar", a.data() / b, edge(a, [b](auto& g) { return g / b; }));
}
Variable operator/(Scalar a, const Variable& b) {
  return record("scalar_div", a / b.data(), edge(b, [](auto& g, auto& b, auto& y) { return -(g * y / b); }, b, output));
}
Variable pow(const Variable& a, Scalar b) {
  const double n = b.as_double();
  return record("pow_scalar", pow(a.data(), b), edge(a, [n](auto& g, auto& a) -> Variable {
                  if (n == 0) return g * 0;  // 0 * pow(0, -1) would be NaN
                  if (n == 2) return g * a * 2;
                  return g * n * pow(a, n - 1);
                }, a));
}

Variable to(const Variable& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return record("to", to(x.data(), dtype), edge(x, [from = x.dtype()](auto& g) { return to(g, from); }));
}

Tensor operator>(const Variable& a, const Variable& b) { return a.data() > b.data(); }
Tensor operator<(const Variable& a, const Variable& b) { return a.data() < b.data(); }
Tensor operator>(const Variable& a, Scalar b) { return a.data() > b; }
Tensor operator<(const Variable& a, Scalar b) { return a.data() < b; }

}  // namespace gradus
