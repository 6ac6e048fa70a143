// One thread pool for everything: OpenMP, which the OpenMP flavour of OpenBLAS shares.
#pragma once
#include <gradus/tensor/dtype.hpp>

#include <memory>

namespace gradus {

/// Threads that kernels may use; at first what OpenMP says (OMP_NUM_THREADS, else all cores).
int num_threads();
/// Sets it for the whole process, BLAS included. Clamped to 1 ... cores, with a warning when n is outside.
void set_num_threads(int n);

/// Elements below which a cheap loop is not worth a second thread (entering a region costs microseconds).
inline constexpr Index parallel_grain = 32768;

namespace detail {
void parallel_for(Index n, Index chunk, void (*body)(const void*, Index, Index), const void* context);
}
/// Calls body(begin, end) for consecutive chunks of at most `chunk` indices that together cover [0, n). Which chunks
/// there are does not depend on the number of threads. An exception thrown by a chunk is rethrown here.
template <class F>
void parallel_for(Index n, Index chunk, const F& body) {
  if (n <= 0) return;
  if (n <= chunk) return body(Index{0}, n);
  detail::parallel_for(
      n, chunk, [](const void* f, Index begin, Index end) { (*static_cast<const F*>(f))(begin, end); },
      std::addressof(body));
}

}  // namespace gradus
