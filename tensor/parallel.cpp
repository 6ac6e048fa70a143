#include <gradus/tensor/kernels/blas.hpp>
#include <gradus/tensor/parallel.hpp>

#include <omp.h>

#include <algorithm>
#include <exception>

namespace gradus {
namespace {
int& thread_setting() {
  static int n = std::clamp(omp_get_max_threads(), 1, std::max(1, omp_get_num_procs()));
  return n;
}
}  // namespace

int num_threads() { return thread_setting(); }

void set_num_threads(int n) {
  const int cores = std::max(1, omp_get_num_procs());
  if (n < 1 || n > cores)
    warn(join("set_num_threads: asked for ", n, " threads on ", cores, " cores: using ", std::clamp(n, 1, cores)));
  thread_setting() = std::clamp(n, 1, cores);
  blas::set_num_threads(thread_setting());  // in the OpenMP flavour this sets OpenMP's own number too
  omp_set_num_threads(thread_setting());
}

void detail::parallel_for(Index n, Index chunk, void (*body)(const void*, Index, Index), const void* context) {
  const Index chunks = (n + chunk - 1) / chunk;
  const auto run = [&](Index c) { body(context, c * chunk, std::min(n, (c + 1) * chunk)); };
  const int threads = static_cast<int>(std::min<Index>(num_threads(), chunks));
  if (threads == 1 || omp_in_parallel()) {
    for (Index c = 0; c < chunks; ++c) run(c);
    return;
  }
  const blas::SingleThreaded one;
  std::exception_ptr error;  // an exception must not leave an OpenMP region
#pragma omp parallel for schedule(static) num_threads(threads)
  for (Index c = 0; c < chunks; ++c) {
    try {
      run(c);
    } catch (...) {
#pragma omp critical(gradus_parallel_error)
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace gradus
