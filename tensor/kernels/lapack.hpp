// The shim over OpenBLAS's LAPACK: the only place that knows its symbols. T is float or double. Matrices are stored
// column by column without gaps, and no extent is 0. The result is LAPACK's info: 0, or what the comment says.
#pragma once
#include <gradus/tensor/dtype.hpp>

namespace gradus::lapack {

/// A [m, n] -> R on and above the diagonal, below it (and in tau, min(m, n) numbers) the reflections whose product is Q.
template <class T>
int geqrf(Index m, Index n, T* a, T* tau);
/// What geqrf left in the first k columns of A [m, k] -> the first k columns of Q.
template <class T>
int orgqr(Index m, Index k, T* a, const T* tau);
/// Symmetric A [n, n], of which the lower triangle is read -> ascending eigenvalues w; A is overwritten, by the
/// eigenvectors if they are asked for. > 0: no convergence.
template <class T>
int syevd(bool vectors, Index n, T* a, T* w);
/// Symmetric A [n, n], lower triangle -> L there. i > 0: the leading minor of order i is not positive definite.
template <class T>
int potrf(Index n, T* a);
/// A [n, n] -> L and U of P L U, and the rows (from 1) swapped in each step. i > 0: pivot i is 0, all else is computed.
template <class T>
int getrf(Index n, T* a, int* swaps);
/// B [n, k] -> A^-1 B, A being factored by getrf without a zero pivot.
template <class T>
int getrs(Index n, Index k, const T* lu, const int* swaps, T* b);
/// B [n, k] -> A^-1 B for triangular A [n, n], `unit` with ones on its diagonal. i > 0: diagonal element i is 0.
template <class T>
int trtrs(bool upper, bool unit, Index n, Index k, const T* a, T* b);
/// A [m, n], overwritten -> descending singular values s and, unless null, U [m, k] and V^T [k, n] with k = min(m, n).
/// > 0: no convergence.
template <class T>
int gesdd(Index m, Index n, T* a, T* s, T* u, T* vt);
/// A [m, n], overwritten; B [max(m, n), k] with m rows set -> its first n rows are the shortest X of least |A X - B|.
/// Columns that would raise the condition number of A beyond 1 / rcond are taken for dependent.
template <class T>
int gelsy(Index m, Index n, Index k, T* a, T* b, double rcond);

}  // namespace gradus::lapack
