#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/linalg.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/matmul.hpp>

namespace gradus {

Variable matmul(const Variable& a, const Variable& b) {
  if (a.rank() == 1 && b.rank() >= 1) return squeeze(matmul(unsqueeze(a, 0), b), b.rank() == 1 ? 0 : -2);
  if (b.rank() == 1 && a.rank() >= 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  return record("matmul", matmul(a.data(), b.data()),
                edge(a, [](auto& g, auto& b) { return matmul(g, transpose(b)); }, b),
                edge(b, [](auto& g, auto& a) { return matmul(transpose(a), g); }, a));
}

Variable dot(const Variable& a, const Variable& b) {
  check_vectors("dot", a.shape(), b.shape(), true);
  return matmul(a, b);
}
Variable outer(const Variable& a, const Variable& b) {
  check_vectors("outer", a.shape(), b.shape(), false);
  return unsqueeze(a, 1) * b;
}

namespace {
/// [..., n] -> [rows, n].
Variable rows(const Variable& x) { return x.rank() == 2 ? x : reshape(x, {x.numel() / std::max<Index>(1, x.size(-1)), x.size(-1)}); }
}  // namespace

Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  return record("linear", linear(x.data(), weight.data(), bias.data()),
                edge(x, [](auto& g, auto& w) { return matmul(g, w); }, weight),
                edge(weight, [](auto& g, auto& x) { return matmul(transpose(rows(g)), rows(x)); }, x),
                edge(bias, [](auto& g) { return g; }));
}

}  // namespace gradus
