#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/logic.hpp>

namespace gradus {
namespace {
/// g where the mask is true, else 0.
Variable kept(const Tensor& mask, const Variable& g) { return where(mask, g, scalar_tensor(0, g.dtype())); }
Variable one(const Variable& like) { return scalar_tensor(1, like.dtype()); }
}  // namespace

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
                edge(a, [](auto& g, auto& b) { return g / b; }, b),
                edge(b, [](auto& g, auto& b, auto& y) { return -(g * (y / b)); }, b, output));
}
Variable operator-(const Variable& x) {
  return record("neg", -x.data(), edge(x, [](auto& g) { return -g; }));
}
Variable pow(const Variable& a, const Variable& b) {
  return record("pow", pow(a.data(), b.data()),
                edge(a, [](auto& g, auto& a, auto& b) {
                  const Tensor flat = (b == 0) & !isfinite(g.data() / a.data());  // 0 * inf, were it not masked
                  return kept(!flat, g) * (b * pow(where(flat, one(a), a), b - 1));
                }, a, b),
                edge(b, [](auto& g, auto& a, auto& b, auto& y) {
                  const Tensor flat = (a == 0) & (b >= 0);  // 0 * -inf
                  return kept(!flat, g) * (y * log(where(flat, one(a), a)));
                }, a, b, output));
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
  return record("scalar_div", a / b.data(), edge(b, [](auto& g, auto& b, auto& y) { return -(g * (y / b)); }, b, output));
}
Variable pow(const Variable& a, Scalar b) {
  const double n = b.as_double();
  return record("pow_scalar", pow(a.data(), b), edge(a, [n](auto& g, auto& a) -> Variable {
                  if (n == 0) return zeros_like(g.data());  // 0 * pow(0, -1) would be NaN
                  if (n == 2) return g * a * 2;
                  return g * (pow(a, n - 1) * n);
                }, a));
}

Variable to(const Variable& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return record("to", to(x.data(), dtype), edge(x, [from = x.dtype()](auto& g) { return to(g, from); }));
}

namespace {
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
namespace {
/// -floor(a / b), y being the remainder. Where b is infinite, y is a, or b if the signs differ.
Tensor whole_quotient(const Tensor& a, const Tensor& b, const Tensor& y) {
  return where(isinf(b), sign(y - a) * sign(b), round(y / b - a / b));
}
}  // namespace
Variable remainder(const Variable& a, const Variable& b) {
  return record("remainder", remainder(a.data(), b.data()),
                edge(a, [](auto& g) { return g; }),
                edge(b, [](auto& g, auto& a, auto& b, auto& y) { return g * whole_quotient(a.data(), b.data(), y.data()); }, a, b, output));
}
Variable remainder(const Variable& a, Scalar b) {
  return record("remainder_scalar", remainder(a.data(), b), edge(a, [](auto& g) { return g; }));
}
Variable atan2(const Variable& y, const Variable& x) {
  return record("atan2", atan2(y.data(), x.data()),
                edges<2>({y, x}, [](auto& g, auto&, auto& y, auto& x) {
                  // The larger side is a constant here: scaled by it, no square leaves the range.
                  const Tensor larger = maximum(abs(x.data()), abs(y.data()));
                  const Tensor scale = masked_fill(larger, (larger == 0) | isinf(larger), 1);
                  const Variable u = x / scale, v = y / scale, squares = u * u + v * v;
                  const Variable q = kept(squares != 0, g / scale / squares);  // 0 at the origin
                  return std::array{q * u, -(q * v)};
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
