#include <gradus/tensor/kernels/simd.hpp>

#include <algorithm>
#include <cstdlib>

namespace gradus::simd {
// Always there, whatever this file is compiled for: a program that uses the library may be compiled for less.
int level() {
#if defined(__x86_64__)
  static const int chosen = [] {
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    const int best = v4 ? 4 : v3 ? 3 : 1;
    const char* wish = std::getenv("GRADUS_SIMD");
    return wish ? std::min(best, std::atoi(wish)) : best;
  }();
  return chosen;
#else
  return 1;
#endif
}
}  // namespace gradus::simd
