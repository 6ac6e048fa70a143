#include <gradus/tensor/available_memory.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

namespace gradus {
namespace {
namespace fs = std::filesystem;

/// The number of a file that holds nothing else; nothing for "max" and for a file that is not there.
std::optional<std::size_t> number_in(const fs::path& file) {
  std::size_t value = 0;
  std::ifstream in(file);
  return in >> value ? std::optional(value) : std::nullopt;
}
/// The number behind a word that begins a line: "MemAvailable:  123 kB".
std::optional<std::size_t> number_after(const fs::path& file, const std::string& word) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(word)) {
      const auto digits = std::min(line.find_first_not_of(' ', word.size()), line.size());
      std::size_t value = 0;
      if (std::from_chars(line.data() + digits, line.data() + line.size(), value).ec == std::errc{}) return value;
    }
  return std::nullopt;
}

/// What the control group of this folder and those around it, up to `top`, leave.
std::size_t left_in_groups(const fs::path& top, const fs::path& group, const char* limit, const char* used,
                           const char* cache) {
  std::size_t left = SIZE_MAX;
  for (fs::path at = (top / group.relative_path()).lexically_normal();; at = at.parent_path()) {
    if (const auto most = number_in(at / limit)) {
      const std::size_t in_use = number_in(at / used).value_or(0);
      const std::size_t lasting = in_use - std::min(in_use, number_after(at / "memory.stat", cache).value_or(0));
      left = std::min(left, *most - std::min(*most, lasting));
    }
    if (at == top.lexically_normal() || at == at.parent_path()) return left;
  }
}

}  // namespace

std::size_t detail::available_memory(const fs::path& root) {
  std::size_t left = SIZE_MAX;
  if (const auto kib = number_after(root / "proc/meminfo", "MemAvailable:")) left = *kib * 1024;
  std::ifstream groups(root / "proc/self/cgroup");  // lines "0::/path" (version 2) and "4:memory:/path" (version 1)
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty())
      left = std::min(left,
                      left_in_groups(root / "sys/fs/cgroup", group, "memory.max", "memory.current", "inactive_file "));
    else if (("," + controllers + ",").find(",memory,") != std::string::npos)
      left = std::min(left, left_in_groups(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes",
                                           "memory.usage_in_bytes", "total_inactive_file "));
  }
  return left;
}
std::size_t available_memory() { return detail::available_memory("/"); }

}  // namespace gradus
