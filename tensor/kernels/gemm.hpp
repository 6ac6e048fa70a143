// The one entry to matrix products. Each thread gives OpenBLAS one block of the result, and adds the bias to it while it
// is still in cache.
#pragma once
#include <gradus/tensor/dtype.hpp>

namespace gradus::kernels {

/// C[m, n] = op(A)[m, k] op(B)[k, n] (+ bias[n] on every row). Row-major; op is the transpose where asked for, and
/// lda, ldb, ldc are the distances between stored rows. C need not be initialised.
template <class T>
struct Gemm {
  bool transpose_a, transpose_b;
  Index m, n, k;
  const T* a;
  Index lda;
  const T* b;
  Index ldb;
  T* c;
  Index ldc;
  const T* bias = nullptr;
};
void gemm(const Gemm<float>& g);
void gemm(const Gemm<double>& g);
/// The same by three plain loops in f64: the reference of the tests.
void naive_gemm(const Gemm<float>& g);
void naive_gemm(const Gemm<double>& g);

}  // namespace gradus::kernels
