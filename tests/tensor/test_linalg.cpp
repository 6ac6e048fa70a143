// Decompositions and linear systems: the products that must come out again, PyTorch's values, and wrong use.
#include <gradus/tensor/kernels/lapack.hpp>

#include "autograd_layer.hpp"
#include "catch.hpp"
#include "golden.hpp"

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

using Pair = std::vector<Variable>;

const std::vector<Shape> matrices = {{3, 3},    {5, 3},    {3, 5},    {1, 1},       {1, 4}, {4, 1}, {33, 20}, {20, 33},
                                     {4, 3, 2}, {2, 0, 3}, {0, 3, 2}, {2, 3, 4, 4}, {3, 0}, {0, 3}, {0, 0}};
const std::vector<Shape> squares = {{3, 3}, {1, 1}, {33, 33}, {4, 2, 2}, {2, 3, 4, 4}, {0, 0}, {3, 0, 0}, {0, 2, 2}};
const std::vector<DType> dtypes = {DType::f32, DType::f64};

bool close(const Tensor& a, const Tensor& b, double scale = 1) {
  const double tolerance = scale * (a.dtype() == DType::f32 ? 2e-5 : 1e-12);
  return a.dtype() == b.dtype() && a.shape() == b.shape() && allclose(a, b, tolerance, tolerance);
}
/// f(matrix) for every shape and dtype, stored by rows, stored by columns, and with gaps in between.
template <class F>
void for_each_input(const std::vector<Shape>& shapes, F f) {
  Generator generator(11);
  for (const Shape& shape : shapes)
    for (const DType d : dtypes) {
      INFO(join(shape, " ", d));
      const Tensor a = randn(shape, d, generator);
      Shape wide = shape;
      wide[wide.size() - 1] *= 2;
      f(a);
      f(transpose(copy(transpose(a))));
      f(slice(randn(wide, d, generator), -1, 0, to_end, 2));
    }
}
Tensor definite(const Tensor& a) { return matmul(a, transpose(a)) + eye(a.size(-1), a.dtype()); }
/// Ones in the columns' inner products.
bool orthonormal(const Tensor& q) {
  return close(matmul(transpose(q), q), expand(eye(q.size(-1), q.dtype()), matmul(transpose(q), q).shape()));
}
bool is_lower(const Tensor& a) {
  return all(
      where(unsqueeze(arange(a.size(-2)), 1) >= unsqueeze(arange(a.size(-1)), 0), scalar_tensor(0, a.dtype()), a) == 0);
}

const TensorFile& file() {
  static const TensorFile f = golden::tensors("linalg.safetensors");
  return f;
}
const Tensor& stored(const std::string& name) {
  INFO(name);
  REQUIRE(file().tensors.contains(name));
  return file().tensors.at(name);
}
void check_stored(const std::string& name, const Tensor& got) {
  INFO(name);
  const Tensor& wanted = stored(name);
  CHECK(got.shape() == wanted.shape());
  CHECK(allclose(got, wanted, 1e-10, 1e-10));
}
/// The gradient of f's results, weighted by the stored cotangents, for the stored input.
template <class F>
void check_gradient(const std::string& name, const std::string& input, F f) {
  const Variable x = leaf(stored(input));
  const Pair y = f(x);
  Variable loss = scalar_tensor(0, DType::f64);
  for (std::size_t i = 0; i < y.size(); ++i) loss = loss + sum(y[i] * stored(join(name, ".cotangent", i)));
  check_stored(name + ".grad", grad(loss, x).data());
}

}  // namespace

TEST_CASE("qr gives orthonormal columns times a triangle", "[tensor][linalg]") {
  for_each_input(matrices, [](const Tensor& a) {
    const auto [q, r] = linalg::qr(a);
    CHECK(q.size(-1) == std::min(a.size(-2), a.size(-1)));
    CHECK(close(matmul(q, r), a, 4));
    CHECK(orthonormal(q));
    CHECK(is_lower(transpose(r)));
  });
}

TEST_CASE("eigh gives ascending values and orthonormal vectors of the lower triangle", "[tensor][linalg]") {
  for_each_input(squares, [](const Tensor& x) {
    const Tensor a = x + transpose(x);
    const auto [w, v] = linalg::eigh(a);
    CHECK(close(matmul(v * unsqueeze(w, -2), transpose(v)), a, 10));
    CHECK(orthonormal(v));
    CHECK(all(slice(w, -1, 1) >= slice(w, -1, 0, std::max<Index>(0, w.size(-1) - 1))));
    CHECK(close(linalg::eigvalsh(a), w, 10));
  });
  const double nan = std::nan("");
  const auto f = linalg::eigh(tensor({{2.0, nan}, {1.0, 2.0}}));
  CHECK(close(f.values, tensor({1.0, 3.0})));
}

TEST_CASE("svd gives descending values between orthonormal vectors", "[tensor][linalg]") {
  for_each_input(matrices, [](const Tensor& a) {
    const auto [u, s, vh] = linalg::svd(a);
    CHECK(close(matmul(u * unsqueeze(s, -2), vh), a, 4));
    CHECK(orthonormal(u));
    CHECK(orthonormal(transpose(vh)));
    CHECK(all(slice(s, -1, 1) <= slice(s, -1, 0, std::max<Index>(0, s.size(-1) - 1))));
    CHECK(close(linalg::svdvals(a), s, 4));
  });
}

TEST_CASE("cholesky gives a lower triangle and does not read the upper one", "[tensor][linalg]") {
  for_each_input(squares, [](const Tensor& x) {
    const Tensor a = definite(x), l = linalg::cholesky(a);
    CHECK(close(matmul(l, transpose(l)), a, 10));
    CHECK(is_lower(l));
  });
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(close(linalg::cholesky(tensor({{4.0, inf}, {2.0, 2.0}})), tensor({{2.0, 0.0}, {1.0, 1.0}})));
}

TEST_CASE("solutions put into the system give the right side", "[tensor][linalg]") {
  for_each_input(squares, [](const Tensor& x) {
    const Index n = x.size(-1);
    const Tensor a = definite(x), b = slice(a, -1, 0, 2) * 2 + 1, row = slice(a, -2, 0, 1);
    CHECK(close(matmul(a, linalg::solve(a, b)), b, 100));
    CHECK(close(matmul(a, linalg::inv(a)), expand(eye(n, a.dtype()), a.shape()), 100));
    CHECK(close(linalg::lstsq(a, b), linalg::solve(a, b), 100));
    const Tensor l = linalg::cholesky(a);
    CHECK(close(matmul(l, linalg::solve_triangular(l, b)), b, 10));
    CHECK(close(matmul(linalg::solve_triangular(transpose(l), row, {.upper = true, .left = false}), transpose(l)), row,
                10));
    const auto [sign, log] = linalg::slogdet(a);
    CHECK(close(log, 2 * sum(gradus::log(sum(l * eye(n, l.dtype()), {-1})), {-1}), 10));
    CHECK(all(sign == 1));
    if (n == 0) return;
    const Tensor vector = select(b, -1, 0);
    CHECK(close(linalg::solve(a, vector), select(linalg::solve(a, b), -1, 0), 100));
    CHECK(close(linalg::lstsq(a, vector), select(linalg::solve(a, b), -1, 0), 100));
  });
}

TEST_CASE("decompositions agree with PyTorch", "[tensor][linalg][golden]") {
  for (const std::string name : {"a", "tall", "wide"}) {
    const auto [q, r] = linalg::qr(stored(name));
    check_stored("qr." + name + ".q", q);
    check_stored("qr." + name + ".r", r);
    check_stored("svdvals." + name + ".value", linalg::svdvals(stored(name)));
    check_stored("pinv." + name + ".value", linalg::pinv(stored(name)));
  }
  const Tensor a = stored("a"), b = stored("b"), deficient = stored("deficient"), tall = stored("tall"),
               wide = stored("wide");
  check_stored("pinv.deficient.value", linalg::pinv(deficient));
  CHECK(equal(linalg::matrix_rank(deficient), stored("matrix_rank.deficient.value")));
  CHECK(equal(linalg::matrix_rank(tall, {.rtol = 0.5}), stored("matrix_rank.tall.value")));
  check_stored("cholesky.spd.value", linalg::cholesky(stored("spd")));
  check_stored("eigvalsh.a.value", linalg::eigvalsh(a));
  check_stored("inv.a.value", linalg::inv(a));
  check_stored("det.a.value", linalg::det(a));
  check_stored("slogdet.a.sign", linalg::slogdet(a).sign);
  check_stored("slogdet.a.log", linalg::slogdet(a).logabsdet);
  check_stored("solve.b.value", linalg::solve(a, b));
  check_stored("solve.vectors.value", linalg::solve(a, stored("vectors")));
  check_stored("solve.shared.value", linalg::solve(a, stored("vectors")[0]));
  for (const bool upper : {false, true})
    for (const bool left : {false, true})
      for (const bool unit : {false, true})
        check_stored(join("solve_triangular.", int(upper), int(left), int(unit), ".value"),
                     linalg::solve_triangular(a, left ? b : transpose(b), {upper, left, unit}));
  const auto square = [](const Tensor& x, Index columns) { return pow(slice(x, -1, 0, columns), 2); };
  check_stored("lstsq.tall.value", linalg::lstsq(tall, square(tall, 1)));
  check_stored("lstsq.wide.value", linalg::lstsq(wide, square(wide, 2)));
  check_stored("lstsq.deficient.value", linalg::lstsq(deficient, b[0]));
}

TEST_CASE("gradients of decompositions agree with PyTorch", "[ops][linalg][golden]") {
  for (const std::string name : {"a", "tall", "wide"}) {
    check_gradient("qr." + name, name, [](const Variable& x) {
      const auto f = linalg::qr(x);
      return Pair{f.q, f.r};
    });
    check_gradient("svd." + name, name, [](const Variable& x) {
      const auto f = linalg::svd(x);
      return Pair{f.u * f.u, f.s, f.vh * f.vh};
    });
  }
  check_gradient("eigh.a", "a", [](const Variable& x) {
    const auto f = linalg::eigh(matmul(x, transpose(x)));
    return Pair{f.values, f.vectors * f.vectors};
  });
  check_gradient("cholesky.a", "a", [](const Variable& x) { return Pair{linalg::cholesky(matmul(x, transpose(x)))}; });
  check_gradient("det.a", "a", [](const Variable& x) { return Pair{linalg::det(x)}; });
  check_gradient("det.zeroed", "zeroed", [](const Variable& x) { return Pair{linalg::det(x)}; });
  check_gradient("slogdet.a", "a", [](const Variable& x) { return Pair{linalg::slogdet(x).logabsdet}; });
  check_gradient("inv.a", "a", [](const Variable& x) { return Pair{linalg::inv(x)}; });
  check_gradient("solve.a", "a", [](const Variable& x) { return Pair{linalg::solve(x, stored("b"))}; });
}

TEST_CASE("gradients of functions of the lower triangle are symmetric", "[ops][linalg]") {
  Generator generator(4);
  const Variable a = leaf(definite(randn({4, 4}, DType::f64, generator)));
  const Tensor w = randn({4, 4}, DType::f64, generator);
  const auto e = linalg::eigh(a);
  for (const Variable& y : {e.vectors, e.values, linalg::eigvalsh(a), linalg::cholesky(a)}) {
    const Tensor g = grad(sum(y * w), a, {.retain_graph = true}).data();
    CHECK(close(g, transpose(g)));
    CHECK(any(g != 0));
  }
}

TEST_CASE("the determinant of a singular matrix has the gradient that its cofactors give", "[ops][linalg]") {
  const Variable x = leaf(tensor({{1.0, 2.0}, {2.0, 4.0}})), zero = leaf(zeros({2, 3, 3}));
  CHECK(linalg::det(x).item() == 0);
  linalg::det(x).backward();
  CHECK(close(x.grad(), tensor({{4.0, -2.0}, {-2.0, 1.0}})));
  sum(linalg::det(zero)).backward();
  CHECK(equal(zero.grad(), zeros({2, 3, 3})));
  const auto [sign, log] = linalg::slogdet(x.data());
  CHECK(sign.item() == 0);
  CHECK(log.item() == -std::numeric_limits<double>::infinity());
}

TEST_CASE("equal eigenvalues and singular values have finite gradients where only the values are used",
          "[ops][linalg]") {
  const Variable one = leaf(eye(3, DType::f64)), tall = leaf(slice(eye(4, DType::f64), 1, 0, 2));
  CHECK(close(grad(sum(linalg::eigh(one).values), one).data(), one.data()));
  CHECK(close(grad(sum(linalg::svd(tall).s), tall).data(), tall.data()));
  // The vectors themselves are arbitrary there.
  const Tensor g =
      grad(sum(linalg::eigh(one).vectors * tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 1.0}})), one).data();
  CHECK_FALSE(all(isfinite(g)));
}

TEST_CASE("rank and pseudo-inverse follow the limits that are asked for", "[tensor][linalg]") {
  const Tensor a = tensor({{2.0, 0.0, 0.0}, {0.0, 1e-3, 0.0}, {0.0, 0.0, 0.0}});
  CHECK(linalg::matrix_rank(a).item<Index>() == 2);
  CHECK(linalg::matrix_rank(a, {.rtol = 1e-3}).item<Index>() == 1);
  CHECK(linalg::matrix_rank(a, {.atol = 1e-4}).item<Index>() == 2);
  CHECK(linalg::matrix_rank(a, {.atol = 3}).item<Index>() == 0);
  CHECK(linalg::pinv(a, {.atol = 0.1}).read<double>()[0] == 0.5);
  CHECK(equal(sum(linalg::pinv(a, {.atol = 0.1})), scalar_tensor(0.5, DType::f64)));
  CHECK(equal(linalg::matrix_rank(ones({2, 0, 3})), zeros({2}, DType::i64)));
  CHECK(linalg::pinv(ones({2, 0, 3})).shape() == Shape{2, 3, 0});
  CHECK(equal(linalg::lstsq(ones({0, 3}), ones({0, 2})), zeros({3, 2})));
  for (const double wrong : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(linalg::matrix_rank(a, {.rtol = wrong}),
                      ContainsSubstring("matrix_rank: atol and rtol must be finite and not negative"));
    CHECK_THROWS_WITH(linalg::pinv(a, {.atol = wrong}),
                      ContainsSubstring("pinv: atol and rtol must be finite and not negative"));
  }
}

TEST_CASE("an error names the matrix of the batch", "[tensor][linalg]") {
  Tensor a = copy(expand(eye(2, DType::f32), {3, 2, 2, 2}));
  Tensor at = a[2][1];
  at.copy_from(tensor({{1.f, 2.f}, {2.f, 1.f}}));
  CHECK_THROWS_WITH(linalg::cholesky(a),
                    "cholesky: the matrix is not positive definite: its leading minor of order 2 is "
                    "not, a is [3, 2, 2, 2], in matrix [2, 1]");
  at.fill(0);
  CHECK_THROWS_WITH(linalg::inv(a),
                    EndsWith("pivot 1 of its LU decomposition is 0, a is [3, 2, 2, 2], in matrix [2, 1]"));
  CHECK_THROWS_WITH(linalg::solve_triangular(select(a, 0, 2), ones({5, 1, 2, 1})),
                    EndsWith("element 1 of its diagonal is 0, a is [2, 2, 2], in matrix [1]"));
}

TEST_CASE("what LAPACK cannot take is refused before it is called", "[tensor][linalg]") {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, inf, -inf}) {
    const Tensor a = tensor({{1.f, 0.f}, {bad, 1.f}}), b = ones({2, 1});
    CHECK_THROWS_AS(linalg::qr(a), ValueError);
    CHECK_THROWS_WITH(linalg::eigvalsh(a), ContainsSubstring("eigvalsh: the matrix must be finite"));
    CHECK_THROWS_WITH(linalg::svdvals(a), ContainsSubstring("svdvals: the matrix must be finite"));
    CHECK_THROWS_WITH(linalg::lstsq(a, b), ContainsSubstring("lstsq: the matrix must be finite"));
    CHECK_THROWS_WITH(linalg::lstsq(ones({2, 2}), a), ContainsSubstring("lstsq: the matrix must be finite"));
    CHECK_THROWS_WITH(linalg::cofactors(a), ContainsSubstring("cofactors: the matrix must be finite"));
    // A right side may be anything: it only passes through.
    CHECK_FALSE(all(isfinite(linalg::solve(eye(2, DType::f32), a))));
  }
  CHECK_THROWS_WITH(linalg::lstsq(ones({3, 2}), ones({2, 2})),
                    ContainsSubstring("lstsq: a and b must have the same number of rows: a is [3, 2], b is [2, 2]"));
  CHECK_THROWS_WITH(linalg::solve(ones({2, 2, 2}), ones({3, 2, 1})),
                    ContainsSubstring("solve: shapes do not broadcast"));
  CHECK_THROWS_WITH(linalg::solve_triangular(ones({2, 2}), ones({2, 3}), {.left = false}),
                    "solve_triangular: a and b must have the same number of columns: a is [2, 2], b is [2, 3]");
  CHECK_THROWS_AS(linalg::solve(ones({2, 2}), ones({2}, DType::i64)), DTypeError);
  CHECK_THROWS_AS(linalg::matrix_rank(ones({2, 2}, DType::u8)), DTypeError);
  CHECK_THROWS_AS(linalg::pinv(ones({2})), ShapeError);
}

TEST_CASE("sizes beyond 32 bits are refused before LAPACK sees them", "[tensor][linalg]") {
  const std::string text = "lapack: the matrix is too large for 32-bit LAPACK: an extent or workspace of ";
  double* none = nullptr;
  CHECK_THROWS_WITH(lapack::potrf(Index{1} << 31, none), StartsWith(text + "2147483648"));
  CHECK_THROWS_WITH(lapack::syevd(true, 40'000, none, none), StartsWith(text));
  double one = 1;
  CHECK_THROWS_WITH(lapack::gesdd(30'000, 30'000, none, none, &one, none), StartsWith(text));
}

TEST_CASE("large matrices are decomposed as exactly as small ones", "[tensor][linalg]") {
  Generator generator(2);
  for (const DType d : dtypes) {
    const Tensor x = randn({200, 200}, d, generator), a = definite(x);
    const auto f = linalg::qr(x);
    CHECK(orthonormal(f.q));
    CHECK(close(matmul(f.q, f.r), x, 20));
    const auto e = linalg::eigh(a);
    CHECK(orthonormal(e.vectors));
    CHECK(close(matmul(e.vectors * unsqueeze(e.values, -2), transpose(e.vectors)), a, 100));
    const auto s = linalg::svd(x);
    CHECK(close(matmul(s.u * unsqueeze(s.s, -2), s.vh), x, 20));
    CHECK(close(matmul(x, linalg::solve(x, a)), a, 1000));
  }
}
