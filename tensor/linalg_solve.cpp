#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/lapack.hpp>
#include <gradus/tensor/kernels/matrices.hpp>
#include <gradus/tensor/linalg.hpp>
#include <gradus/tensor/rearrange.hpp>

#include <cmath>
#include <limits>

namespace gradus::linalg {
namespace {
using namespace kernels;

/// For each matrix of the broadcast batch its number in `from`.
std::vector<Index> numbers(const Shape& from, const Shape& batch) {
  return expand(reshape(arange(from.numel()), from), batch).to_vector<Index>();
}

/// P L U of each matrix.
struct Lu {
  Tensor factors;          // by columns
  std::vector<int> swaps;  // of rows, from 1
  Failure failure;         // a pivot that is 0
};
Lu lu(const char* op, const Tensor& a) {
  check_square(op, a);
  const Index n = a.size(-1), count = batch_of(a).numel();
  Lu f{by_columns(finite(op, a)), std::vector<int>(static_cast<std::size_t>(count * n)), {}};
  dispatch_floating(a.dtype(), op, [&]<class T>() {
    T* p = f.factors.write<T>();
    f.failure = for_each_matrix(count, n * n * n, [p, n, swaps = f.swaps.data()](Index i) {
      return lapack::getrf(n, p + i * n * n, swaps + i * n);
    });
  });
  return f;
}

void check_dtypes(const char* op, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    fail<DTypeError>(op, ": dtypes differ: ", a.dtype(), " and ", b.dtype(), " — convert one with to(x, dtype)");
}
/// The batch of a [..., m, n] and b [..., m, k].
Shape check_sides(const char* op, const Tensor& a, const Tensor& b) {
  check_dtypes(op, a, b);
  if (b.rank() < 2 || b.size(-2) != a.size(-2))
    fail<ShapeError>(op, ": a and b must have the same number of rows: a is ", a.shape(), ", b is ", b.shape());
  return broadcast_shapes(op, batch_of(a), batch_of(b));
}
/// solve for a b that holds matrices.
Tensor solve_columns(const char* op, const Tensor& a, const Tensor& b) {
  check_square(op, a);
  const Shape batch = check_sides(op, a, b);
  const Lu f = lu(op, a);
  if (f.failure.info)
    fail<ValueError>(op, ": the matrix is singular: pivot ", f.failure.info, " of its LU decomposition is 0, ",
                     place(a, f.failure.matrix));
  const Index n = a.size(-1), k = b.size(-1);
  Tensor x = by_columns(expand(b, join_shapes(batch, {n, k})));
  dispatch_floating(a.dtype(), op, [&]<class T>() {
    const T* p = f.factors.read<T>();
    T* q = x.write<T>();
    for_each_matrix(batch.numel(), n * n * k, [&, number = numbers(batch_of(a), batch)](Index i) {
      const Index j = number[static_cast<std::size_t>(i)];
      return lapack::getrs(n, k, p + j * n * n, f.swaps.data() + j * n, q + i * n * k);
    });
  });
  return transpose(x);
}
/// f(b) for vectors b, given f for a b that holds columns.
template <class F>
Tensor with_columns(const Tensor& a, const Tensor& b, F f) {
  if (!takes_vectors(a.shape(), b.shape())) return f(b);
  return squeeze(f(unsqueeze(b, -1)), -1);
}

}  // namespace

bool takes_vectors(const Shape& a, const Shape& b) {
  if (b.size() == 1) return true;
  if (b.size() != a.size() - 1) return false;
  return std::equal(b.begin(), b.end(), a.begin());
}
Tensor solve(const Tensor& a, const Tensor& b) {
  return with_columns(a, b, [&](const Tensor& columns) { return solve_columns("solve", a, columns); });
}

Tensor solve_triangular(const Tensor& a, const Tensor& b, const TriangularOptions& o) {
  check_square("solve_triangular", a);
  if (!o.left) {  // x a = b is a^T x^T = b^T
    if (b.rank() < 2 || b.size(-1) != a.size(-1))
      fail<ShapeError>("solve_triangular: a and b must have the same number of columns: a is ", a.shape(), ", b is ",
                       b.shape());
    return transpose(solve_triangular(transpose(a), transpose(b), {!o.upper, true, o.unitriangular}));
  }
  const Shape batch = check_sides("solve_triangular", a, b);
  const Index n = a.size(-1), k = b.size(-1);
  const Index offset = o.unitriangular ? 1 : 0;  // of the first diagonal that is read
  const Tensor t = by_columns(finite("solve_triangular", o.upper ? triu(a, offset) : tril(a, -offset)));
  Tensor x = by_columns(expand(b, join_shapes(batch, {n, k})));
  const auto number = numbers(batch_of(a), batch);
  dispatch_floating(a.dtype(), "solve_triangular", [&]<class T>() {
    const T* p = t.read<T>();
    T* q = x.write<T>();
    const Failure f = for_each_matrix(batch.numel(), n * n * k, [&](Index i) {
      return lapack::trtrs(o.upper, o.unitriangular, n, k, p + number[static_cast<std::size_t>(i)] * n * n,
                           q + i * n * k);
    });
    if (f.info)
      fail<ValueError>("solve_triangular: the matrix is singular: element ", f.info, " of its diagonal is 0, ",
                       place(a, number[static_cast<std::size_t>(f.matrix)]));
  });
  return transpose(x);
}

Tensor inv(const Tensor& a) {
  check_square("inv", a);  // before its extent is read
  return solve_columns("inv", a, eye(a.size(-1), a.dtype()));
}

namespace {
/// use(i, u, odd) for each matrix: the factors, pivots standing n + 1 elements apart, and whether P is an odd permutation.
template <class T, class F>
void for_each_factored(const Lu& f, Index n, F use) {
  const Index count = batch_of(f.factors).numel();
  const T* p = f.factors.read<T>();
  for (Index i = 0; i < count; ++i) {
    bool odd = false;
    for (Index j = 0; j < n; ++j) odd ^= f.swaps[static_cast<std::size_t>(i * n + j)] != j + 1;
    use(i, p + i * n * n, odd);
  }
}
}  // namespace

Tensor det(const Tensor& a) {
  const Lu f = lu("det", a);
  const Index n = a.size(-1);
  Tensor y(batch_of(a), a.dtype());
  dispatch_floating(a.dtype(), "det", [&]<class T>() {
    T* out = y.write<T>();
    for_each_factored<T>(f, n, [=](Index i, const T* factors, bool odd) {
      double product = odd ? -1 : 1;
      for (Index j = 0; j < n; ++j) product *= static_cast<double>(factors[j * (n + 1)]);
      out[i] = static_cast<T>(product);
    });
  });
  return y;
}

Slogdet<Tensor> slogdet(const Tensor& a) {
  const Lu f = lu("slogdet", a);
  const Index n = a.size(-1);
  Tensor sign(batch_of(a), a.dtype()), log(batch_of(a), a.dtype());
  dispatch_floating(a.dtype(), "slogdet", [&]<class T>() {
    T *s = sign.write<T>(), *l = log.write<T>();
    for_each_factored<T>(f, n, [=](Index i, const T* factors, bool odd) {
      double total = 0;
      s[i] = odd ? T(-1) : T(1);
      for (Index j = 0; j < n; ++j) {
        const T u = factors[j * (n + 1)];
        s[i] = u < 0 ? -s[i] : u > 0 ? s[i] : T(0);
        total += std::log(std::abs(static_cast<double>(u)));
      }
      l[i] = static_cast<T>(total);
    });
  });
  return {sign, log};
}

Tensor lstsq(const Tensor& a, const Tensor& b) {
  check_matrix("lstsq", a);
  return with_columns(a, b, [&](const Tensor& columns) {
    const Shape batch = check_sides("lstsq", a, columns);
    const Index m = a.size(-2), n = a.size(-1), k = columns.size(-1), longest = std::max(m, n);
    Tensor f = by_columns(expand(finite("lstsq", a), join_shapes(batch, {m, n})));
    const Tensor sides = transpose(expand(finite("lstsq", columns), join_shapes(batch, {m, k})));
    Tensor x = embed(sides, join_shapes(batch, {k, longest}), -1, 0, 1);  // room for solutions longer than the sides
    dispatch_floating(a.dtype(), "lstsq", [&]<class T>() {
      T *p = f.write<T>(), *q = x.write<T>();
      const double rcond = std::numeric_limits<T>::epsilon() * static_cast<double>(longest);
      for_each_matrix(batch.numel(), m * n * k,
                      [=](Index i) { return lapack::gelsy(m, n, k, p + i * m * n, q + i * longest * k, rcond); });
    });
    return transpose(slice(x, -1, 0, n));
  });
}

}  // namespace gradus::linalg
