#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/io/npy.hpp>
#include <gradus/tensor/io/zip.hpp>
#include <gradus/tensor/views.hpp>

#include "catch.hpp"
#include "mutate.hpp"
#include "scratch_file.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <random>

using namespace gradus;

namespace {
const std::string golden = GRADUS_SOURCE_DIR "/tests/golden/";

std::string npy(std::string dictionary, const std::string& data, int version = 1) {
  const std::size_t width = version == 1 ? 2 : 4;
  std::string bytes = "\x93NUMPY" + std::string{static_cast<char>(version), '\0'};
  const std::size_t length = dictionary.size();
  bytes.append(reinterpret_cast<const char*>(&length), width);
  return bytes + dictionary + data;
}
std::string header(const std::string& descr, const std::string& shape, const std::string& fortran_order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran_order + ", 'shape': " + shape + ", }\n";
}
Tensor load_bytes(const std::string& bytes) { return load_npy(ScratchFile(bytes).path); }
Tensor load_parts(const std::string& descr, const std::string& shape, const std::string& data) {
  return load_bytes(npy(header(descr, shape), data));
}
template <class T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(std::data(values)), values.size() * sizeof(T)};
}
template <class T>
std::string swapped(T value) {
  std::string bytes = raw({value});
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}
void refused(const std::string& bytes, const std::string& text) {
  INFO(bytes);
  CHECK_THROWS_AS(load_bytes(bytes), FormatError);
  CHECK_THROWS_WITH(load_bytes(bytes), StartsWith("npy: ") && ContainsSubstring(text));
}
void refused_header(const std::string& dictionary, const std::string& text) {
  refused(npy(dictionary, std::string(64, '\0')), text);
}

/// The warnings given while it lives.
struct Warnings {
  std::vector<std::string> texts;
  WarningHandler before = set_warning_handler([this](const std::string& text) { texts.push_back(text); });
  ~Warnings() { set_warning_handler(before); }
};
}  // namespace

TEST_CASE("what is written are the bytes of numpy.save", "[io][npy]") {
  const ScratchFile file("");
  const std::string bytes = io::read_file(golden + "numpy.npz");
  const io::ZipReader archive(golden + "numpy.npz");
  std::map<std::string, Tensor> tensors;
  tensors["f4"] = tensor({{1.f, 2.5f, -3.f}, {4.f, 5e-7f, 6e8f}});
  tensors["f8"] = tensor({1. / 3, -1e300});
  tensors["i8"] = tensor({{-(Index{1} << 62)}, {Index{5}}});
  tensors["u1"] = arange(5, DType::u8);
  tensors["b1"] = to(tensor({Index{1}, Index{0}, Index{1}}), DType::boolean);
  tensors["scalar"] = scalar_tensor(7.25, DType::f32);
  tensors["empty"] = empty({0, 3});
  tensors["long"] = empty({0, 1234567890}, DType::u8);
  tensors["six axes"] = reshape(arange(64, DType::f64), {2, 2, 2, 2, 2, 2});
  int compared = 0;
  for (const auto& entry : archive.entries()) {
    const auto found = tensors.find(entry.name.substr(0, entry.name.size() - 4));
    if (found == tensors.end()) continue;
    INFO(entry.name);
    save_npy(found->second, file.path);
    CHECK(io::read_file(file.path) == bytes.substr(entry.data, entry.size));
    CHECK(equal(load_npy(file.path), found->second));
    ++compared;
  }
  CHECK(compared == 9);
}

TEST_CASE("npy files of the formats 2 and 3 in the order of Fortran are read", "[io][npy]") {
  for (const char* name : {"numpy_v2.npy", "numpy_v3.npy"}) {
    const Tensor t = load_npy(golden + name);
    CHECK(equal(t, reshape(arange(24, DType::f64), {2, 3, 4})));
    CHECK(t.strides() == Strides{1, 2, 6});
  }
}

TEST_CASE("every readable type of an npy file becomes one of ours", "[io][npy]") {
  const auto is = [](const std::string& descr, const std::string& data, const std::vector<double>& wanted,
                     DType dtype) {
    INFO(descr);
    const Tensor t = load_parts(descr, "(" + std::to_string(wanted.size()) + ",)", data);
    CHECK(t.dtype() == dtype);
    CHECK(t.to_vector<double>() == wanted);
  };
  is("|b1", raw<char>({0, 1}), {0, 1}, DType::boolean);
  is("|u1", raw<std::uint8_t>({0, 255}), {0, 255}, DType::u8);
  is("|i1", raw<std::int8_t>({-128, 127}), {-128, 127}, DType::i64);
  is("<i2", raw<std::int16_t>({-32768, 258}), {-32768, 258}, DType::i64);
  is("<u2", raw<std::uint16_t>({65535}), {65535}, DType::i64);
  is("<i4", raw<std::int32_t>({INT32_MIN, 7}), {INT32_MIN, 7}, DType::i64);
  is("<u4", raw<std::uint32_t>({UINT32_MAX}), {UINT32_MAX}, DType::i64);
  is("<i8", raw<std::int64_t>({-5}), {-5}, DType::i64);
  is("<u8", raw<std::uint64_t>({std::uint64_t{1} << 62}), {0x1p62}, DType::i64);
  is("<f2", raw<std::uint16_t>({0x3e00, 0xfc00}), {1.5, -std::numeric_limits<double>::infinity()}, DType::f32);
  is("<f4", raw({1.5f, -2.25f}), {1.5, -2.25}, DType::f32);
  is("<f8", raw({1e300}), {1e300}, DType::f64);
  is("=f8", raw({1e300}), {1e300}, DType::f64);
  is(">i2", swapped<std::int16_t>(-32767), {-32767}, DType::i64);
  is(">u2", swapped<std::uint16_t>(258), {258}, DType::i64);
  is(">i4", swapped<std::int32_t>(-123456), {-123456}, DType::i64);
  is(">u4", swapped<std::uint32_t>(4000000000), {4000000000.}, DType::i64);
  is(">i8", swapped<std::int64_t>(Index{1} << 40), {0x1p40}, DType::i64);
  is(">u8", swapped<std::uint64_t>(3), {3}, DType::i64);
  is(">f2", swapped<std::uint16_t>(0xc100), {-2.5}, DType::f32);
  is(">f4", swapped(1.1f), {1.1f}, DType::f32);
  is(">f8", swapped(-1.1), {-1.1}, DType::f64);
}

TEST_CASE("NaN and infinity and negative zero keep their bits in an npy file", "[io][npy]") {
  const ScratchFile file("");
  const std::string bits = raw<std::uint32_t>({0x7fc12345, 0xff800000, 0x80000000, 1});
  const Tensor t = load_parts("<f4", "(4,)", bits);
  save_npy(t, file.path);
  const Tensor again = load_npy(file.path);
  CHECK(std::memcmp(again.read<float>(), bits.data(), bits.size()) == 0);
}

TEST_CASE("unusual but valid npy files are read", "[io][npy]") {
  const std::string data = raw({1.f, 2.f});
  const auto load = [&](const std::string& dictionary) { return load_bytes(npy(dictionary, data)).to_vector<float>(); };
  const std::vector<float> wanted{1, 2};
  CHECK(load("{'shape': (2,), 'descr': '<f4', 'fortran_order': False}") == wanted);
  CHECK(load("{\"fortran_order\":True,\"shape\":(2,),\"descr\":\"<f4\"}") == wanted);
  CHECK(load("  { 'descr' :\t'<f4' ,\n'fortran_order': False, 'shape': ( 2L , ) , }  \n") == wanted);
  CHECK(load("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }" + std::string(5000, ' ')) == wanted);
  CHECK(load_bytes(npy(header("<f4", "()"), raw({3.f}))).rank() == 0);
  CHECK(load_bytes(npy(header("<f4", "(2, 0, 3)", "True"), "")).shape() == Shape{2, 0, 3});
  CHECK(load_bytes(npy(header("<f4", "(0, 99999999999)"), "")).numel() == 0);
  CHECK(equal(load_npy(ScratchFile(npy(header("<f4", "(2,)"), data), true).path), tensor({1.f, 2.f})));  // gzip
}

TEST_CASE("bytes after an npy array give a warning", "[io][npy]") {
  Warnings warnings;
  const Tensor t = load_parts("<f4", "(1,)", raw({1.f, 2.f}));
  CHECK(t.to_vector<float>() == std::vector<float>{1});
  REQUIRE(warnings.texts.size() == 1);
  CHECK_THAT(warnings.texts[0], StartsWith("npy: bytes follow the array: after offset "));
}

TEST_CASE("npy headers that are not what they should be are refused", "[io][npy]") {
  refused("", "the file ends too early: offset 0, expected 8 bytes, found 0");
  refused("\x93NUMPZ\1 and more", "not an npy array: offset 0, expected \\x93NUMPY");
  refused("PK\3\4 is not an array", "not an npy array");
  refused(npy("{}", "", 4), "the version cannot be read: offset 6, found 4.0 — readable are 1.0, 2.0 and 3.0");
  refused(npy(std::string(10001, ' '), ""), "the header is too long: header length, offset 8, expected at most 10000");
  std::string bytes = npy("{}", "");
  bytes[8] = 77;
  refused(bytes, "the header is longer than the file: header length, offset 8, expected at most 2, found 77");
  bytes = npy("{}", "", 2);
  bytes.replace(8, 4, "\xff\xff\xff\xff");
  refused(bytes, "expected at most 10000, found 4294967295");

  refused_header("", "the header cannot be read: byte 0 of the header, expected {, found its end");
  refused_header("[]", "byte 0 of the header, expected {, found '['");
  refused_header("{", "byte 1 of the header, expected a key in quotes or }, found its end");
  refused_header("{}", "a key of the header is missing: descr");
  refused_header("{'descr': '<f4', 'shape': (1,)}", "a key of the header is missing: fortran_order");
  refused_header("{'descr': '<f4', 'fortran_order': False}", "a key of the header is missing: shape");
  refused_header("{'descr': '<f4', 'descr': '<f4'}", "a key of the header occurs twice: 'descr'");
  refused_header("{'shape': (1,), 'shape': (1,)}", "a key of the header occurs twice: 'shape'");
  refused_header("{'order': False}", "the header has an unknown key: 'order'");
  refused_header("{'descr'}", "byte 8 of the header, expected :, found '}'");
  refused_header("{'descr': <f4}", "byte 10 of the header, expected a type in quotes, found '<'");
  refused_header("{'descr': '<f4}", "expected a closing quote, found its end");
  refused_header("{'descr': '<f4\\'}", "expected a closing quote, found '\\'");
  refused_header("{'descr': [('a', '<f4')]}", "a structured array cannot be read: descr is a list of fields");
  refused_header("{'descr': '<f4' 'shape': ()}", "byte 16 of the header, expected , or }, found '''");
  refused_header("{'fortran_order': 0}", "expected True or False, found '0'");
  refused_header(header("<f4", "(1)"), "expected ,, found ')'");
  refused_header(header("<f4", "[1]"), "expected a tuple, found '['");
  refused_header(header("<f4", "(,)"), "expected an extent or ), found ','");
  refused_header(header("<f4", "(-1,)"), "expected an extent or ), found '-'");
  refused_header(header("<f4", "(1 2)"), "expected ,, found '2'");
  refused_header(header("<f4", "(1, 2 3)"), "expected , or ), found '3'");
  refused_header(header("<f4", "(01,)"), "expected an extent without leading zeros, found '0'");
  refused_header(header("<f4", "(99999999999999999999,)"), "an extent is too large: shape, found 99999999999999999999");
  refused_header(header("<f4", "()") + "x", "expected nothing more, found 'x'");
  refused_header(header("<f4", "()") + std::string(1, '\0'), "expected nothing more");
}

TEST_CASE("npy types and values that cannot be held are refused by name", "[io][npy]") {
  for (const char* descr : {"|O", "<c8", "<U3", "|S1", "<f16", "|V2", "<M8", "f4", "|f4", "!f4", "", "<f", "<f44"})
    refused_header(header(descr, "()"),
                   "an element type cannot be read: descr, found '" + std::string(descr) + "' — readable are b1");
  refused(npy(header("|b1", "(3,)"), "\1\1\2"), "a bool is neither 0 nor 1: element 2, found 2");
  refused(npy(header("<u8", "(2,)"), std::string(8, '\0') + std::string(8, '\xff')),
          "a number does not fit i64: element 1, found 18446744073709551615");
}

TEST_CASE("npy sizes that do not fit the file are refused before memory is taken", "[io][npy]") {
  refused_header(header("<f4", "(1, 1, 1, 1, 1, 1, 1)"), "too many axes: shape, expected at most 6, found 7");
  refused(npy(header("<f4", "(2, 3)"), std::string(23, '\0')),
          "the file ends too early: data of <f4 [2, 3], expected 24 bytes, found at most 23");
  refused_header(header("<f4", "(4294967295, 4294967295, 4294967295)"), "the size of the array overflows: shape");
  refused_header(header("|i1", "(2305843009213693952,)"), "the size of the array overflows");
  refused_header(header("|u1", "(18446744073709551615,)"), "the size of the array overflows");
  refused_header(header("|u1", "(0, 4294967296, 4294967296)"), "the size of the array overflows");
  refused_header(header("|u1", "(0, 9007199254740993)"), "the size of the array overflows");
  refused_header(header("|u1", "(1099511627776,)"), "expected 1099511627776 bytes");
  const std::string whole = npy(header("<f4", "(2,)"), raw({1.f, 2.f}));
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_THROWS_AS(load_bytes(whole.substr(0, n)), FormatError);
}

TEST_CASE("every changed bit of an npy file gives an error or a tensor", "[io][npy]") {
  Warnings warnings;  // of bytes after an array that has become shorter
  std::string bytes = npy(header("<f4", "(2, 3)"), std::string(24, '\x3f'));
  std::size_t errors = 0, tensors = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    try {
      tensors += load_bytes(bytes).numel() <= 24;
    } catch (const FormatError&) {
      ++errors;
    }
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  }
  CHECK(errors + tensors == 8 * bytes.size());
  CHECK(errors > 8 * 50);
  CHECK(tensors >= 8 * 24);
}

TEST_CASE("20000 random changes of npy files give errors or tensors", "[io][npy]") {
  Warnings warnings;
  const std::string seeds[] = {npy(header("<f4", "(2, 3)"), std::string(24, 'a')),
                               npy(header(">i2", "(3, 2)", "True"), std::string(12, 'b'), 2),
                               npy(header("|b1", "()"), "\1", 3), io::read_file(golden + "numpy_v3.npy")};
  Mutator mutate(1, {"\xff\xff\xff\xff", "(", ")", ",", "'", "4294967296, ", "True", "shape", "<", "8"});
  std::size_t errors = 0, tensors = 0;
  for (int run = 0; run < 20000; ++run) {
    const std::string bytes = mutate(seeds[mutate.below(std::size(seeds))]);
    try {
      const Tensor t = load_bytes(bytes);
      tensors += t.to_vector<double>().size() == static_cast<std::size_t>(t.numel());
    } catch (const FormatError&) {
      ++errors;
    }
  }
  CHECK(errors + tensors == 20000);
  CHECK(errors > 5000);
  CHECK(tensors > 1000);
}

TEST_CASE("what cannot be written as npy is refused and leaves the old file", "[io][npy]") {
  const ScratchFile file("old");
  CHECK_THROWS_WITH(save_npy(Tensor(), file.path), StartsWith("npy: the tensor is undefined: "));
  CHECK_THROWS_AS(save_npy(Tensor(), file.path), ValueError);
  CHECK(io::read_file(file.path) == "old");
  CHECK_THROWS_WITH(load_npy("/nowhere/x.npy"), StartsWith("file: cannot be opened: /nowhere/x.npy"));
  CHECK_THROWS_AS(save_npy(ones({1}), "/nowhere/x.npy"), IoError);
}
