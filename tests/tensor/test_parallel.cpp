#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/kernels/gemm.hpp>
#include <gradus/tensor/matmul.hpp>
#include <gradus/tensor/parallel.hpp>
#include <gradus/tensor/random.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/tensor.hpp>

#include "catch.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <set>
#include <thread>

using namespace gradus;

namespace {

using Chunks = std::set<std::pair<Index, Index>>;

Chunks chunks_of(Index n, Index chunk) {
  Chunks chunks;
  std::mutex mutex;
  parallel_for(n, chunk, [&](Index begin, Index end) {
    const std::lock_guard lock(mutex);
    CHECK(chunks.emplace(begin, end).second);
  });
  return chunks;
}

struct Threads {
  explicit Threads(int n) : before(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  int before;
};

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

TEST_CASE("parallel_for hands out each chunk once, the same ones for any number of threads", "[tensor][parallel]") {
  for (const auto& [n, chunk] : {std::pair<Index, Index>{0, 1}, {1, 1}, {7, 3}, {8, 3}, {9, 3}, {1000, 1}, {5, 100}}) {
    const Chunks many = chunks_of(n, chunk);
    const Threads one(1);
    CHECK(many == chunks_of(n, chunk));
    Index next = 0;
    for (const auto& [begin, end] : many) {
      CHECK(begin == next);
      CHECK(end - begin <= chunk);
      next = end;
    }
    CHECK(next == n);
  }
}

TEST_CASE("parallel_for refuses chunks of no index and rethrows what a chunk throws", "[tensor][parallel]") {
  for (const Index chunk : {Index{0}, Index{-3}})
    CHECK_THROWS_WITH(parallel_for(5, chunk, [](Index, Index) {}),
                      "parallel_for: a chunk must have at least one index: got " + std::to_string(chunk));
  for (int round = 0; round < 20; ++round) {
    CHECK_THROWS_WITH(parallel_for(64, 1,
                                   [](Index begin, Index) {
                                     if (begin == 40) fail<ValueError>("chunk 40");
                                   }),
                      "chunk 40");
    CHECK(chunks_of(64, 1).size() == 64);
  }
}

TEST_CASE("parallel_for inside parallel_for, and from several threads at once, covers everything",
          "[tensor][parallel]") {
  std::atomic<Index> sum{0};
  const auto nested = [&] {
    parallel_for(16, 1,
                 [&](Index, Index) { parallel_for(16, 1, [&](Index begin, Index end) { sum += end - begin; }); });
  };
  nested();
  CHECK(sum == 256);
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) nested();
    });
  for (std::thread& t : callers) t.join();
  CHECK(sum == 256 * 801);
}

TEST_CASE("Threads without work sleep", "[tensor][parallel]") {
  chunks_of(1000, 1);
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(cpu_seconds() - before < 0.1);
}

#if defined(__SANITIZE_THREAD__)
#define GRADUS_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GRADUS_THREAD_SANITIZER
#endif
#endif
#ifndef GRADUS_THREAD_SANITIZER  // it allows no new threads in a forked child
TEST_CASE("A forked child computes after the parent has used the threads", "[tensor][parallel]") {
  const Tensor a = randn({300, 300}), before = matmul(a, a) + a;
  for (int round = 0; round < 10; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(30);
      const bool same = equal(matmul(a, a) + a, before) && chunks_of(1000, 1).size() == 1000;
      _exit(same ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
}
#endif

TEST_CASE("Products cut into blocks are those of the plain loops", "[tensor][parallel]") {
  for (const auto& [m, n, k] :
       {std::array<Index, 3>{1, 700, 700}, {700, 1, 700}, {65, 130, 257}, {300, 17, 129}, {9, 2000, 31}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const Tensor a = randn(ta ? Shape{k, m} : Shape{m, k}), b = randn(tb ? Shape{n, k} : Shape{k, n}),
                     bias = randn({n});
        Tensor fast({m, n}, DType::f32), naive({m, n}, DType::f32);
        kernels::Gemm<float> g{ta,        tb,
                               m,         n,
                               k,         a.read<float>(),
                               a.size(1), b.read<float>(),
                               b.size(1), fast.write<float>(),
                               n,         bias.read<float>()};
        kernels::gemm(g);
        g.c = naive.write<float>();
        kernels::naive_gemm(g);
        CAPTURE(m, n, k, ta, tb);
        CHECK(allclose(fast, naive, 1e-4, 1e-4));
      }
}

TEST_CASE("A thread that is bound to one core uses the pool like any other", "[tensor][parallel]") {
  num_threads();
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    REQUIRE(pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0);
    CHECK(chunks_of(100, 1).size() == 100);
  }).join();
}
