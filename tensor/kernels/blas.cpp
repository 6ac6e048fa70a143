#include <gradus/tensor/kernels/blas.hpp>

#include <cblas.h>
#include <omp.h>

#include <limits>

// Not in every version's header.
extern "C" {
char* openblas_get_corename(void);
int openblas_get_parallel(void);
void openblas_set_num_threads(int);
}

namespace gradus::blas {
namespace {
int to_blas(Index n) {
  if (n > std::numeric_limits<int>::max()) fail<ShapeError>("matmul: an extent is beyond BLAS's 32-bit limit: ", n);
  return static_cast<int>(n);
}
CBLAS_TRANSPOSE to_blas(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }
}  // namespace

void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, const float* a, Index lda, const float* b,
          Index ldb, float beta, float* c, Index ldc) {
  const OneThread one;
  cblas_sgemm(CblasRowMajor, to_blas(transpose_a), to_blas(transpose_b), to_blas(m), to_blas(n), to_blas(k), 1, a,
              to_blas(lda), b, to_blas(ldb), beta, c, to_blas(ldc));
}
void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, const double* a, Index lda, const double* b,
          Index ldb, double beta, double* c, Index ldc) {
  const OneThread one;
  cblas_dgemm(CblasRowMajor, to_blas(transpose_a), to_blas(transpose_b), to_blas(m), to_blas(n), to_blas(k), 1, a,
              to_blas(lda), b, to_blas(ldb), beta, c, to_blas(ldc));
}

// The OpenMP flavour asks OpenMP for the number at every call, and there each thread has its own.
OneThread::OneThread() : before_(omp_get_max_threads()) {
  static const bool held
      [[maybe_unused]] = [] { return openblas_get_parallel() == 1 && (openblas_set_num_threads(1), true); }();
  if (before_ != 1) omp_set_num_threads(1);
}
OneThread::~OneThread() {
  if (before_ != 1) omp_set_num_threads(before_);
}
std::string core_name() { return openblas_get_corename(); }
std::string threading() {
  switch (openblas_get_parallel()) {
    case 0: return "serial";
    case 1: return "pthread";
    default: return "openmp";
  }
}

}  // namespace gradus::blas
