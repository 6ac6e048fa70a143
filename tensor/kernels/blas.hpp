// The shim over OpenBLAS: the only place that knows its header.
#pragma once
#include <gradus/tensor/dtype.hpp>

#include <string>

namespace gradus::blas {

/// C = op(A) op(B) + beta * C, row-major; op(A) is m x k, op(B) is k x n; lda, ldb, ldc are the lengths of stored rows.
void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, const float* a, Index lda, const float* b,
          Index ldb, float beta, float* c, Index ldc);
void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, const double* a, Index lda, const double* b,
          Index ldb, double beta, double* c, Index ldc);

/// While it lives, BLAS and LAPACK compute with the calling thread alone: our pool has the threads, and two pools would
/// fight over the cores. Costs nothing on a worker of the pool. An OpenBLAS that has threads of its own (the pthread
/// flavour) is held at one for good.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};
/// Name of the kernel set that OpenBLAS chose for this CPU ("SkylakeX"), and its threading ("openmp").
std::string core_name();
std::string threading();

}  // namespace gradus::blas
