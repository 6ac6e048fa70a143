// One thread pool for everything. Its workers wait a moment by looking and then sleep, so that on a machine that others
// use too nobody burns the time that another needs. BLAS computes with one thread inside each of ours.
#pragma once
#include <gradus/tensor/dtype.hpp>

#include <memory>

namespace gradus {

/// Threads that kernels may use, the calling one included; at first what OMP_NUM_THREADS says, else all cores.
int num_threads();
/// Sets it for the whole process, matrix products included. Clamped to 1 ... cores, with a warning when n is outside.
void set_num_threads(int n);

/// Elements below which a cheap loop is not worth a second thread (waking one costs microseconds).
inline constexpr Index parallel_grain = 32768;

namespace detail {
void parallel_for(Index n, Index chunk, void (*body)(const void*, Index, Index), const void* context);
}
/// Calls body(begin, end) for consecutive chunks of at most `chunk` indices that together cover [0, n). Which chunks
/// there are does not depend on the number of threads. An exception thrown by a chunk is rethrown here. Inside another
/// parallel_for, or while another thread has the pool, the calling thread does it alone. Throws ValueError for chunk < 1.
template <class F>
void parallel_for(Index n, Index chunk, const F& body) {
  if (n <= 0) return;
  if (n <= chunk) return body(Index{0}, n);
  detail::parallel_for(
      n, chunk, [](const void* f, Index begin, Index end) { (*static_cast<const F*>(f))(begin, end); },
      std::addressof(body));
}

}  // namespace gradus
