#include <gradus/data/idx.hpp>
#include <gradus/tensor/io/file.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

using namespace gradus;

namespace {
using Bytes = std::vector<int>;
std::string text_of(const Bytes& bytes) {
  std::string text;
  for (const int b : bytes) text += static_cast<char>(b);
  return text;
}
Tensor read(const Bytes& bytes) { return data::read_idx(ScratchFile(text_of(bytes)).path); }
}  // namespace

TEST_CASE("idx files of every type code are read", "[data][idx]") {
  CHECK(equal(read({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 255}), tensor({{std::uint8_t{7}}, {std::uint8_t{255}}})));
  CHECK(equal(read({0, 0, 9, 1, 0, 0, 0, 2, 127, 128}), tensor({Index{127}, Index{-128}})));
  CHECK(equal(read({0, 0, 11, 1, 0, 0, 0, 2, 1, 2, 255, 254}), tensor({Index{258}, Index{-2}})));
  CHECK(equal(read({0, 0, 12, 1, 0, 0, 0, 2, 0, 1, 0, 0, 128, 0, 0, 0}), tensor({Index{65536}, Index{-2147483648}})));
  CHECK(equal(read({0, 0, 13, 1, 0, 0, 0, 1, 0xc0, 0x20, 0, 0}), tensor({-2.5f})));
  CHECK(equal(read({0, 0, 14, 1, 0, 0, 0, 1, 0x40, 4, 0, 0, 0, 0, 0, 0}), tensor({2.5})));
  CHECK(read({0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 5}).shape() == Shape{0, 5});
}

TEST_CASE("compressed idx files are recognised by their content", "[data][idx]") {
  const std::string bytes = text_of({0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3});
  const ScratchFile whole(bytes, true);
  CHECK(data::read_idx(whole.path).to_vector<Index>() == std::vector<Index>{1, 2, 3});
  const std::string packed = io::read_file(whole.path);
  for (std::size_t n = 0; n < packed.size(); ++n) {
    const ScratchFile part(packed.substr(0, n));
    CHECK_THROWS_AS(data::read_idx(part.path), FormatError);
  }
  // A changed bit is found, or is one without meaning: the time in the header, the padding of the last block.
  std::size_t found = 0;
  for (std::size_t i = 0; i < packed.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = packed;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      const ScratchFile file(changed);
      try {
        const Tensor t = data::read_idx(file.path);
        CHECK(t.to_vector<Index>() == std::vector<Index>{1, 2, 3});
      } catch (const FormatError&) {
        ++found;
      }
    }
  CHECK(found > 8 * packed.size() / 2);
}

TEST_CASE("idx headers that make no sense are refused with the offset", "[data][idx]") {
  const ScratchFile wrong(text_of({1, 0, 8, 1, 0, 0, 0, 0}));
  CHECK_THROWS_WITH(data::read_idx(wrong.path), StartsWith("idx: wrong magic") && ContainsSubstring("offset 0") &&
                                                    ContainsSubstring(wrong.path.native()));
  CHECK_THROWS_WITH(read({0, 0, 10, 1, 0, 0, 0, 0}), ContainsSubstring("offset 2") && ContainsSubstring("10"));
  CHECK_THROWS_WITH(read({0, 0, 8, 7}), ContainsSubstring("too many axes") && ContainsSubstring("at most 6"));
  CHECK_THROWS_WITH(read({0, 0, 8, 2, 0, 0, 0, 1}),
                    ContainsSubstring("the file ends too early: offset 8, expected 4 bytes, found 0"));
  CHECK_THROWS_AS(read({}), FormatError);
}

TEST_CASE("idx sizes are held against the file before memory is taken", "[data][idx]") {
  CHECK_THROWS_AS(read({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}), FormatError);
  CHECK_THROWS_AS(read({0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255}), FormatError);
  CHECK_THROWS_AS(read({0, 0, 8, 1, 255, 255, 255, 255, 1, 2, 3}), FormatError);
  CHECK_THROWS_AS(read({0, 0, 12, 1, 0, 0, 0, 1, 1, 2, 3}), FormatError);
}

TEST_CASE("the length of an idx file must be exact", "[data][idx]") {
  const Bytes whole = {0, 0, 11, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4};
  CHECK(read(whole).numel() == 2);
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK_THROWS_AS(read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))), FormatError);
  Bytes longer = whole;
  longer.push_back(0);
  CHECK_THROWS_WITH(read(longer), ContainsSubstring("offset 16"));
}

TEST_CASE("a missing idx file is an IoError", "[data][idx]") { CHECK_THROWS_AS(data::read_idx("/nowhere/a"), IoError); }
