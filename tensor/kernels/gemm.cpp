#include <gradus/tensor/kernels/blas.hpp>
#include <gradus/tensor/kernels/gemm.hpp>
#include <gradus/tensor/kernels/simd.hpp>
#include <gradus/tensor/parallel.hpp>

#include <algorithm>

namespace gradus::kernels {
namespace {

template <class T>
void add_bias(T* __restrict row, const T* __restrict bias, Index n) {
  GRADUS_IVDEP
  for (Index j = 0; j < n; ++j) row[j] += bias[j];
}

template <class T>
void run(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) {
    for (Index i = 0; i < g.m; ++i)
      for (Index j = 0; j < g.n; ++j) g.c[i * g.ldc + j] = g.bias ? g.bias[j] : T(0);
    return;
  }
  blas::gemm(g.transpose_a, g.transpose_b, g.m, g.n, g.k, g.a, g.lda, g.b, g.ldb, T(0), g.c, g.ldc);
  if (!g.bias) return;
  parallel_for(g.m, std::max<Index>(1, parallel_grain / g.n), [&g](Index begin, Index end) {
    simd::run([&] {
      for (Index i = begin; i < end; ++i) add_bias(g.c + i * g.ldc, g.bias, g.n);
    });
  });
}

template <class T>
void run_naive(const Gemm<T>& g) {
  for (Index i = 0; i < g.m; ++i)
    for (Index j = 0; j < g.n; ++j) {
      double sum = g.bias ? static_cast<double>(g.bias[j]) : 0.0;
      for (Index p = 0; p < g.k; ++p) {
        const T a = g.transpose_a ? g.a[p * g.lda + i] : g.a[i * g.lda + p];
        const T b = g.transpose_b ? g.b[j * g.ldb + p] : g.b[p * g.ldb + j];
        sum += static_cast<double>(a) * static_cast<double>(b);
      }
      g.c[i * g.ldc + j] = static_cast<T>(sum);
    }
}

}  // namespace

void gemm(const Gemm<float>& g) { run(g); }
void gemm(const Gemm<double>& g) { run(g); }
void naive_gemm(const Gemm<float>& g) { run_naive(g); }
void naive_gemm(const Gemm<double>& g) { run_naive(g); }

}  // namespace gradus::kernels
