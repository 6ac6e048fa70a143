// Decompositions against textbook algorithms: Gram-Schmidt, Jacobi rotations, Gauss elimination. What a decomposition
// leaves open (the signs of vectors) is removed by the row's function.
#include "ops/table.hpp"

#include <algorithm>
#include <cmath>

namespace optable {
using V = const std::vector<Variable>&;
using linalg::TriangularOptions;

namespace {
Variable some(const Shape& s) { return leaf(ones(s)); }
/// [m, n] with the values first, first + step, ... on the diagonal.
Tensor diagonal(Index m, Index n, double first, double step, DType d) {
  const Tensor on = to(unsqueeze(arange(m), 1) == unsqueeze(arange(n), 0), d);
  return on * (arange(n, d) * step + first);
}
/// x + diagonal: well-conditioned for x in [-1, 1].
Variable shifted(const Variable& x, double first = 3, double step = 0) {
  return x + diagonal(x.size(-2), x.size(-1), first, step, x.dtype());
}
/// Symmetric with eigenvalues >= 1 that keep apart.
Variable definite(const Variable& x) { return shifted(matmul(x, transpose(x)) * 0.3, 1, 2); }
/// left diag(1, 1/2, 1/3, ...) right: depends on both, but not on signs common to a column of left and a row of right.
Variable weighted(const Variable& left, const Variable& right) {
  return matmul(left / (arange(left.size(-1), left.dtype()) + 1), right);
}
/// The results for each matrix behind each other.
Variable both(const Variable& values, const Variable& matrix) { return concat({values, flatten(matrix, -2)}, -1); }

struct Matrix {
  Index m = 0, n = 0;
  std::vector<double> v = std::vector<double>(static_cast<std::size_t>(m * n));
  double& operator()(Index i, Index j) { return v[static_cast<std::size_t>(i * n + j)]; }
  double operator()(Index i, Index j) const { return v[static_cast<std::size_t>(i * n + j)]; }
};
template <class F>
Matrix fill(Index m, Index n, F f) {
  Matrix a{m, n};
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) a(i, j) = f(i, j);
  return a;
}
Matrix transposed(const Matrix& a) {
  return fill(a.n, a.m, [&](Index i, Index j) { return a(j, i); });
}
Matrix product(const Matrix& a, const Matrix& b) {
  return fill(a.m, b.n, [&](Index i, Index j) {
    double sum = 0;
    for (Index l = 0; l < a.n; ++l) sum += a(i, l) * b(l, j);
    return sum;
  });
}
Matrix with_shift(const Matrix& x, double first = 3, double step = 0) {
  return fill(x.m, x.n, [&](Index i, Index j) { return x(i, j) + (i == j ? first + step * static_cast<double>(j) : 0); });
}
Matrix made_definite(const Matrix& x) {
  const Matrix square = product(x, transposed(x));
  return with_shift(fill(x.m, x.m, [&](Index i, Index j) { return 0.3 * square(i, j); }), 1, 2);
}
Matrix weighted_product(const Matrix& left, const Matrix& right) {
  return product(fill(left.m, left.n, [&](Index i, Index j) { return left(i, j) / (static_cast<double>(j) + 1); }), right);
}
std::vector<double> joined(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Gauss elimination with row exchanges: b becomes a^-1 b. The result is the determinant.
double eliminate(Matrix a, Matrix& b) {
  double det = 1;
  for (Index c = 0; c < a.n; ++c) {
    Index best = c;
    for (Index r = c; r < a.m; ++r)
      if (std::abs(a(r, c)) > std::abs(a(best, c))) best = r;
    if (best != c) det = -det;
    for (Index j = 0; j < a.n; ++j) std::swap(a(c, j), a(best, j));
    for (Index j = 0; j < b.n; ++j) std::swap(b(c, j), b(best, j));
    det *= a(c, c);
    for (Index r = 0; r < a.m; ++r) {
      const double factor = r == c ? 1 - 1 / a(c, c) : a(r, c) / a(c, c);
      for (Index j = 0; j < b.n; ++j) b(r, j) -= factor * b(c, j);
      for (Index j = a.n; j-- > c;) a(r, j) -= factor * a(c, j);
    }
  }
  return det;
}
/// Gram-Schmidt: q, and r = q^T a with a positive diagonal.
std::pair<Matrix, Matrix> orthogonalized(const Matrix& a) {
  const Index k = std::min(a.m, a.n);
  Matrix q = fill(a.m, k, [&](Index i, Index j) { return a(i, j); });
  for (Index j = 0; j < k; ++j) {
    for (Index l = 0; l < j; ++l) {
      double dot = 0;
      for (Index i = 0; i < a.m; ++i) dot += q(i, l) * q(i, j);
      for (Index i = 0; i < a.m; ++i) q(i, j) -= dot * q(i, l);
    }
    double square = 0;
    for (Index i = 0; i < a.m; ++i) square += q(i, j) * q(i, j);
    for (Index i = 0; i < a.m; ++i) q(i, j) /= std::sqrt(square);
  }
  return {q, product(transposed(q), a)};
}
struct Decomposed {
  Matrix u;
  std::vector<double> s;
  Matrix v;
};
/// a = u diag(s) v^T for a tall a: its columns are rotated in pairs until all are orthogonal (Hestenes), then sorted.
Decomposed rotated(Matrix a) {
  Matrix v = fill(a.n, a.n, [](Index i, Index j) { return i == j ? 1.0 : 0.0; });
  for (int sweep = 0; sweep < 30; ++sweep)
    for (Index p = 0; p < a.n; ++p)
      for (Index q = p + 1; q < a.n; ++q) {
        double pp = 0, qq = 0, pq = 0;
        for (Index i = 0; i < a.m; ++i) pp += a(i, p) * a(i, p), qq += a(i, q) * a(i, q), pq += a(i, p) * a(i, q);
        const double angle = std::atan2(2 * pq, pp - qq) / 2, c = std::cos(angle), s = std::sin(angle);
        for (Matrix* x : {&a, &v})
          for (Index i = 0; i < x->m; ++i) {
            const double left = (*x)(i, p), right = (*x)(i, q);
            (*x)(i, p) = c * left + s * right;
            (*x)(i, q) = c * right - s * left;
          }
      }
  std::vector<std::pair<double, Index>> order;
  for (Index j = 0; j < a.n; ++j) {
    double square = 0;
    for (Index i = 0; i < a.m; ++i) square += a(i, j) * a(i, j);
    order.emplace_back(-std::sqrt(square), j);
  }
  std::sort(order.begin(), order.end());
  Decomposed d{a, {}, v};
  for (Index j = 0; j < a.n; ++j) {
    const auto [minus, from] = order[static_cast<std::size_t>(j)];
    d.s.push_back(-minus);
    for (Index i = 0; i < a.m; ++i) d.u(i, j) = a(i, from) / -minus;
    for (Index i = 0; i < a.n; ++i) d.v(i, j) = v(i, from);
  }
  return d;
}
/// Values of a symmetric definite matrix in ascending order, and its weighted vectors.
std::vector<double> eigen(const Matrix& x, bool vectors) {
  Decomposed d = rotated(made_definite(x));
  std::reverse(d.s.begin(), d.s.end());
  if (!vectors) return d.s;
  const Matrix v = fill(d.v.m, d.v.n, [&](Index i, Index j) { return d.v(i, d.v.n - 1 - j); });
  return joined(d.s, weighted_product(v, transposed(v)).v);
}
std::vector<double> singular(const Matrix& x, bool vectors) {
  const Matrix a = with_shift(x, 1, 2);
  Decomposed d = rotated(a.m < a.n ? transposed(a) : a);
  if (!vectors) return d.s;
  if (a.m < a.n) std::swap(d.u, d.v);
  return joined(d.s, weighted_product(d.u, transposed(d.v)).v);
}
Matrix factored(const Matrix& a) {  // Cholesky, row by row
  Matrix l{a.m, a.m};
  for (Index i = 0; i < a.m; ++i)
    for (Index j = 0; j <= i; ++j) {
      double rest = a(i, j);
      for (Index t = 0; t < j; ++t) rest -= l(i, t) * l(j, t);
      l(i, j) = i == j ? std::sqrt(rest) : rest / l(j, j);
    }
  return l;
}

/// f on each matrix of the batch; an input without the batch axes serves all of them.
Reference each_matrix(std::function<std::vector<double>(const std::vector<Matrix>&)> f) {
  return [f](const std::vector<Tensor>& x) {
    Index count = 1;
    for (const Tensor& t : x)
      if (t.rank() > 2) count = t.size(0);
    std::vector<double> out;
    for (Index i = 0; i < count; ++i) {
      std::vector<Matrix> matrices;
      for (const Tensor& t : x) matrices.push_back({t.size(-2), t.size(-1), (t.rank() > 2 ? t[i] : t).to_vector<double>()});
      out = joined(out, f(matrices));
    }
    return out;
  };
}
Reference eliminated() {
  return each_matrix([](const std::vector<Matrix>& x) {
    Matrix b = x[1];
    eliminate(with_shift(x[0]), b);
    return b.v;
  });
}
Reference vectors_eliminated() {
  return [](const std::vector<Tensor>& x) { return eliminated()({x[0], unsqueeze(x[1], -1)}); };
}
double determinant(const Matrix& a) {
  Matrix none{a.m, 0};
  return eliminate(a, none);
}

OpRow triangular_row(const TriangularOptions& o, std::vector<ErrorRow> errors = {}) {
  const Reference reference = each_matrix([o](const std::vector<Matrix>& x) {
    const Matrix a = with_shift(x[0]);
    const Matrix t = fill(a.m, a.n, [&](Index i, Index j) {
      return i == j ? (o.unitriangular ? 1 : a(i, i)) : (i < j) == o.upper ? a(i, j) : 0;
    });
    Matrix b = o.left ? x[1] : transposed(x[1]);
    eliminate(o.left ? t : transposed(t), b);
    return o.left ? b.v : transposed(b).v;
  });
  std::vector<std::vector<Shape>> samples = {{{3, 3}, {3, 2}}, {{1, 1}, {1, 1}}, {{2, 2, 2}, {2, 2}}, {{0, 0}, {0, 2}}};
  if (!o.left) samples = {{{3, 3}, {2, 3}}, {{2, 2}, {2, 2, 2}}, {{0, 0}, {2, 0}}};
  return {"solve_triangular", [o](V x) { return linalg::solve_triangular(shifted(x[0]), x[1], o); }, samples, -1, 1, reference,
          std::move(errors)};
}
}  // namespace

std::vector<OpRow> decomposition_rows() {
  const std::vector<std::vector<Shape>> squares = {{{3, 3}}, {{1, 1}}, {{2, 2, 2}}, {{4, 4}}, {{0, 0}}};
  const std::vector<std::vector<Shape>> matrices = {{{3, 3}}, {{4, 2}}, {{2, 4}}, {{1, 1}}, {{2, 3, 2}}, {{3, 1}},
                                                    {{0, 0}}, {{2, 0}}, {{0, 2}}};
  const Variable flat = some({3}), wide = some({2, 3}), whole = Variable(ones({2, 2}, DType::i64));
  const Variable nan = leaf(full({2, 2}, std::nan(""))), zero = leaf(zeros({2, 2}));
  std::vector<OpRow> table = {
      {"qr", [](V x) {
         const auto [q, r] = linalg::qr(shifted(x[0], 2));
         const Tensor signs = sign(sum(r.data() * diagonal(r.size(-2), r.size(-1), 1, 0, r.dtype()), {-1}));
         return both(flatten(q * unsqueeze(signs, -2), -2), r * unsqueeze(signs, -1));
       }, matrices, -1, 1, each_matrix([](const std::vector<Matrix>& x) {
         const auto qr = orthogonalized(with_shift(x[0], 2));
         return joined(qr.first.v, qr.second.v);
       }),
       {{[flat] { linalg::qr(flat); }, "qr: needs at least two axes: a is [3]"},
        {[whole] { linalg::qr(whole); }, "qr: needs f32 or f64: got i64"},
        {[nan] { linalg::qr(nan); }, "qr: the matrix must be finite: it holds NaN or infinity, its shape is [2, 2]"},
        {[zero] { sum(linalg::qr(zero).q).backward(); },
         "solve_triangular: the matrix is singular: element 1 of its diagonal is 0, a is [2, 2]"}}},
      {"eigh", [](V x) {
         const auto [w, v] = linalg::eigh(definite(x[0]));
         return both(w, weighted(v, transpose(v)));
       }, squares, -1, 1, each_matrix([](const std::vector<Matrix>& x) { return eigen(x[0], true); }),
       {{[wide] { linalg::eigh(wide); }, "eigh: the matrix must be square: a is [2, 3]"},
        {[flat] { linalg::eigh(flat); }, "eigh: needs at least two axes: a is [3]"},
        {[nan] { linalg::eigh(nan); }, "eigh: the matrix must be finite: it holds NaN or infinity, its shape is [2, 2]"}}},
      {"eigvalsh", [](V x) { return linalg::eigvalsh(definite(x[0])); }, squares, -1, 1,
       each_matrix([](const std::vector<Matrix>& x) { return eigen(x[0], false); }),
       {{[flat] { linalg::eigvalsh(flat); }, "eigvalsh: needs at least two axes: a is [3]"},
        {[wide] { linalg::eigvalsh(wide); }, "eigvalsh: the matrix must be square: a is [2, 3]"}}},
      {"cholesky", [](V x) { return linalg::cholesky(definite(x[0])); }, squares, -1, 1,
       each_matrix([](const std::vector<Matrix>& x) { return factored(made_definite(x[0])).v; }),
       {{[wide] { linalg::cholesky(wide); }, "cholesky: the matrix must be square: a is [2, 3]"},
        {[] { linalg::cholesky(some({2, 2})); },
         "cholesky: the matrix is not positive definite: its leading minor of order 2 is not, a is [2, 2]"},
        {[nan] { linalg::cholesky(nan); }, "cholesky: the matrix must be finite: it holds NaN or infinity"}}},
      {"svd", [](V x) {
         const auto [u, s, vh] = linalg::svd(shifted(x[0], 1, 2));
         return both(s, weighted(u, vh));
       }, matrices, -0.5, 0.5, each_matrix([](const std::vector<Matrix>& x) { return singular(x[0], true); }),
       {{[flat] { linalg::svd(flat); }, "svd: needs at least two axes: a is [3]"},
        {[whole] { linalg::svd(whole); }, "svd: needs f32 or f64: got i64"},
        {[nan] { linalg::svd(nan); }, "svd: the matrix must be finite: it holds NaN or infinity, its shape is [2, 2]"}}},
      {"svdvals", [](V x) { return linalg::svdvals(shifted(x[0], 1, 2)); }, matrices, -0.5, 0.5,
       each_matrix([](const std::vector<Matrix>& x) { return singular(x[0], false); }),
       {{[flat] { linalg::svdvals(flat); }, "svdvals: needs at least two axes: a is [3]"},
        {[nan] { linalg::svdvals(nan); }, "svdvals: the matrix must be finite: it holds NaN or infinity, its shape is [2, 2]"}}},
      {"solve", [](V x) { return linalg::solve(shifted(x[0]), x[1]); },
       {{{3, 3}, {3, 2}}, {{1, 1}, {1, 1}}, {{2, 3, 3}, {3, 2}}, {{2, 2}, {3, 2, 1}}, {{2, 2, 2}, {2, 2, 3}}, {{0, 0}, {0, 2}},
        {{2, 2}, {2, 0}}}, -1, 1, eliminated(),
       {{[wide] { linalg::solve(wide, wide); }, "solve: the matrix must be square: a is [2, 3]"},
        {[] { linalg::solve(some({2, 2}), some({3, 1})); }, "solve: a and b must have the same number of rows: a is [2, 2], b is [3, 1]"},
        {[] { linalg::solve(some({2, 2}), some({})); }, "solve: a and b must have the same number of rows: a is [2, 2], b is []"},
        {[flat] { linalg::solve(flat, flat); }, "solve: needs at least two axes: a is [3]"},
        {[] { linalg::solve(some({2, 2}), some({2})); },
         "solve: the matrix is singular: pivot 2 of its LU decomposition is 0, a is [2, 2]"},
        {[nan] { linalg::solve(nan, nan); }, "solve: the matrix must be finite"},
        {[] { linalg::solve(some({2, 2}), leaf(ones({2}, DType::f64))); }, "solve: dtypes differ: f32 and f64"}}},
      {"solve", [](V x) { return linalg::solve(shifted(x[0]), x[1]); },
       {{{3, 3}, {3}}, {{2, 2, 2}, {2, 2}}, {{2, 3, 3}, {3}}, {{1, 1, 1}, {1}}, {{0, 0}, {0}}}, -1, 1,
       vectors_eliminated(), {}},
      {"inv", [](V x) { return linalg::inv(shifted(x[0])); }, squares, -1, 1,
       each_matrix([](const std::vector<Matrix>& x) {
         Matrix b = fill(x[0].m, x[0].m, [](Index i, Index j) { return i == j ? 1.0 : 0.0; });
         eliminate(with_shift(x[0]), b);
         return b.v;
       }),
       {{[wide] { linalg::inv(wide); }, "inv: the matrix must be square: a is [2, 3]"},
        {[zero] { linalg::inv(zero); }, "inv: the matrix is singular: pivot 1 of its LU decomposition is 0, a is [2, 2]"},
        {[whole] { linalg::inv(whole); }, "inv: needs f32 or f64: got i64"},
        {[nan] { linalg::inv(nan); }, "inv: the matrix must be finite"}}},
      {"det", [](V x) { return linalg::det(shifted(x[0], 1)); }, squares, -1, 1,
       each_matrix([](const std::vector<Matrix>& x) { return std::vector{determinant(with_shift(x[0], 1))}; }),
       {{[wide] { linalg::det(wide); }, "det: the matrix must be square: a is [2, 3]"},
        {[flat] { linalg::det(flat); }, "det: needs at least two axes: a is [3]"},
        {[nan] { linalg::det(nan); }, "det: the matrix must be finite"},
        {[zero] { grad(linalg::det(zero), zero, {.create_graph = true}); }, "inv: the matrix is singular: pivot 1"}}},
      {"slogdet", [](V x) { return linalg::slogdet(shifted(x[0], -3)).logabsdet; }, squares, -1, 1,
       each_matrix([](const std::vector<Matrix>& x) { return std::vector{std::log(std::abs(determinant(with_shift(x[0], -3))))}; }),
       {{[wide] { linalg::slogdet(wide); }, "slogdet: the matrix must be square: a is [2, 3]"},
        {[whole] { linalg::slogdet(whole); }, "slogdet: needs f32 or f64: got i64"},
        {[nan] { linalg::slogdet(nan); }, "slogdet: the matrix must be finite"},
        {[zero] { linalg::slogdet(zero).logabsdet.backward(); }, "inv: the matrix is singular: pivot 1"}}},
  };
  for (const bool upper : {false, true})
    for (const bool left : {false, true})
      for (const bool unit : {false, true}) table.push_back(triangular_row({upper, left, unit}));
  table.push_back(triangular_row({}, {
      {[wide] { linalg::solve_triangular(wide, wide); }, "solve_triangular: the matrix must be square: a is [2, 3]"},
      {[zero] { linalg::solve_triangular(zero, zero); },
       "solve_triangular: the matrix is singular: element 1 of its diagonal is 0, a is [2, 2]"},
      {[] { linalg::solve_triangular(some({2, 2}), some({2})); },
       "solve_triangular: a and b must have the same number of rows: a is [2, 2], b is [2]"},
      {[wide] { linalg::solve_triangular(some({2, 2}), wide, {.left = false}); },
       "solve_triangular: a and b must have the same number of columns: a is [2, 2], b is [2, 3]"},
      {[nan] { linalg::solve_triangular(nan, nan); }, "solve_triangular: the matrix must be finite"}}));
  return table;
}

}  // namespace optable
