// Decompositions and linear systems, through LAPACK; names as in torch.linalg. Matrices are the last two axes, any axes
// before them are a batch; f32 and f64, else DTypeError. A matrix that is decomposed must be finite, else ValueError. Results
// may be stored column by column, as LAPACK leaves them.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <optional>

namespace gradus::linalg {

// Results with several parts; T is Tensor or Variable.
template <class T>
struct Qr {
  T q, r;
};
template <class T>
struct Eigh {
  T values, vectors;
};
template <class T>
struct Svd {
  T u, s, vh;
};
template <class T>
struct Slogdet {
  Tensor sign;
  T logabsdet;
};

/// a [..., m, n] = q [..., m, k] r [..., k, n] with k = min(m, n), orthonormal columns in q and r upper triangular. The
/// signs are LAPACK's, so r's diagonal may be negative.
Qr<Tensor> qr(const Tensor& a);
/// Symmetric a [..., n, n], of which the lower triangle is read, = vectors diag(values) vectors^T; values [..., n] ascend.
Eigh<Tensor> eigh(const Tensor& a);
Tensor eigvalsh(const Tensor& a);
/// Lower triangular L with L L^T = a for symmetric positive definite a [..., n, n], of which the lower triangle is read.
/// Throws ValueError naming the leading minor that is not positive definite.
Tensor cholesky(const Tensor& a);
/// a [..., m, n] = u [..., m, k] diag(s) vh [..., k, n] with k = min(m, n) (full_matrices=False) and s [..., k] descending.
Svd<Tensor> svd(const Tensor& a);
Tensor svdvals(const Tensor& a);

/// x with a x = b for square a [..., n, n] and b [..., n, k]; b may also be one vector per matrix (see takes_vectors).
/// The batches broadcast. Throws ValueError if a is singular.
Tensor solve(const Tensor& a, const Tensor& b);
/// Whether solve and lstsq take b for vectors: it has one axis, or the shape of a without its last axis.
bool takes_vectors(const Shape& a, const Shape& b);

struct TriangularOptions {
  bool upper = false;          ///< which triangle of a is read
  bool left = true;            ///< a x = b; else x a = b
  bool unitriangular = false;  ///< takes a's diagonal for ones, without reading it
};
/// x with a x = b for triangular a [..., n, n] and b [..., n, k], or x a = b and b [..., k, n]. The batches broadcast.
/// Throws ValueError if an element of the diagonal is 0.
Tensor solve_triangular(const Tensor& a, const Tensor& b, const TriangularOptions& options = {});

/// The inverse of a [..., n, n]. Throws ValueError if a is singular. A system is better solved by solve(a, b).
Tensor inv(const Tensor& a);
/// The determinant [...] of a [..., n, n].
Tensor det(const Tensor& a);
/// Sign and logarithm of the absolute value of the determinant: 0 and -inf where a is singular.
Slogdet<Tensor> slogdet(const Tensor& a);
/// The cofactors of a [..., n, n], its determinant's derivative: det(a) a^-T, but also for singular a.
Tensor cofactors(const Tensor& a);

/// The shortest x [..., n, k] among those of least |a x - b|, for a [..., m, n] of any rank and b [..., m, k], or vectors
/// as in solve. The batches broadcast.
Tensor lstsq(const Tensor& a, const Tensor& b);

struct RankOptions {
  double atol = 0;                  ///< singular values up to max(atol, rtol * the largest) count as 0
  std::optional<double> rtol = {};  ///< max(m, n) units in the last place by default; 0 if there is an atol
};
/// How many singular values of a [..., m, n] count: [...] of i64.
Tensor matrix_rank(const Tensor& a, const RankOptions& options = {});
/// The Moore-Penrose inverse [..., n, m] of a [..., m, n].
Tensor pinv(const Tensor& a, const RankOptions& options = {});

}  // namespace gradus::linalg
