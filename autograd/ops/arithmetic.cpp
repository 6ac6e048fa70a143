#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/logic.hpp>

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

namespace {
/// g where the mask is true, else 0.
Variable kept(const Tensor& mask, const Variable& g) { return where(mask, g, scalar_tensor(0, g.dtype())); }
/// The gradient of the winner: all of it where the rival does not win, half of it in a draw.
Variable share(const Variable& g, const Tensor& rival_wins, const Tensor& draw) {
  return kept(!rival_wins, where(draw, g * 0.5, g));
}
}  // namespace

Variable maximum(const Variable& a, const Variable& b) {
  return record("maximum", maximum(a.data(), b.data()),
                edge(a, [](auto& g, auto& a, auto& b) { return share(g, a < b, a == b); }, a, b),
                edge(b, [](auto& g, auto& a, auto& b) { return share(g, b < a, a == b); }, a, b));
}
Variable minimum(const Variable& a, const Variable& b) {
  return record("minimum", minimum(a.data(), b.data()),
                edge(a, [](auto& g, auto& a, auto& b) { return share(g, a > b, a == b); }, a, b),
                edge(b, [](auto& g, auto& a, auto& b) { return share(g, b > a, a == b); }, a, b));
}
Variable clamp(const Variable& x, Scalar low, Scalar high) {
  return record("clamp", clamp(x.data(), low, high), edge(x, [low, high](auto& g, auto& x) {
                  return kept((x >= low) & (x <= high), g);
                }, x));
}
Variable clamp_min(const Variable& x, Scalar low) {
  return record("clamp_min", clamp_min(x.data(), low), edge(x, [low](auto& g, auto& x) { return kept(x >= low, g); }, x));
}
Variable clamp_max(const Variable& x, Scalar high) {
  return record("clamp_max", clamp_max(x.data(), high), edge(x, [high](auto& g, auto& x) { return kept(x <= high, g); }, x));
}
Variable remainder(const Variable& a, const Variable& b) {
  return record("remainder", remainder(a.data(), b.data()),
                edge(a, [](auto& g) { return g; }),
                edge(b, [](auto& g, auto& a, auto& b, auto& y) { return g * ((y.data() - a.data()) / b.data()); }, a, b, output));
}
Variable remainder(const Variable& a, Scalar b) {
  return record("remainder_scalar", remainder(a.data(), b), edge(a, [](auto& g) { return g; }));
}
Variable atan2(const Variable& y, const Variable& x) {
  return record("atan2", atan2(y.data(), x.data()),
                edges<2>({y, x}, [](auto& g, auto&, auto& y, auto& x) {
                  const Variable squares = x * x + y * y;
                  const Variable q = g / (squares + to(squares == 0, g.dtype()));  // 0 at the origin, as in PyTorch
                  return std::array{q * x, -(q * y)};
                }, y, x));
}
Variable where(const Tensor& mask, const Variable& a, const Variable& b) {
  return record("where", where(mask, a.data(), b.data()),
                edge(a, [](auto& g, auto& mask) { return kept(mask.data(), g); }, Variable(mask)),
                edge(b, [](auto& g, auto& mask) { return kept(!mask.data(), g); }, Variable(mask)));
}
Variable masked_fill(const Variable& x, const Tensor& mask, Scalar value) {
  return record("masked_fill", masked_fill(x.data(), mask, value),
                edge(x, [](auto& g, auto& mask) { return kept(!mask.data(), g); }, Variable(mask)));
}

Tensor operator>(const Variable& a, const Variable& b) { return a.data() > b.data(); }
Tensor operator>=(const Variable& a, const Variable& b) { return a.data() >= b.data(); }
Tensor operator<(const Variable& a, const Variable& b) { return a.data() < b.data(); }
Tensor operator<=(const Variable& a, const Variable& b) { return a.data() <= b.data(); }
Tensor operator==(const Variable& a, const Variable& b) { return a.data() == b.data(); }
Tensor operator!=(const Variable& a, const Variable& b) { return a.data() != b.data(); }
Tensor operator>(const Variable& a, Scalar b) { return a.data() > b; }
Tensor operator>=(const Variable& a, Scalar b) { return a.data() >= b; }
Tensor operator<(const Variable& a, Scalar b) { return a.data() < b; }
Tensor operator<=(const Variable& a, Scalar b) { return a.data() <= b; }
Tensor operator==(const Variable& a, Scalar b) { return a.data() == b; }
Tensor operator!=(const Variable& a, Scalar b) { return a.data() != b; }

}  // namespace gradus
