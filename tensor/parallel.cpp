// The pool. A job gives each thread a run of neighbouring chunks, the same from call to call, so that what a core has in
// its cache stays useful; who is done takes chunks from the others' runs. So nobody waits for a worker that the system
// does not let run: at worst the caller computes all chunks itself.
#include <gradus/tensor/parallel.hpp>

#include <omp.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace gradus {
namespace {

/// Once for all: a thread that is bound to fewer cores sees fewer, and the pool is sized by it.
int cores() {
  static const int n = std::max(1, omp_get_num_procs());
  return n;
}
int& thread_setting() {
  static int n = std::clamp(omp_get_max_threads(), 1, cores());
  return n;
}

using Clock = std::chrono::steady_clock;

/// How long a thread looks before it sleeps: longer than the gaps between the loops of a training step, and next to
/// nothing for the programs that would like to have the core.
constexpr auto patience = std::chrono::microseconds(50);

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}
/// Returns once `word` is no longer `old`.
void wait_while(const std::atomic<int>& word, int old) {
  const auto until = Clock::now() + patience;
  do {
    for (int i = 0; i < 16; ++i) {
      if (word.load(std::memory_order_acquire) != old) return;
      relax();
    }
  } while (Clock::now() < until);
  word.wait(old, std::memory_order_acquire);
}

struct Job {
  Index n = 0, chunk = 1;
  int threads = 0;
  void (*body)(const void*, Index, Index) = nullptr;
  const void* context = nullptr;
};

thread_local bool inside = false;  // this thread runs a chunk

class Pool {
 public:
  Pool() : runs_(static_cast<std::size_t>(cores())) {}

  /// False, with nothing done, if another thread has the pool, or if the caller is better off alone.
  bool run(const Job& job) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    const auto start = Clock::now();
    if (!lock || start < alone_until_) return false;
    start_workers(job.threads - 1);
    job_ = job;
    const Index chunks = (job.n - 1) / job.chunk + 1;
    Index begin = 0;
    for (int t = 0; t < job.threads; ++t) {
      run_of(t).next.store(begin, std::memory_order_relaxed);
      begin += chunks / job.threads + (t < chunks % job.threads);
      run_of(t).end = begin;
    }
    state_.store(open, std::memory_order_release);
    jobs_.fetch_add(1, std::memory_order_release);
    jobs_.notify_all();
    work(0);
    const auto done = Clock::now();
    // Who wakes up from now on finds the job closed; who is at work is waited for.
    for (int now = state_.fetch_sub(open, std::memory_order_acq_rel) - open; now != 0;
         now = state_.load(std::memory_order_acquire))
      wait_while(state_, now);
    // A worker was put aside in the middle of a chunk: the machine is busy, and one thread is faster for a while.
    if (const auto waited = Clock::now() - done; waited > std::chrono::milliseconds(1) && waited > 2 * (done - start))
      alone_until_ = done + 5 * waited;
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return true;
  }

 private:
  /// The chunks that one thread begins with; alone in its cache line.
  struct alignas(64) Run {
    std::atomic<Index> next{0};
    Index end = 0;
  };
  static constexpr int open = 1, worker = 2;  // state_: whether workers may join, and how many are at work

  Run& run_of(int t) { return runs_[static_cast<std::size_t>(t)]; }

  void start_workers(int wanted) {
    if (workers_ >= wanted) return;
    sigset_t all, before;  // signals are for the program's own threads
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      for (; workers_ < wanted; ++workers_)
        std::thread([this, t = workers_ + 1, seen = jobs_.load()] { serve(t, seen); }).detach();
    } catch (const std::system_error&) {  // no more threads to be had: the others do its work
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void serve(int t, int seen) {
    omp_set_num_threads(1);  // for BLAS
    for (;;) {
      wait_while(jobs_, seen);
      seen = jobs_.load(std::memory_order_acquire);
      int now = state_.load(std::memory_order_acquire);
      while ((now & open) && !state_.compare_exchange_weak(now, now + worker, std::memory_order_acq_rel)) {
      }
      if (!(now & open)) continue;
      if (t < job_.threads) work(t);
      if (state_.fetch_sub(worker, std::memory_order_acq_rel) == worker) state_.notify_one();
    }
  }

  void work(int t) {
    inside = true;
    for (int i = 0; i < job_.threads; ++i) {
      Run& run = run_of((t + i) % job_.threads);
      for (Index c; (c = run.next.fetch_add(1, std::memory_order_relaxed)) < run.end;) try {
          job_.body(job_.context, c * job_.chunk, c * job_.chunk + std::min(job_.chunk, job_.n - c * job_.chunk));
        } catch (...) {
          const std::lock_guard lock(error_mutex_);
          error_ = std::current_exception();
        }
    }
    inside = false;
  }

  std::mutex mutex_, error_mutex_;
  std::exception_ptr error_;
  std::vector<Run> runs_;
  Job job_;
  int workers_ = 0;
  Clock::time_point alone_until_{};
  std::atomic<int> jobs_{0}, state_{0};
};

/// Never destroyed: its threads sleep until the process ends. A forked child has no threads but the one that forked,
/// and gets a pool of its own.
Pool* pool = nullptr;
Pool& the_pool() {
  static const bool made [[maybe_unused]] = [] {
    pool = new Pool;
    pthread_atfork(nullptr, nullptr, [] {
      pool = new Pool;
      inside = false;
    });
    return true;
  }();
  return *pool;
}

}  // namespace

int num_threads() { return thread_setting(); }

void set_num_threads(int n) {
  if (n < 1 || n > cores())
    warn(join("set_num_threads: asked for ", n, " threads on ", cores(), " cores: using ", std::clamp(n, 1, cores())));
  thread_setting() = std::clamp(n, 1, cores());
}

void detail::parallel_for(Index n, Index chunk, void (*body)(const void*, Index, Index), const void* context) {
  if (chunk < 1) fail<ValueError>("parallel_for: a chunk must have at least one index: got ", chunk);
  const int threads = static_cast<int>(std::min<Index>(num_threads(), (n - 1) / chunk + 1));
  if (threads > 1 && !inside && the_pool().run({n, chunk, threads, body, context})) return;
  for (Index begin = 0, end = 0; begin < n; begin = end) {
    end = begin + std::min(chunk, n - begin);
    body(context, begin, end);
  }
}

}  // namespace gradus
