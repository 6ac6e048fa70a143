#include <gradus/tensor/available_memory.hpp>
#include <gradus/tensor/tensor.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <unistd.h>

#include <fstream>

using namespace gradus;
namespace fs = std::filesystem;

namespace {
/// A root folder with the files that the system would show.
struct Root : ScratchFolder {
  void put(const char* file, const char* text) const {
    fs::create_directories((path / file).parent_path());
    std::ofstream(path / file) << text;
  }
};
}  // namespace

TEST_CASE("the memory that is left is the least of the machine's and of every control group's", "[tensor][memory]") {
  const Root root;
  CHECK(detail::available_memory(root.path) == SIZE_MAX);
  root.put("proc/meminfo", "MemTotal:       2000 kB\nMemFree:         1 kB\nMemAvailable:   1000 kB\n");
  CHECK(detail::available_memory(root.path) == 1024000);

  root.put("proc/self/cgroup", "0::/a/b\n");  // version 2
  root.put("sys/fs/cgroup/a/b/memory.max", "max\n");
  CHECK(detail::available_memory(root.path) == 1024000);
  root.put("sys/fs/cgroup/a/memory.max", "500000\n");
  CHECK(detail::available_memory(root.path) == 500000);
  root.put("sys/fs/cgroup/a/memory.current", "400000\n");
  CHECK(detail::available_memory(root.path) == 100000);
  root.put("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 50000\n");
  CHECK(detail::available_memory(root.path) == 150000);
  root.put("sys/fs/cgroup/a/b/memory.max", "7\n");
  CHECK(detail::available_memory(root.path) == 7);
  root.put("sys/fs/cgroup/a/b/memory.current", "9\n");
  CHECK(detail::available_memory(root.path) == 0);

  root.put("proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/c\n0::/\n");  // version 1
  root.put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(detail::available_memory(root.path) == 1024000);
  root.put("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "3000\n");
  root.put("sys/fs/cgroup/memory/c/memory.usage_in_bytes", "2500\n");
  root.put("sys/fs/cgroup/memory/c/memory.stat", "inactive_file 1\ntotal_inactive_file 100\n");
  CHECK(detail::available_memory(root.path) == 600);
}

TEST_CASE("more memory than there is is refused with what was asked, held and left", "[tensor][memory]") {
  REQUIRE(available_memory() > 0);
  const auto more = static_cast<Index>(std::min(available_memory(), std::size_t{1} << 45)) / 4 * 3 / 2;
  CHECK_THROWS_AS(Tensor({more}, DType::f64), MemoryError);
  const Tensor held({1 << 20}, DType::f64);
  CHECK_THROWS_WITH(Tensor({more}, DType::f64),
                    StartsWith(join("tensor: memory cannot be had: ", more * 8, " bytes asked for, ",
                                    memory_stats().live, " held by tensors, ")) &&
                        EndsWith(" available"));
}
