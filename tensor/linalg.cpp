#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/kernels/lapack.hpp>
#include <gradus/tensor/kernels/matrices.hpp>
#include <gradus/tensor/linalg.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/tensor/matmul.hpp>
#include <gradus/tensor/rearrange.hpp>
#include <gradus/tensor/reduce.hpp>

#include <cmath>
#include <limits>

namespace gradus::linalg {
namespace {
using namespace kernels;

void check_converged(const char* op, const Tensor& a, const Failure& failure) {
  if (failure.info) fail<ValueError>(op, ": the iteration did not converge: ", place(a, failure.matrix));
}
Eigh<Tensor> symmetric(const char* op, const Tensor& a, bool vectors) {
  check_square(op, a);
  const Index n = a.size(-1), count = batch_of(a).numel();
  Tensor v = by_columns(finite(op, tril(a)));
  Tensor w(join_shapes(batch_of(a), {n}), a.dtype());
  dispatch_floating(a.dtype(), op, [&]<class T>() {
    T *p = v.write<T>(), *q = w.write<T>();
    check_converged(op, a, for_each_matrix(count, n * n * n, [=](Index i) {
                      return lapack::syevd(vectors, n, p + i * n * n, q + i * n);
                    }));
  });
  return {w, transpose(v)};
}

Svd<Tensor> singular(const char* op, const Tensor& a, bool vectors) {
  check_matrix(op, a);
  const Index m = a.size(-2), n = a.size(-1), k = std::min(m, n), count = batch_of(a).numel();
  Tensor f = by_columns(finite(op, a)), s(join_shapes(batch_of(a), {k}), a.dtype()), u, v;
  if (vectors) {
    u = Tensor(join_shapes(batch_of(a), {k, m}), a.dtype());
    v = Tensor(join_shapes(batch_of(a), {n, k}), a.dtype());
  }
  dispatch_floating(a.dtype(), op, [&]<class T>() {
    T *p = f.write<T>(), *q = s.write<T>(), *x = vectors ? u.write<T>() : nullptr,
      *y = vectors ? v.write<T>() : nullptr;
    check_converged(op, a, for_each_matrix(count, m * n * k, [=](Index i) {
                      return lapack::gesdd(m, n, p + i * m * n, q + i * k, vectors ? x + i * m * k : nullptr,
                                           vectors ? y + i * k * n : nullptr);
                    }));
  });
  if (!vectors) return {{}, s, {}};
  return {transpose(u), s, transpose(v)};
}

/// What counts as 0 among singular values s [..., k]: [..., 1].
Tensor threshold(const char* op, const Tensor& a, const Tensor& s, const RankOptions& o) {
  const double ulp =
      a.dtype() == DType::f32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  const double rtol = o.rtol.value_or(o.atol > 0 ? 0 : ulp * static_cast<double>(std::max(a.size(-2), a.size(-1))));
  if (!(std::isfinite(o.atol) && o.atol >= 0 && std::isfinite(rtol) && rtol >= 0))
    fail<ValueError>(op, ": atol and rtol must be finite and not negative: atol is ", o.atol, ", rtol is ", rtol);
  return maximum(slice(s, -1, 0, 1) * rtol, scalar_tensor(o.atol, a.dtype()));
}

}  // namespace

Qr<Tensor> qr(const Tensor& a) {
  check_matrix("qr", a);
  const Index m = a.size(-2), n = a.size(-1), k = std::min(m, n), count = batch_of(a).numel();
  Tensor f = by_columns(finite("qr", a)), tau(join_shapes(batch_of(a), {k}), a.dtype()), r;
  dispatch_floating(a.dtype(), "qr", [&]<class T>() {
    T *p = f.write<T>(), *t = tau.write<T>();
    for_each_matrix(count, m * n * k, [=](Index i) { return lapack::geqrf(m, n, p + i * m * n, t + i * k); });
    r = triu(slice(transpose(f), -2, 0, k));
    for_each_matrix(count, m * k * k, [=](Index i) { return lapack::orgqr(m, k, p + i * m * n, t + i * k); });
  });
  return {slice(transpose(f), -1, 0, k), r};
}

Eigh<Tensor> eigh(const Tensor& a) { return symmetric("eigh", a, true); }
Tensor eigvalsh(const Tensor& a) { return symmetric("eigvalsh", a, false).values; }
Svd<Tensor> svd(const Tensor& a) { return singular("svd", a, true); }
Tensor svdvals(const Tensor& a) { return singular("svdvals", a, false).s; }

Tensor cholesky(const Tensor& a) {
  check_square("cholesky", a);
  const Index n = a.size(-1);
  Tensor l = by_columns(finite("cholesky", tril(a)));
  dispatch_floating(a.dtype(), "cholesky", [&]<class T>() {
    T* p = l.write<T>();
    const Failure f =
        for_each_matrix(batch_of(a).numel(), n * n * n, [=](Index i) { return lapack::potrf(n, p + i * n * n); });
    if (f.info)
      fail<ValueError>("cholesky: the matrix is not positive definite: its leading minor of order ", f.info,
                       " is not, ", place(a, f.matrix));
  });
  return transpose(l);
}

Tensor cofactors(const Tensor& a) {
  check_square("cofactors", a);
  // For a = U S V^T they are det(U) det(V) U C V^T, where C holds the products of all singular values but one.
  const Svd<Tensor> f = singular("cofactors", a, true);
  const Index n = a.size(-1), count = batch_of(a).numel();
  Tensor others(f.s.shape(), a.dtype());
  dispatch_floating(a.dtype(), "cofactors", [&]<class T>() {
    const T* s = f.s.read<T>();
    T* out = others.write<T>();
    for (Index i = 0; i < count; ++i)
      for (Index j = 0; j < n; ++j) {
        double product = 1;
        for (Index l = 0; l < n; ++l)
          if (l != j) product *= static_cast<double>(s[i * n + l]);
        out[i * n + j] = static_cast<T>(product);
      }
  });
  const Tensor turn = sign(det(f.u) * det(f.vh));
  return matmul(f.u * unsqueeze(others * unsqueeze(turn, -1), -2), f.vh);
}

Tensor matrix_rank(const Tensor& a, const RankOptions& options) {
  const Tensor s = singular("matrix_rank", a, false).s;
  return sum(s > threshold("matrix_rank", a, s, options), {-1});
}
Tensor pinv(const Tensor& a, const RankOptions& options) {
  const Svd<Tensor> f = singular("pinv", a, true);
  const Tensor inverse = where(f.s > threshold("pinv", a, f.s, options), 1 / f.s, scalar_tensor(0, a.dtype()));
  return matmul(transpose(f.vh) * unsqueeze(inverse, -2), transpose(f.u));
}

}  // namespace gradus::linalg
