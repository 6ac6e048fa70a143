#include <gradus/data/csv.hpp>
#include <gradus/tensor/io/file.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <cmath>
#include <limits>
using namespace gradus;

namespace {
Tensor read(const std::string& text, const data::CsvOptions& options = {}) {
  return data::read_csv(ScratchFile(text).path, options).values;
}
data::CsvTable table(const std::string& text, const data::CsvOptions& options) {
  return data::read_csv(ScratchFile(text).path, options);
}
using Texts = std::vector<std::string>;
constexpr double infinity = std::numeric_limits<double>::infinity();
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
  CHECK(equal(data::read_csv(whole.path).values, tensor({{1., 2.}, {3., 4.}})));
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
  for (const char* text : {"1.5.2", "0x10", "1,5e", "--1", "1e999", "nan", "NaN", "inf", "-infinity", "1\t2", "1'000",
                           "+-1", "1e", "e5", ".", "-", "١"}) {
    INFO(text);
    CHECK_THROWS_AS(read(text), FormatError);
  }
  CHECK_THROWS_AS(read(std::string("1\0", 2)), FormatError);
}

TEST_CASE("numbers that are not finite are taken where it is asked for", "[data][csv]") {
  const auto values =
      read("1,nan\nNaN,NA\n,n/a\n-nan,null\ninf,-Infinity\n+INF,1e400\n-1e400,2\n", {.allow_nonfinite = true})
          .to_vector<double>();
  CHECK(values[0] == 1);
  for (const std::size_t i : {1U, 2U, 3U, 4U, 5U, 6U, 7U}) CHECK(std::isnan(values[i]));
  CHECK(std::vector<double>(values.begin() + 8, values.end()) ==
        std::vector<double>{infinity, -infinity, infinity, infinity, -infinity, 2});
  CHECK_THROWS_WITH(read("1,nan\n"), ContainsSubstring("no number at 1:2: found \"nan\" — allow_nonfinite takes it"));
}

TEST_CASE("numbers out of range are 0 or refused, as their size says", "[data][csv]") {
  for (const char* tiny :
       {"1e-400", "0.1e-400", "123456e-500", "4.9e-9999999999999999999999", "1e-330", "2e-324", "1E-400"})
    CHECK(read(tiny).item() == 0);
  CHECK(read("0." + std::string(400, '0') + "1").item() == 0);
  CHECK(std::signbit(read("-1e-400").item()));
  CHECK(read("5e-324").item() == 5e-324);
  CHECK(read("1.7976931348623157e308").item() == std::numeric_limits<double>::max());
  CHECK(read("0e999999").item() == 0);
  CHECK(read("0." + std::string(400, '0') + "1e401").item() == 1);
  for (const std::string huge : {"1e400", "-1e400", "0.1e400", "2e308", "1e99999999999999999999", "0.0001e500"})
    CHECK_THROWS_WITH(read(huge), ContainsSubstring("too large for a number at 1:1: found \"" + huge + "\""));
  CHECK_THROWS_AS(read("1" + std::string(400, '0')), FormatError);
}

TEST_CASE("a row whose fields are empty is a row", "[data][csv]") {
  for (const char separator : {',', '\t', ';', ' '}) {
    INFO(separator);
    const std::string s(1, separator), text = "1" + s + "2\n" + s + "\n3" + s + "4\n";
    CHECK_THROWS_WITH(read(text, {.separator = separator}), ContainsSubstring("no number at 2:1"));
    const Tensor t = read(text, {.separator = separator, .allow_nonfinite = true});
    CHECK(t.shape() == Shape{3, 2});
    CHECK(std::isnan(t[1][0].item()));
    CHECK(t[2][1].item() == 4);
  }
}

TEST_CASE("a blank line is an empty field where there is one column", "[data][csv]") {
  CHECK_THROWS_WITH(read("1\n\n2\n"), ContainsSubstring("no number at 2:1"));
  CHECK_THROWS_WITH(read("\n1\n"), ContainsSubstring("no number at 1:1"));
  CHECK_THROWS_WITH(read("h\n\n\n1\n", {.header = true}), ContainsSubstring("no number at 2:1"));
  const Tensor t = read("\n1\n\n\n2\n\n\n", {.allow_nonfinite = true});  // but not at the end
  CHECK(t.shape() == Shape{5, 1});
  CHECK(t[4].item() == 2);
  CHECK(read("1\n\n").shape() == Shape{1, 1});
  CHECK(read("\n1,2\n\n \n3,4\n").shape() == Shape{2, 2});
  CHECK_THROWS_WITH(read("1,2\n\n3,x\n"), ContainsSubstring("3:2"));
}

TEST_CASE("fields in quotes hold separators, quotes and line ends", "[data][csv]") {
  CHECK(equal(read("\"1\",\"2\"\n \"3\" , 4\n"), tensor({{1., 2.}, {3., 4.}})));
  const auto t =
      table("id,\"a \"\"b\"\", c\"\r\n1,\"x,\"\"y\"\"\r\nz\"\r\n2, plain \"5\" \r\n3,\"\"\"\"\r\n", {.header = true});
  CHECK(t.columns == Texts{"id", "a \"b\", c"});
  CHECK(t.categories.at("a \"b\", c") == Texts{"\"", "plain \"5\"", "x,\"y\"\r\nz"});
  CHECK(equal(t.values, tensor({{1., 2.}, {2., 1.}, {3., 0.}})));
  CHECK_THROWS_WITH(read("\"1\n2\",3\n4,x\n"), ContainsSubstring("no number at 1:1: found \"1\n2\""));
  CHECK_THROWS_WITH(read("1,2\n3,\"4\n5,6\n"), ContainsSubstring("a quoted field does not end at 2:2"));
  CHECK_THROWS_WITH(read("1,\"2\"3\n"), ContainsSubstring("text after the closing quote at 1:2"));
  CHECK_THROWS_WITH(table("a,b\n\"1\n1\",2\n\"3\n\",x\n", {.header = true, .categories = {{"a", {}}}}),
                    ContainsSubstring("5:2"));
  CHECK(equal(read("1,2\r3,4\r"), tensor({{1., 2.}, {3., 4.}})));  // the line ends of old Macs
}

TEST_CASE("columns are taken by name, with a label of texts or numbers", "[data][csv]") {
  const std::string text = "length,name,width,species\n5.1,ann,3.5,setosa\n7,bob,3.2,virginica\n6.4,cy,3,setosa\n";
  const auto t = table(text, {.header = true, .columns = {"width", "length"}, .label = "species"});
  CHECK(equal(t.values, tensor({{3.5, 5.1}, {3.2, 7.}, {3., 6.4}})));
  CHECK(t.columns == Texts{"width", "length"});
  CHECK(equal(t.labels, tensor<Index>({0, 1, 0})));
  CHECK(t.categories == data::Categories{{"species", {"setosa", "virginica"}}});
  const auto all = table(text, {.header = true, .label = "species"});
  CHECK(all.columns == Texts{"length", "name", "width"});
  CHECK(all.values.shape() == Shape{3, 3});
  CHECK(all.categories.at("name") == Texts{"ann", "bob", "cy"});
  CHECK(table(text, {.header = true, .columns = {"name"}}).labels.defined() == false);

  const auto price = table("1,2.5\n3,4\n", {.names = {"size", "price"}, .label = "price"});
  CHECK(equal(price.labels, tensor({2.5, 4.})));  // a target that is no class
  CHECK(price.values.shape() == Shape{2, 1});
  CHECK(table("1,2\n3,4\n", {.names = {"a", "b"}, .label = "b"}).labels.dtype() == DType::i64);
  const auto renamed = table("x,x\n1,2\n", {.header = true, .names = {"a", "b"}});
  CHECK(renamed.columns == Texts{"a", "b"});
  CHECK(table("a,b\n1,2\n", {.header = true, .columns = {"b", "b"}, .label = "b"}).values.shape() == Shape{1, 2});
  CHECK(table("a\nx\n", {.header = true, .label = "a"}).values.shape() == Shape{1, 0});
}

TEST_CASE("categories are in alphabetical order, or another table's", "[data][csv]") {
  const auto train = table("c\nz\na\nm\n", {.header = true});
  CHECK(train.categories.at("c") == Texts{"a", "m", "z"});
  CHECK(equal(train.values, tensor({{2.}, {0.}, {1.}})));
  const auto test = table("c\nz\nz\n", {.header = true, .categories = train.categories});
  CHECK(equal(test.values, tensor({{2.}, {2.}})));
  CHECK(test.categories == train.categories);
  CHECK(table("d\n1\n", {.header = true, .categories = train.categories})
            .categories.empty());  // a test set without labels
  CHECK_THROWS_WITH(table("c\nz\nq\n", {.header = true, .categories = train.categories}),
                    ContainsSubstring("no category of column \"c\" at 3:1: found \"q\""));
  CHECK(table("zip\n01234\nA1\n01234\n", {.header = true, .categories = {{"zip", {}}}}).categories.at("zip") ==
        Texts{"01234", "A1"});
  CHECK_THROWS_WITH(table("c\n1\nx\n", {.header = true}), ContainsSubstring("no number at 3:1: found \"x\""));
  CHECK(table("c\nx\n1\n", {.header = true}).categories.at("c") == Texts{"1", "x"});
  // What is unknown has no number, also in front; "NA" is a text where a list of texts says what there is.
  const auto gaps = table("c,d\n,1\nb,2\nNA,3\na,4\n", {.header = true, .label = "c", .allow_nonfinite = true});
  CHECK(gaps.labels.dtype() == DType::f64);
  CHECK(std::isnan(gaps.labels[0].item()));
  CHECK(gaps.labels[1].item() == 1);
  CHECK(std::isnan(gaps.labels[2].item()));
  CHECK(table("c,d\nNA,1\n", {.header = true, .categories = {{"c", {"DE", "NA"}}}}).values[0][0].item() == 1);
  CHECK_THROWS_WITH(table("c,d\nb,2\n,1\n", {.header = true}), ContainsSubstring("no number at 3:1"));
}

TEST_CASE("names that do not fit are refused", "[data][csv]") {
  CHECK_THROWS_WITH(table("1\n", {.label = "a"}),
                    "csv: columns are chosen by name, and there are no names — set header or names");
  CHECK_THROWS_WITH(table("a,b\n1,2\n", {.header = true, .columns = {"c"}}),
                    ContainsSubstring("no column has the name \"c\": there are \"a\", \"b\""));
  CHECK_THROWS_WITH(table("a,b,a\n1,2,3\n", {.header = true}), ContainsSubstring("two columns have the name \"a\""));
  CHECK_THROWS_WITH(table("a,b\n1,2\n", {.header = true, .names = {"x"}}),
                    ContainsSubstring("the header has 2 fields, and there are 1 names"));
  CHECK_THROWS_WITH(table("1,2\n", {.names = {"x"}}), ContainsSubstring("expected 1 fields, found 2"));
  CHECK_THROWS_WITH(table("a\n1\n", {.header = true, .categories = {{"a", {"x", "x"}}}}),
                    "csv: a category of column \"a\" is given twice: \"x\"");
  CHECK_THROWS_WITH(read("a,b\n1,2\n"),
                    ContainsSubstring("no number at 1:1: found \"a\" — if the first row has names, set header"));
  for (const char separator : {'"', '\n', '\r'}) CHECK_THROWS_AS(read("1\n", {.separator = separator}), ValueError);
}

TEST_CASE("every prefix and every changed byte of a table is read or refused", "[data][csv]") {
  const std::string text =
      "\xef\xbb\xbf"
      "a,\"b \"\"q\"\"\",c\r\n1,\"x,\r\ny\",-2.5e-3\r\n\r\n3, z ,NA\n4,,1e400\n";
  std::size_t read_well = 0;
  const auto attempt = [&](const std::string& bytes) {
    for (const bool header : {true, false})
      for (const bool allow : {true, false}) try {
          const auto t = table(bytes, {.header = header, .allow_nonfinite = allow});
          CHECK(t.values.size(0) >= 1);
          ++read_well;
        } catch (const FormatError&) {
        }
  };
  for (std::size_t n = 0; n <= text.size(); ++n) attempt(text.substr(0, n));
  for (std::size_t i = 0; i < text.size(); ++i)
    for (const char c : {'"', ',', '\n', '\r', '\0', ' ', '9', '\xff'}) {
      std::string changed = text;
      changed[i] = c;
      attempt(changed);
    }
  CHECK(read_well > 100);
}

TEST_CASE("a table needs the memory of its numbers, not many times that", "[data][csv]") {
  const auto kilobytes = [](const std::string& what) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
      if (line.starts_with(what)) return std::stod(line.substr(what.size()));
    return 0.0;
  };
  constexpr Index rows = 12'000'000;
  std::string text;
  text.reserve(2 * rows);
  for (Index i = 0; i < rows; ++i) text += "7\n";
  const ScratchFile packed(text, true);
  text = {};
  text.shrink_to_fit();
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts anew
  const double before = kilobytes("VmRSS:");
  CHECK(data::read_csv(packed.path).values.shape() == Shape{rows, 1});
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(kilobytes("VmHWM:") - before < 2.0 * rows * 8 / 1024);
#endif
}

TEST_CASE("rows of another length are refused", "[data][csv]") {
  CHECK_THROWS_WITH(read("1,2\n3,4\n5\n"),
                    ContainsSubstring("3") && ContainsSubstring("expected 2") && ContainsSubstring("found 1"));
  CHECK_THROWS_WITH(read("1\n2,3\n"), ContainsSubstring("expected 1") && ContainsSubstring("found 2"));
}

TEST_CASE("tables without rows and too large ones are refused", "[data][csv]") {
  CHECK_THROWS_WITH(read(""), ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(read("\n \n"), ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(read("\n", {.header = true}), ContainsSubstring("no rows"));
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
