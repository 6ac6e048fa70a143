#include <gradus/tensor/config.hpp>
#include <gradus/tensor/kernels/blas.hpp>
#include <gradus/tensor/kernels/simd.hpp>
#include <gradus/tensor/parallel.hpp>

namespace gradus {

std::string config() {
#if defined(__AVX512F__) || !defined(__x86_64__)
  const char* simd = "as compiled for this machine";
#else
  const char* simd = simd::level() == 4   ? "AVX-512, chosen at run time"
                     : simd::level() == 3 ? "AVX2, chosen at run time"
                                          : "baseline";
#endif
  return join("gradus ", GRADUS_VERSION, "\ncompiler   ", __VERSION__, "\nvectors    ", simd, "\nthreads    ",
              num_threads(), "\nOpenBLAS   ", blas::core_name(), " kernels, ", blas::threading(), " threading\n");
}

}  // namespace gradus
