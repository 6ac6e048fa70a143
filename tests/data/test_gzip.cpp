#include "catch.hpp"

#include <gradus/gradus.hpp>

#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

using namespace gradus;

namespace {

struct TemporaryFile {
  std::filesystem::path path;
  explicit TemporaryFile(const std::string& bytes, bool packed = false)
      : path(std::filesystem::temp_directory_path() / ("gradus_data_" + std::to_string(getpid()) + "_" + std::to_string(number++))) {
    if (packed) {
      const gzFile out = gzopen(path.c_str(), "wb");
      gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
      gzclose(out);
    } else {
      std::ofstream(path, std::ios::binary) << bytes;
    }
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  static inline int number = 0;
};
std::string bytes(std::initializer_list<int> values) {
  std::string s;
  for (const int v : values) s += static_cast<char>(v);
  return s;
}
Tensor idx(const std::string& content, bool packed = false) { return data::read_idx(TemporaryFile(content, packed).path); }

}  // namespace

TEST_CASE("a gzip file cannot make the reader unpack more than its header asks for", "[data][io][gzip]") {
  std::string bomb = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2});
  bomb += std::string(50'000'000, '\0');
  CHECK_THROWS_WITH(idx(bomb, true), ContainsSubstring("bytes after the data"));
  TemporaryFile damaged(bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2}), true);
  std::fstream file(damaged.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-6, std::ios::end);
  file.put('\x55');  // inside the checksum
  file.close();
  CHECK_THROWS_AS(data::read_idx(damaged.path), FormatError);
}
