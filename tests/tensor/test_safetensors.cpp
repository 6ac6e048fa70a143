#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/io/safetensors.hpp>
#include <gradus/tensor/views.hpp>

#include "catch.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace gradus;
namespace fs = std::filesystem;

namespace {
/// A fresh file name, removed with its file.
struct Scratch {
  fs::path path = fs::temp_directory_path() / ("gradus_safetensors_" + std::to_string(::getpid()));
  ~Scratch() { fs::remove(path); }
};

std::string bytes_of(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t n = header.size();
  std::memcpy(bytes.data(), &n, 8);
  return bytes + header + data;
}
/// Without the fsync of io::write_file_atomically, which would make thousands of cases slow.
void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
TensorFile load_bytes(const std::string& bytes) {
  const Scratch file;
  put(file.path, bytes);
  return load_safetensors(file.path);
}
TensorFile load_parts(const std::string& header, const std::string& data = "") {
  return load_bytes(bytes_of(header, data));
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}";
}
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"w":)" + entry(dtype, shape, offsets) + "}";
}
std::string zeros(std::size_t n) { return std::string(n, '\0'); }

void refused(const std::string& header, const std::string& data, const std::string& text) {
  INFO(header);
  CHECK_THROWS_WITH(load_parts(header, data), ContainsSubstring(text));
  CHECK_THROWS_AS(load_parts(header, data), FormatError);
}
TensorFile sample() {
  TensorFile f;
  f.tensors["weights"] = tensor({{1.f, 2.5f}, {3.f, -4e-8f}});
  f.tensors["transposed"] = transpose(tensor({{1., 2., 3.}, {4., 5., 6.}}));
  f.tensors["labels"] = tensor({Index{-1}, Index{1} << 40});
  f.tensors["bytes"] = tensor({std::uint8_t{0}, std::uint8_t{255}});
  f.tensors["mask"] = tensor({Index{1}, Index{0}});
  f.tensors["mask"] = to(f.tensors["mask"], DType::boolean);
  f.tensors["scalar"] = scalar_tensor(0.5, DType::f32);
  f.tensors["empty"] = empty({2, 0});
  f.metadata = {{"step", "12"}, {"note", "quote \" and \xc3\xbcn\xc3\xaf\n"}};
  return f;
}
}  // namespace

TEST_CASE("tensors and texts come back from a safetensors file unchanged", "[io][safetensors]") {
  const Scratch file;
  const TensorFile wanted = sample();
  save_safetensors(file.path, wanted);
  const TensorFile found = load_safetensors(file.path);
  CHECK(found.metadata == wanted.metadata);
  REQUIRE(found.tensors.size() == wanted.tensors.size());
  for (const auto& [name, t] : wanted.tensors) {
    INFO(name);
    CHECK(equal(found.tensors.at(name), t));
  }
}

TEST_CASE("equal content gives equal bytes in the order of the reference", "[io][safetensors]") {
  const Scratch file;
  save_safetensors(file.path, sample());
  const std::string first = io::read_file(file.path);
  save_safetensors(file.path, load_safetensors(file.path));
  CHECK(io::read_file(file.path) == first);
  const auto header_bytes = static_cast<unsigned char>(first[0]) + 256 * static_cast<unsigned char>(first[1]);
  CHECK(header_bytes % 8 == 0);
  CHECK(first.substr(8, 17) == R"({"__metadata__":{)");
  std::size_t last = 0;
  for (const char* name : {"labels", "transposed", "empty", "scalar", "weights", "bytes", "mask"}) {
    const auto at = first.find('"' + std::string(name) + "\":{");
    CHECK(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
  save_safetensors(file.path, {});
  CHECK(io::read_file(file.path) == bytes_of("{}      ", ""));
}

TEST_CASE("what is written is kept for Python to check when GRADUS_KEEP names a file", "[io][safetensors][python]") {
  const Scratch file;
  const char* keep = std::getenv("GRADUS_KEEP");
  save_safetensors(keep ? fs::path(keep) : file.path, sample());
  CHECK(load_safetensors(keep ? fs::path(keep) : file.path).tensors.size() == 7);
}

TEST_CASE("a file written by Python is read with every dtype", "[io][safetensors]") {
  const TensorFile f = load_safetensors(GRADUS_SOURCE_DIR "/tests/golden/python.safetensors");
  const auto values = [&](const char* name, DType dtype) {
    INFO(name);
    CHECK(f.tensors.at(name).dtype() == dtype);
    return f.tensors.at(name).to_vector<double>();
  };
  using V = std::vector<double>;
  CHECK(f.metadata == std::map<std::string, std::string>{{"made by", "python"}, {"zeile", "eins\nzwei"}});
  CHECK(f.tensors.size() == 15);
  CHECK(values("f32", DType::f32) == V{1, 2.5, -3, 4, 5e-7f, 6e8f});
  CHECK(f.tensors.at("f32").shape() == Shape{2, 3});
  CHECK(values("f64", DType::f64) == V{1. / 3, -1e300});
  CHECK(f.tensors.at("i64").to_vector<Index>() == std::vector<Index>{-(Index{1} << 62), 5});
  CHECK(values("u8", DType::u8) == V{0, 1, 2, 3, 4});
  CHECK(values("bool", DType::boolean) == V{1, 0, 1});
  CHECK(values("i8", DType::i64) == V{-128, 127});
  CHECK(values("i16", DType::i64) == V{-32768, 32767});
  CHECK(values("u16", DType::i64) == V{0, 65535});
  CHECK(values("i32", DType::i64) == V{-2147483648., 2147483647});
  CHECK(values("u32", DType::i64) == V{0, 4294967295});
  CHECK(values("f16", DType::f32) ==
        V{0, 1, -2.5, 65504, 0x1p-24, -0x1.ff8p-15, std::numeric_limits<double>::infinity(), 0x1.554p-2});
  CHECK(values("bf16", DType::f32) == V{1, -2.5, 0x1.fep127, 0x1p-133});
  CHECK(values("scalar", DType::f32) == V{7.25});
  CHECK(f.tensors.at("scalar").rank() == 0);
  CHECK(f.tensors.at("empty").shape() == Shape{0, 3});
  CHECK(values("na\xc3\xafve \"name\"", DType::f32) == V{1});
}

TEST_CASE("unusual but valid files are read", "[io][safetensors]") {
  CHECK(load_parts("{}").tensors.empty());
  CHECK(load_parts(" {} \t\r\n").tensors.empty());
  CHECK(load_parts(R"({"":)" + entry("U8", "1", "0,1") + "}", "a").tensors.at("").item() == 97);
  CHECK(load_parts(one("F32", "0,1099511627776", "0,0")).tensors.at("w").numel() == 0);
  const std::string extra =
      R"({"w":{"x":{"dtype":[[1,{"y":null}]],"x":1},"dtype":"U8","y":-1.5,"shape":[1],"data_offsets":[0,1]}})";
  CHECK(load_parts(extra, "b").tensors.at("w").item() == 98);
  CHECK(load_parts(R"({"__metadata__":{}})").metadata.empty());
}

TEST_CASE("the length of the header is checked before memory is taken", "[io][safetensors]") {
  CHECK_THROWS_WITH(load_bytes("abc"),
                    ContainsSubstring("the file ends too early: header length, offset 0, expected 8 bytes, found 3"));
  CHECK_THROWS_WITH(load_bytes(std::string(8, '\xff')),
                    ContainsSubstring("the header is too long: header length, offset 0, "
                                      "expected at most 100000000, found 18446744073709551615"));
  std::string bytes = bytes_of("{}", "");
  bytes[0] = 3;
  CHECK_THROWS_WITH(load_bytes(bytes),
                    ContainsSubstring("the header is longer than the file: header length, offset 0, expected at "
                                      "most 2, found 3"));
}

TEST_CASE("headers that are not what they should be are refused", "[io][safetensors]") {
  refused("", "", "the header is not an object: expected {");
  refused("[]", "", "the header is not an object");
  refused("\xef\xbb\xbf{}", "", "the header is not an object");
  refused(std::string("{}\0", 3), "", "the header holds a null byte: byte 2");
  refused("{", "", "the header is not JSON: byte");
  refused("{} {}", "", "the header is not JSON");
  refused("{\"\xff\":1}", "", "the header is not JSON");
  refused(R"({"w":1})", "", "a tensor is not an object: 'w', found a number");
  refused(R"({"w":[]})", "", "a tensor is not an object: 'w', found an array");
  refused(R"({"__metadata__":{"a":1}})", "", "a value of __metadata__ is not a string: key 'a', found a number");
  refused(R"({"__metadata__":{"a":{}}})", "", "a value of __metadata__ is not a string: key 'a', found an object");
  refused(R"({"__metadata__":{"a":"","a":""}})", "", "a key of __metadata__ occurs twice: 'a'");
  refused(R"({"__metadata__":{},"__metadata__":{}})", "", "a name occurs twice: '__metadata__'");
  refused(R"({"w":)" + entry("U8", "1", "0,1") + R"(,"w":)" + entry("U8", "1", "0,1") + "}", "a",
          "a name occurs twice: 'w'");
  refused(R"({"w":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "a",
          "a field occurs twice: field dtype of tensor 'w'");
  refused(R"({"w":{"shape":[1],"data_offsets":[0,1]}})", "a", "a field is missing: field dtype of tensor 'w'");
  refused(R"({"w":{"dtype":"U8","data_offsets":[0,1]}})", "a", "a field is missing: field shape of tensor 'w'");
  refused(R"({"w":{"dtype":"U8","shape":[1]}})", "a", "a field is missing: field data_offsets of tensor 'w'");
  refused(R"({"w":{"dtype":["U8"],"shape":[1],"data_offsets":[0,1]}})", "a",
          "field dtype of tensor 'w', found an array");
  refused(one("U8", "1e0", "0,1"), "a", "a field has the wrong type: field shape of tensor 'w', found the number 1e0");
  refused(one("U8", "-1", "0,1"), "a", "field shape of tensor 'w', found the number -1");
  refused(one("U8", "[1]", "0,1"), "a", "field shape of tensor 'w', found an array");
  refused(one("U8", "99999999999999999999", "0,1"), "a",
          "field shape of tensor 'w', found the number 99999999999999999999");
  refused(one("U8", "1", "0"), "a", "wrong number of data_offsets: tensor 'w', expected 2, found 1");
  refused(one("U8", "1", "0,1,1"), "a", "wrong number of data_offsets: tensor 'w', expected 2, found 3");
  refused(std::string(100000, '['), "", "the header is not an object");
  refused(R"({"w":{"x":)" + std::string(100000, '['), "", "the header is not JSON");
}

TEST_CASE("dtypes that cannot be held are refused by name", "[io][safetensors]") {
  for (const char* dtype : {"U64", "F8_E4M3", "C64", "f32", "F99"})
    refused(one(dtype, "0", "0,0"), "",
            "a dtype cannot be read: tensor 'w' is " + std::string(dtype) + " — readable are BOOL");
  refused(one("F32", "1,1,1,1,1,1,1", "0,4"), zeros(4), "too many axes: tensor 'w', expected at most 6, found 7");
  refused(one("BOOL", "2", "0,2"), "\x01\x02", "a BOOL is neither 0 nor 1: tensor 'w', found 2");
}

TEST_CASE("sizes that do not fit the file are refused", "[io][safetensors]") {
  refused(one("F32", "2", "0,4"), zeros(4),
          "data_offsets do not fit the shape: tensor 'w' of F32 [2], expected 8 bytes, found 0 to 4");
  refused(one("F32", "1", "4,0"), zeros(4), "data_offsets do not fit the shape");
  refused(one("F32", "9007199254740992,4", "0,0"), "", "the size of a tensor overflows: tensor 'w', extent 4");
  refused(one("U8", "0,9007199254740993", "0,0"), "", "the size of a tensor overflows");
  refused(one("I8", "2305843009213693952", "0,2305843009213693952"), "", "the size of a tensor overflows");
  refused(one("U8", "18446744073709551615", "0,18446744073709551615"), "", "the size of a tensor overflows");
  refused(one("U8", "0,4294967296,4294967296", "0,0"), "", "the size of a tensor overflows");
  refused(one("U8", "1099511627776", "0,1099511627776"), "abc",
          "the file ends too early: data, expected 1099511627776 bytes, found 3");
  refused(one("F32", "1", "0,4"), zeros(3), "the file ends too early: data, expected 4 bytes, found 3");
  refused(one("F32", "1", "0,4"), zeros(5), "bytes follow the last tensor: data, expected 4 bytes, found 5");
  refused("{}", "a", "bytes follow the last tensor: data, expected 0 bytes, found 1");
  refused(one("F32", "1", "4,8"), zeros(8),
          "the data have a hole: tensor 'w', offset of the data, expected 0, found 4");
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":)" + entry("F32", "1", a) + R"(,"b":)" + entry("F32", "1", b) + "}";
  };
  refused(two("0,4", "8,12"), zeros(12), "the data have a hole: tensor 'b', offset of the data, expected 4, found 8");
  refused(two("0,4", "2,6"), zeros(6), "the data overlap: tensor 'b', offset of the data, expected 4, found 2");
  refused(two("0,4", "0,4"), zeros(4), "the data overlap: tensor 'b'");
  CHECK(load_parts(two("4,8", "0,4"), zeros(8)).tensors.size() == 2);
}

TEST_CASE("every beginning of a file is refused", "[io][safetensors]") {
  const Scratch file;
  save_safetensors(file.path, sample());
  const std::string bytes = io::read_file(file.path);
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_THROWS_AS(load_bytes(bytes.substr(0, n)), FormatError);
}

TEST_CASE("every changed byte gives an error or tensors that fit the file", "[io][safetensors]") {
  const Scratch file;
  save_safetensors(file.path, sample());
  const std::string bytes = io::read_file(file.path);
  std::size_t errors = 0, wrong_size = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int mask : {1, 4, 16, 128, 255}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      try {
        std::size_t total = 0;
        for (const auto& [name, t] : load_bytes(changed).tensors) total += static_cast<std::size_t>(t.numel());
        wrong_size += total != 17;  // none of the readable types has two sizes in the file
      } catch (const FormatError&) {
        ++errors;
      }
    }
  CHECK(wrong_size == 0);
  CHECK(errors > bytes.size());
}

TEST_CASE("what cannot be written is refused and leaves the old file", "[io][safetensors]") {
  const Scratch file;
  io::write_file_atomically(file.path, "old");
  TensorFile f;
  f.tensors["__metadata__"] = ones({1});
  CHECK_THROWS_WITH(save_safetensors(file.path, f), StartsWith("safetensors: the name __metadata__ is reserved"));
  f.tensors = {{"a", Tensor()}};
  CHECK_THROWS_WITH(save_safetensors(file.path, f), StartsWith("safetensors: a tensor is undefined: 'a'"));
  f.tensors = {{"\xff", ones({1})}};
  CHECK_THROWS_WITH(save_safetensors(file.path, f), StartsWith("safetensors: a name or text is not UTF-8"));
  CHECK(io::read_file(file.path) == "old");
  CHECK_THROWS_WITH(load_safetensors("/nowhere/x"),
                    StartsWith("file: cannot be opened: /nowhere/x: No such file or directory"));
  CHECK_THROWS_AS(load_safetensors(fs::temp_directory_path()), IoError);
}
