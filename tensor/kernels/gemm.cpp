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

/// How C is cut into blocks, one for each thread.
struct Grid {
  Index rows = 1, columns = 1;
};
/// The grid whose blocks read the least of A and B.
Grid grid_for(Index m, Index n, Index k) {
  const Index threads = m * n >= (Index{1} << 18) / k ? num_threads() : 1;
  Grid best{1, threads};
  for (Index rows = 2; rows <= threads; ++rows)
    if (threads % rows == 0 && m / rows + n * rows / threads < m / best.rows + n / best.columns)
      best = {rows, threads / rows};
  return best;
}

/// Rows [i, i + m) and columns [j, j + n) of the product.
template <class T>
void block(const Gemm<T>& g, Index i, Index m, Index j, Index n) {
  T* c = g.c + i * g.ldc + j;
  blas::gemm(g.transpose_a, g.transpose_b, m, n, g.k, g.a + i * (g.transpose_a ? 1 : g.lda), g.lda,
             g.b + j * (g.transpose_b ? g.ldb : 1), g.ldb, T(0), c, g.ldc);
  if (!g.bias) return;
  simd::run([&] {
    for (Index row = 0; row < m; ++row) add_bias(c + row * g.ldc, g.bias + j, n);
  });
}

template <class T>
void run(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) {
    for (Index i = 0; i < g.m; ++i)
      for (Index j = 0; j < g.n; ++j) g.c[i * g.ldc + j] = g.bias ? g.bias[j] : T(0);
    return;
  }
  const Grid grid = grid_for(g.m, g.n, g.k);
  // Whole register tiles: 8 rows, 16 columns.
  const auto part = [](Index n, Index parts, Index tile) { return ((n - 1) / parts / tile + 1) * tile; };
  const Index m = part(g.m, grid.rows, 8), n = part(g.n, grid.columns, 16);
  const Index rows = (g.m - 1) / m + 1, columns = (g.n - 1) / n + 1;
  parallel_for(rows * columns, 1, [&](Index begin, Index end) {
    for (Index b = begin; b < end; ++b) {
      const Index i = b / columns * m, j = b % columns * n;
      block(g, i, std::min(m, g.m - i), j, std::min(n, g.n - j));
    }
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
