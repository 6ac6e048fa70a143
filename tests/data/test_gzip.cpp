#include <gradus/data/idx.hpp>
#include <gradus/tensor/io/gzip.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <fstream>

using namespace gradus;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string s;
  for (const int v : values) s += static_cast<char>(v);
  return s;
}
Tensor idx(const std::string& content, bool packed = false) {
  return data::read_idx(ScratchFile(content, packed).path);
}

}  // namespace

TEST_CASE("a gzip file cannot make the reader unpack more than its header asks for", "[data][io][gzip]") {
  std::string bomb = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2});
  bomb += std::string(50'000'000, '\0');
  CHECK_THROWS_WITH(idx(bomb, true), ContainsSubstring("bytes after the data"));
  ScratchFile damaged(bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2}), true);
  std::fstream file(damaged.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-6, std::ios::end);
  file.put('\x55');  // inside the checksum
  file.close();
  CHECK_THROWS_AS(data::read_idx(damaged.path), FormatError);
}
