#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/decompositions.hpp>
#include <gradus/autograd/ops/index.hpp>
#include <gradus/autograd/ops/linalg.hpp>
#include <gradus/autograd/ops/rearrange.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/logic.hpp>

namespace gradus::linalg {
namespace {

/// [..., n] as rows [..., 1, n] and columns [..., n, 1].
Variable row(const Variable& x) { return unsqueeze(x, -2); }
Variable column(const Variable& x) { return unsqueeze(x, -1); }
/// A number [...] for each matrix, [..., 1, 1].
Variable each_matrix(const Variable& x) { return unsqueeze(unsqueeze(x, -1), -1); }

Variable symmetric_part(const Variable& x) { return (x + transpose(x)) / 2; }
/// The lower triangle of x, mirrored to the upper.
Variable mirror_lower(const Variable& x) { return tril(x) + transpose(tril(x, -1)); }
/// x / y with 0 / 0 = 0: what nothing depends on gets no gradient.
Variable quotient(const Variable& x, const Variable& y) {
  return x / (y + to(x.data() == 0, x.dtype()) * to(y.data() == 0, x.dtype()));
}
/// x_ij / d_ij beside the diagonal and 0 on it.
Variable off_diagonal_quotient(const Variable& x, const Variable& d) {
  return quotient(masked_fill(x, eye(x.size(-1), x.dtype()) == 1, 0), d);
}

// Several results of one operation are packed below each other, all having the same number of columns, or beside.
Tensor pack(const std::vector<Tensor>& parts, Index axis = -2) { return concat(parts, axis); }
Variable rows_of(const Variable& packed, Index start, Index stop) { return slice(packed, -2, start, stop); }
Variable row_of(const Variable& packed, Index i) { return select(packed, -2, i); }

}  // namespace

namespace {
/// The gradient of a = q r, r being square. With M = r gr^T - gq^T q: (gq + q mirror_lower(M)) r^-T (Liao et al., arXiv
/// 1903.09650).
Variable of_square_r(const Variable& q, const Variable& r, const Variable& gq, const Variable& gr) {
  const Variable inner = matmul(r, transpose(gr)) - matmul(transpose(gq), q);
  return solve_triangular(transpose(r), gq + matmul(q, mirror_lower(inner)), {.left = false});
}
}  // namespace
Qr<Variable> qr(const Variable& a) {
  const Qr<Tensor> f = qr(a.data());
  const Index m = a.size(-2);
  if (m < a.size(-1)) {  // side by side: q, the square part of r, and the columns q^T a of the rest
    const Variable y = record("qr", pack({f.q, f.r}, -1), edge(a, [m](auto& g, auto& y) {
      const Variable q = slice(y, -1, 0, m), rest = slice(y, -1, 2 * m), grest = slice(g, -1, 2 * m);
      const Variable gq = slice(g, -1, 0, m) + matmul(matmul(q, rest), transpose(grest));
      return concat({of_square_r(q, slice(y, -1, m, 2 * m), gq, slice(g, -1, m, 2 * m)), matmul(q, grest)}, -1);
    }, output));
    return {slice(y, -1, 0, m), slice(y, -1, m)};
  }
  const Variable y = record("qr", pack({f.q, f.r}), edge(a, [m](auto& g, auto& y) {
    return of_square_r(rows_of(y, 0, m), rows_of(y, m, to_end), rows_of(g, 0, m), rows_of(g, m, to_end));
  }, output));
  return {rows_of(y, 0, m), rows_of(y, m, to_end)};
}

Eigh<Variable> eigh(const Variable& a) {
  const Eigh<Tensor> f = eigh(a.data());
  // V (diag(gw) + V^T gV / (w_j - w_i)) V^T (Giles, 2008).
  const Variable y = record("eigh", pack({unsqueeze(f.values, -2), f.vectors}), edge(a, [](auto& g, auto& y) {
    const Variable w = row_of(y, 0), v = rows_of(y, 1, to_end), gw = row_of(g, 0), gv = rows_of(g, 1, to_end);
    const Variable turn = off_diagonal_quotient(matmul(transpose(v), gv), row(w) - column(w));
    return symmetric_part(matmul(matmul(v, turn + row(gw) * eye(w.size(-1), w.dtype())), transpose(v)));
  }, output));
  return {row_of(y, 0), rows_of(y, 1, to_end)};
}
Variable eigvalsh(const Variable& a) {
  return record("eigvalsh", eigvalsh(a.data()), edge(a, [](auto& g, auto& a) {
    const Variable v = eigh(a).vectors;
    return matmul(v * row(g), transpose(v));
  }, a));
}

Variable cholesky(const Variable& a) {
  return record("cholesky", cholesky(a.data()), edge(a, [](auto& g, auto& l) {
    // L^-T M L^-1 / 2, M being the lower triangle of L^T g mirrored (Murray, arXiv 1602.07527).
    const Variable inner = mirror_lower(matmul(transpose(l), g));
    return solve_triangular(l, solve_triangular(transpose(l), inner, {.upper = true}), {.left = false}) / 2;
  }, output));
}

Svd<Variable> svd(const Variable& a) {
  const Svd<Tensor> f = svd(a.data());
  const Index m = a.size(-2);
  // Townsend, "Differentiating the singular value decomposition", 2016; the packed rows are U, s, V.
  const Variable y = record("svd", pack({f.u, unsqueeze(f.s, -2), transpose(f.vh)}), edge(a, [m](auto& g, auto& y) {
    const Variable u = rows_of(y, 0, m), s = row_of(y, m), v = rows_of(y, m + 1, to_end);
    const Variable gu = rows_of(g, 0, m), gs = row_of(g, m), gv = rows_of(g, m + 1, to_end);
    const Variable apart = row(s) - column(s), together = row(s) + column(s);  // their product is s_j^2 - s_i^2
    const Variable ugu = matmul(transpose(u), gu), vgv = matmul(transpose(v), gv);
    const Variable turn_u = quotient(off_diagonal_quotient(ugu - transpose(ugu), apart), together);
    const Variable turn_v = quotient(off_diagonal_quotient(vgv - transpose(vgv), apart), together);
    const Variable inner = turn_u * row(s) + column(s) * turn_v + row(gs) * eye(s.size(-1), s.dtype());
    Variable ga = matmul(matmul(u, inner), transpose(v));
    // Changes that leave the spaces spanned by u and v, where these are not the whole space.
    if (u.size(-2) > u.size(-1)) ga = ga + matmul(quotient(gu - matmul(u, ugu), row(s)), transpose(v));
    if (v.size(-2) > v.size(-1)) ga = ga + matmul(u, transpose(quotient(gv - matmul(v, vgv), row(s))));
    return ga;
  }, output));
  return {rows_of(y, 0, m), row_of(y, m), transpose(rows_of(y, m + 1, to_end))};
}
Variable svdvals(const Variable& a) {
  return record("svdvals", svdvals(a.data()), edge(a, [](auto& g, auto& a) {
    const Svd<Variable> f = svd(a);
    return matmul(f.u * row(g), f.vh);
  }, a));
}

Variable solve(const Variable& a, const Variable& b) {
  if (a.rank() >= 2 && takes_vectors(a.shape(), b.shape())) {
    Variable columns = unsqueeze(b, -1);
    while (columns.rank() < a.rank()) columns = unsqueeze(columns, 0);  // so that they are not taken for vectors again
    return squeeze(solve(a, columns), -1);
  }
  return record("solve", solve(a.data(), b.data()), edges<2>({a, b}, [](auto& g, auto& needs, auto& a, auto& x) {
    const Variable gb = solve(transpose(a), g);
    return std::array{needs[0] ? -matmul(gb, transpose(x)) : Variable(), gb};
  }, a, output));
}

Variable solve_triangular(const Variable& a, const Variable& b, const TriangularOptions& options) {
  return record("solve_triangular", solve_triangular(a.data(), b.data(), options),
                edges<2>({a, b}, [options](auto& g, auto& needs, auto& a, auto& x) {
    TriangularOptions flipped = options;
    flipped.upper = !options.upper;
    const Variable gb = solve_triangular(transpose(a), g, flipped);
    if (!needs[0]) return std::array{Variable(), gb};
    const Variable ga = -(options.left ? matmul(gb, transpose(x)) : matmul(transpose(x), gb));
    const Index offset = options.unitriangular ? 1 : 0;  // of the first diagonal that is read
    return std::array{options.upper ? triu(ga, offset) : tril(ga, -offset), gb};
  }, a, output));
}

Variable inv(const Variable& a) {
  return record("inv", inv(a.data()), edge(a, [](auto& g, auto& y) {
    return -matmul(matmul(transpose(y), g), transpose(y));
  }, output));
}

Variable det(const Variable& a) {
  const auto formula = [](auto& g, auto& a, auto& y) { return each_matrix(g * y) * transpose(inv(a)); };
  return record("det", det(a.data()), edge(a, fused(formula, [formula](auto& g, auto& a, auto& y) -> Variable {
    if (all(y.data() != 0)) return formula(g, a, y);
    return each_matrix(g) * cofactors(a.data());
  }), a, output));
}
Slogdet<Variable> slogdet(const Variable& a) {
  Slogdet<Tensor> f = slogdet(a.data());
  return {f.sign, record("slogdet", std::move(f.logabsdet), edge(a, [](auto& g, auto& a) {
    return each_matrix(g) * transpose(inv(a));
  }, a))};
}

}  // namespace gradus::linalg
