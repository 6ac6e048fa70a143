// OpenBLAS takes a work buffer for each of its threads when it is loaded, before main(), and asks for ever if it does not get
// one (ulimit -v). Only what a program itself runs before its libraries start can say so: the functions in .preinit_array.
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#if defined(__linux__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr std::size_t buffer_bytes = 128 * mib;                      // BUFFER_SIZE of OpenBLAS on x86-64
constexpr std::size_t room_per_thread = 80 * mib, room = 128 * mib;  // stacks, arenas of malloc, what is computed with

/// As OpenBLAS counts them.
std::size_t blas_threads() {
  cpu_set_t cores;
  const int most = ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  for (const char* name : {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"})
    if (const char* text = std::getenv(name))
      if (const int n = std::atoi(text); n > 0) return static_cast<std::size_t>(std::min(n, most));
  return static_cast<std::size_t>(most);
}
void check_address_space(int, char**, char**) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const std::size_t threads = blas_threads(), needed = threads * (buffer_bytes + room_per_thread) + room;
  void* probe = ::mmap(nullptr, needed, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe != MAP_FAILED) {
    ::munmap(probe, needed);
    return;
  }
  char text[256];
  const int n = std::snprintf(
      text, sizeof text,
      "error: memory: OpenBLAS needs %zu bytes of address space for the buffers of %zu threads and room beside them, "
      "the limit for everything is %llu — raise ulimit -v or set OMP_NUM_THREADS=1\n",
      needed, threads, static_cast<unsigned long long>(limit.rlim_cur));
  if (::write(2, text, static_cast<std::size_t>(n)) < 0) ::_exit(2);
  ::_exit(1);
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**, char**) = check_address_space;

}  // namespace
#endif
