#include <gradus/data/csv.hpp>
#include <gradus/tensor/io/file.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <cmath>
using namespace gradus;

namespace {
Tensor read(const std::string& text, const data::CsvOptions& options = {}) {
  return data::read_csv(ScratchFile(text).path, options);
}
}  // namespace

TEST_CASE("a table of numbers is read as rows and columns", "[data][csv]") {
  const Tensor wanted = tensor({{1., -2.5}, {3e-5, 4.}});
  CHECK(equal(read("1,-2.5\n3e-5,4\n"), wanted));
  CHECK(equal(read("1,-2.5\n3e-5,4"), wanted));
  CHECK(equal(read("1,-2.5\r\n3e-5,4\r\n"), wanted));
  CHECK(equal(read("\xef\xbb\xbf"
                   "1,-2.5\n3e-5,4\n\n"),
              wanted));
  CHECK(equal(read(" 1 ,\t-2.5\n3e-5, +4\n"), wanted));
  CHECK(equal(read("a,b\n1,-2.5\n3e-5,4\n", {.header = true}), wanted));
  CHECK(equal(read("1;-2.5\n3e-5;4\n", {.separator = ';'}), wanted));
  CHECK(read("7").shape() == Shape{1, 1});
}

TEST_CASE("compressed tables are recognised by their content", "[data][csv]") {
  const ScratchFile whole("1,2\n3,4\n", true);
  CHECK(equal(data::read_csv(whole.path), tensor({{1., 2.}, {3., 4.}})));
  const std::string packed = io::read_file(whole.path);
  for (std::size_t n = 0; n < packed.size(); ++n) {
    const ScratchFile part(packed.substr(0, n));
    CHECK_THROWS_AS(data::read_csv(part.path), FormatError);
  }
}

TEST_CASE("text that is not a number is named with row and column", "[data][csv]") {
  const ScratchFile wrong("1,2\n3,x\n");
  CHECK_THROWS_WITH(data::read_csv(wrong.path), StartsWith("csv: ") && ContainsSubstring("2:2") &&
                                                    ContainsSubstring("\"x\"") &&
                                                    ContainsSubstring(wrong.path.native()));
  CHECK_THROWS_WITH(read("1,2\n\n3,\n"), ContainsSubstring("3:2"));
  CHECK_THROWS_WITH(read("h\n1\n2 3\n", {.header = true}), ContainsSubstring("3:1") && ContainsSubstring("2 3"));
  for (const char* text : {"1.5.2", "0x10", "1,5e", "--1", "1e999", "nan", "NaN", "1\t2", "1'000"}) {
    INFO(text);
    CHECK_THROWS_AS(read(text), FormatError);
  }
  CHECK_THROWS_AS(read(std::string("1\0", 2)), FormatError);
}

TEST_CASE("nan is taken where it is asked for", "[data][csv]") {
  const auto values = read("1,nan\nNaN,2\n", {.allow_nan = true}).to_vector<double>();
  CHECK(values[0] == 1);
  CHECK(std::isnan(values[1]));
  CHECK(std::isnan(values[2]));
  CHECK(values[3] == 2);
}

TEST_CASE("rows of another length are refused", "[data][csv]") {
  CHECK_THROWS_WITH(read("1,2\n3,4\n5\n"),
                    ContainsSubstring("3") && ContainsSubstring("expected 2") && ContainsSubstring("found 1"));
  CHECK_THROWS_WITH(read("1\n2,3\n"), ContainsSubstring("expected 1") && ContainsSubstring("found 2"));
}

TEST_CASE("tables without rows and too large ones are refused", "[data][csv]") {
  CHECK_THROWS_WITH(read(""), ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(read("\n \n"), ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(read("a,b\n", {.header = true}), ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(read("1,2\n3,4\n", {.max_bytes = 4}), ContainsSubstring("expected at most 4 bytes"));
  CHECK_THROWS_AS(data::read_csv("/nowhere/a"), IoError);
}

TEST_CASE("lines longer than the read buffer are read", "[data][csv]") {
  std::string text = "0";
  for (int i = 1; i < 50000; ++i) text += ',' + std::to_string(i);
  const Tensor t = read(text + '\n' + text);
  CHECK(t.shape() == Shape{2, 50000});
  CHECK(t[1][49999].item() == 49999);
}
