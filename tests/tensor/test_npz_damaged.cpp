// Archives that are not what they should be: each gives an error that names the entry and the field.
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/io/npy.hpp>
#include <gradus/tensor/io/npz.hpp>
#include <gradus/tensor/io/zip.hpp>

#include "catch.hpp"
#include "mutate.hpp"
#include "tensor/npz_bytes.hpp"

#include <cstring>
#include <random>

using namespace gradus;

namespace {
const std::string golden = GRADUS_SOURCE_DIR "/tests/golden/";
void refused(const std::string& bytes, const std::string& text) {
  CHECK_THROWS_AS(load_bytes(bytes), FormatError);
  CHECK_THROWS_WITH(load_bytes(bytes), StartsWith("npz: ") && ContainsSubstring(text));
}
/// The bytes with another number at a position.
template <class T>
std::string with(std::string bytes, std::size_t at, T value) {
  REQUIRE(at + sizeof value <= bytes.size());
  std::memcpy(&bytes[at], &value, sizeof value);
  return bytes;
}
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

/// The array [1, 2, 3] of u8, as an entry holds it.
std::string array() {
  const ScratchFile file("");
  save_npy(tensor<std::uint8_t>({1, 2, 3}), file.path);
  return io::read_file(file.path);
}
U32 checksum(const std::string& data) {
  return static_cast<U32>(crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
}
std::string deflated(const std::string& data) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string packed(data.size() + 100, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<unsigned char*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}
io::ZipEntry entry(const std::string& content, const std::string& packed, U16 method) {
  io::ZipEntry e;
  e.name = "a.npy";
  e.method = method;
  e.packed = packed.size();
  e.size = content.size();
  e.crc = checksum(content);
  return e;
}
/// An archive of one entry whose headers say what `e` says, true or not.
std::string archive(const io::ZipEntry& e, const std::string& packed) {
  const std::string local = io::zip_local_header(e), line = io::zip_directory_header(e);
  return local + packed + line + io::zip_end(1, line.size(), local.size() + packed.size());
}
std::string good(bool compress = false) { return saved({{"a", tensor<std::uint8_t>({1, 2, 3})}}, compress); }
std::size_t directory(const std::string& bytes) { return bytes.find("PK\1\2"); }
std::size_t end_record(const std::string& bytes) { return bytes.rfind("PK\5\6"); }
/// The same number in the local header and in the directory.
template <class T>
std::string with_both(const std::string& bytes, std::size_t local, T value) {
  return with(with(bytes, local, value), directory(bytes) + local + 2, value);
}
}  // namespace

TEST_CASE("a file that is no zip archive is refused", "[io][npz]") {
  refused("", "the end of a zip archive is missing: the file was cut off or is none, size 0");
  refused(array(), "the end of a zip archive is missing");
  refused(good() + "x", "the end of a zip archive is missing");
  refused("x" + good(), "the directory does not end where its end record starts: directory, expected end ");
  std::string commented = good() + "comment";
  CHECK(load_bytes(with(commented, end_record(commented) + 20, U16{7})).size() == 1);
  CHECK_THROWS_AS(load_npz("/nowhere/x.npz"), IoError);
  CHECK_THROWS_WITH(load_npz("/dev/null"), StartsWith("npz: not a regular file: the size must be known: /dev/null"));
}

TEST_CASE("the end of a zip archive is checked", "[io][npz]") {
  const std::string bytes = good();
  const std::size_t end = end_record(bytes);
  refused(with(bytes, end + 4, U16{1}), "an archive in several parts cannot be read");
  refused(with(bytes, end + 6, U16{1}), "an archive in several parts cannot be read");
  refused(with(bytes, end + 8, U16{2}), "an archive in several parts cannot be read");
  refused(with(with(bytes, end + 8, U16{2}), end + 10, U16{2}), "the directory has fewer entries than it should have");
  refused(with(with(bytes, end + 8, U16{0}), end + 10, U16{0}),
          "bytes follow the last entry of the directory: found 51");
  refused(with(bytes, end + 12, U32{0xffffffff}), "the directory does not end where its end record starts");
  refused(with(bytes, end + 16, U32{0xffffffff}), "the directory does not end where its end record starts");
}

TEST_CASE("zip64 records of an archive are checked", "[io][npz]") {
  // The same archive with a zip64 record that says nothing new, as some programs write it.
  const std::string bytes = good(), start = bytes.substr(0, end_record(bytes));
  const U64 begin = directory(bytes), size = start.size() - begin;
  std::string wide = io::zip_end(70000, size, begin);  // record, locator, end record
  wide = with(with(wide, 24, U64{1}), 32, U64{1});
  const std::string good64 = start + wide;
  CHECK(load_bytes(good64).at("a").numel() == 3);
  CHECK(load_bytes(start + with(with(wide, 76 + 8, U16{1}), 76 + 10, U16{1})).at("a").numel() == 3);
  const auto changed = [&](std::size_t at, auto value) { return start + with(wide, at, value); };
  refused(changed(0, U32{0}), "the zip64 record is damaged: offset ");
  refused(changed(4, U64{45}), "the zip64 record is damaged");
  refused(changed(16, U32{1}), "an archive in several parts cannot be read: zip64 record");
  refused(changed(24, U64{2}), "an archive in several parts cannot be read: zip64 record");
  refused(changed(40, size + 1), "the end record contradicts the zip64 record");
  refused(changed(48, U64{UINT64_MAX}), "the end record contradicts the zip64 record");
  refused(changed(76 + 8, U16{3}).replace(start.size() + 76 + 10, 2, "\3\0", 2), "the end record contradicts");
  refused(changed(56 + 4, U32{1}), "an archive in several parts cannot be read: zip64 locator, 1 disks");
  refused(changed(56 + 8, U64{UINT64_MAX - 5}), "the zip64 record is not in the file: zip64 locator, found offset ");
  std::string huge = with(with(wide, 24, UINT64_MAX), 32, UINT64_MAX);
  refused(start + huge, "the directory has fewer entries than it should have: expected 18446744073709551615");
}

TEST_CASE("entries that cannot be read are refused by name", "[io][npz]") {
  const std::string bytes = good();
  for (const int bit : {0, 6, 13})
    refused(with_both(bytes, 6, static_cast<U16>(1 << bit)), "an entry is encrypted: entry 'a.npy', flags ");
  for (const int method : {1, 9, 12, 14, 93, 99})
    refused(with_both(bytes, 8, static_cast<U16>(method)), "the compression cannot be read: entry 'a.npy', method ");
  refused(with_both(bytes, 6, U16{1 << 5}), "the compression cannot be read: entry 'a.npy', method 0, flags 32");
  refused(with(bytes, directory(bytes) + 34, U16{1}),
          "an archive in several parts cannot be read: entry 'a.npy', disk 1");
  io::ZipEntry e = entry("text", "text", 0);
  e.name = "readme.txt";
  refused(archive(e, "text"),
          "npz: entry 'readme.txt': the entry ends too early: offset 0 of its content, expected 8 ");
  const std::string text = "text longer than a header";
  refused(archive(entry(text, text, 0), text), "npz: entry 'a.npy': not an npy array: offset 0");
}

TEST_CASE("names in an archive are checked", "[io][npz]") {
  const auto named = [](const std::string& name) {
    io::ZipEntry e = entry(array(), array(), 0);
    e.name = name;
    return archive(e, array());
  };
  CHECK(load_bytes(named("../../etc/passwd")).count("../../etc/passwd") == 1);
  CHECK(load_bytes(named("\xf0\x9f\x98\x80.npy")).count("\xf0\x9f\x98\x80") == 1);
  for (const char* name :
       {"\xff", "\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3(", "\xf8"})
    refused(named(name), "a name is not allowed: entry at offset 0, the name is not UTF-8");
  refused(named(std::string("a\0b", 3)), "the name holds a null byte");
  const std::string two = saved({{"a", ones({1})}, {"b", ones({1})}});
  std::string twice = two;
  for (std::size_t at = 0; (at = twice.find("b.npy", at)) != std::string::npos;) twice[at] = 'a';
  refused(twice, "a name occurs twice: entry 'a.npy'");
  const std::string with_suffix = saved({{"a", ones({1})}, {"bbbbb", ones({1})}});
  std::string same_key = with_suffix;  // "a.npy" and "a.npy.npy" are two names, "a" and "a.npy" one
  for (std::size_t at = 0; (at = same_key.find("bbbbb.npy", at)) != std::string::npos;)
    same_key.replace(at, 9, "a.npy.npy");
  CHECK(load_bytes(same_key).size() == 2);
  const std::string local = io::zip_local_header(entry(array(), array(), 0)) + array();
  io::ZipEntry first = entry(array(), array(), 0), second = first;
  second.name = "a";
  second.offset = local.size();
  const std::string both = local + io::zip_local_header(second) + array(),
                    lines = io::zip_directory_header(first) + io::zip_directory_header(second);
  refused(both + lines + io::zip_end(2, lines.size(), both.size()),
          "a name occurs twice: entry 'a', with and without .npy");
}

TEST_CASE("local headers that contradict the directory are refused", "[io][npz]") {
  const std::string bytes = good(true);
  refused(with(bytes, 0, U32{0}), "a local header has a wrong signature: entry 'a.npy', offset 0");
  const std::size_t line = directory(bytes);
  refused(with(bytes, line, U32{0}), "an entry of the directory has a wrong signature");
  refused(with(bytes, line + 42, U32{1}), "a local header has a wrong signature: entry 'a.npy', offset 1");
  refused(with(bytes, line + 42, U32{0xfffffff0}), "an entry is not before the directory: entry 'a.npy', offset ");
  refused(with(bytes, line + 28, U16{0xffff}), "an entry of the directory is cut off");
  const auto contradicts = [&](std::size_t at, auto value, const std::string& field) {
    refused(with(bytes, at, value),
            "the local header contradicts the directory: entry 'a.npy', " + field + ", expected ");
  };
  contradicts(6, U16{1 << 11}, "flags");
  contradicts(8, U16{0}, "method");
  contradicts(14, U32{7}, "checksum");
  contradicts(18, U32{7}, "packed size");
  contradicts(22, U32{7}, "size");
  contradicts(30, 'b', "name");
  refused(with(bytes, 26, U16{0xffff}), "an entry is not before the directory");
  refused(with(bytes, 28, U16{0xffff}), "an entry is not before the directory");
  refused(with(bytes, 18, U32{0xffffffff}), "a zip64 field is missing or cut off: entry 'a.npy'");
  refused(with_both(bytes, 22, U32{0xffffffff}), "a zip64 field is missing or cut off: entry 'a.npy'");
}

TEST_CASE("extra fields of an archive are checked", "[io][npz]") {
  const auto extra = [](const std::string& field) {
    const std::string data = array();
    const io::ZipEntry e = entry(data, data, 0);
    const auto size = static_cast<U16>(field.size());
    const std::string local = with(io::zip_local_header(e), 28, size) + field,
                      line = with(io::zip_directory_header(e), 30, size) + field;
    return local + data + line + io::zip_end(1, line.size(), local.size() + data.size());
  };
  CHECK(load_bytes(extra(std::string("UT\3\0abc", 7))).size() == 1);
  CHECK(load_bytes(extra(std::string("\1\0\0\0", 4))).size() == 1);
  refused(extra("UT"), "an extra field is cut off: entry 'a.npy'");
  refused(extra(std::string("UT\4\0abc", 7)), "an extra field is cut off: entry 'a.npy', field 21589");
  refused(extra(std::string("\1\0\0\0\1\0\0\0", 8)), "a zip64 field occurs twice: entry 'a.npy'");
}

TEST_CASE("entries that overlap are refused", "[io][npz]") {
  const std::string bytes = saved({{"a", tensor({1., 2.})}, {"b", tensor({1., 2.})}});
  const std::size_t second = bytes.find("PK\1\2", directory(bytes) + 4);
  refused(with(bytes, second + 42, U32{0}), "entries overlap: entry '");
  // An entry within the data of another: the same bytes would be inflated again and again.
  const std::string inner = good().substr(0, directory(good()));
  const std::string outer = archive(entry(inner, inner, 0), inner);
  io::ZipEntry e = entry(array(), array(), 0);
  e.name = "b.npy";
  e.offset = 35;
  const std::string line = io::zip_directory_header(e), lines = outer.substr(directory(outer), 51) + line;
  refused(outer.substr(0, directory(outer)) + lines + io::zip_end(2, lines.size(), directory(outer)),
          "entries overlap: entry 'b.npy', expected offset " + std::to_string(directory(outer)) + " or more, found 35");
}

TEST_CASE("descriptors after the data are checked", "[io][npz]") {
  const std::string data = array();
  const auto streamed = [&](const std::string& descriptor, U32 crc = 0) {
    io::ZipEntry e = entry(data, data, 0);
    e.flags = 1 << 3;
    std::string local = io::zip_local_header(e);
    local = with(with(with(local, 14, crc), 18, U32{0}), 22, U32{0});
    const std::string line = io::zip_directory_header(e), start = local + data + descriptor;
    return start + line + io::zip_end(1, line.size(), start.size());
  };
  const auto raw = [](auto... values) {
    std::string bytes;
    (bytes.append(reinterpret_cast<const char*>(&values), sizeof values), ...);
    return bytes;
  };
  const U32 crc = checksum(data), size = static_cast<U32>(data.size());
  const std::string narrow = raw(crc, size, size), wide = raw(crc, U64{size}, U64{size});
  for (const std::string& good : {narrow, wide, "PK\7\10" + narrow, "PK\7\10" + wide})
    CHECK(load_bytes(streamed(good)).at("a").numel() == 3);
  CHECK(load_bytes(streamed(narrow, crc)).size() == 1);
  refused(streamed(narrow, crc + 1), "the local header contradicts the directory: entry 'a.npy', checksum");
  for (const std::string& bad : {std::string(), narrow.substr(1), raw(crc + 1, size, size), raw(crc, size, size + 1)})
    refused(streamed(bad), "the descriptor contradicts the directory: entry 'a.npy', offset ");
}

TEST_CASE("the data of an entry are checked", "[io][npz]") {
  const std::string data = array();
  std::string changed = good();
  changed[changed.find(data) + data.size() - 1] ^= 1;
  refused(changed, "npz: entry 'a.npy': the checksum is wrong: expected ");
  const std::string longer = data + "xy";
  refused(archive(entry(longer, longer, 0), longer),
          "npz: entry 'a.npy': bytes follow the array: expected 131 bytes, found 133");
  const std::string shorter = data.substr(0, data.size() - 1);
  refused(archive(entry(shorter, shorter, 0), shorter), "npz: entry 'a.npy': the file ends too early: data of |u1 [3]");

  const std::string packed = deflated(data);
  refused(archive(entry(data, packed + "x", 8), packed + "x"),
          "bytes follow the compressed data: packed size, expected " + std::to_string(packed.size() + 1));
  refused(archive(entry(data, packed.substr(2), 8), packed.substr(2)), "npz: entry 'a.npy': the ");
  const std::string cut = packed.substr(0, packed.size() - 5);
  refused(archive(entry(data, cut, 8), cut), "npz: entry 'a.npy': the compressed data end too early: packed data, ");
  refused(archive(entry(data, "\xff\xff\xff", 8), "\xff\xff\xff"), "the compressed data are damaged: near byte ");
  io::ZipEntry e = entry(data, packed, 8);
  e.size = data.size() + 1;
  refused(archive(e, packed), "npz: entry 'a.npy': bytes follow the array");
}

TEST_CASE("never more is inflated than the header of an entry says", "[io][npz]") {
  const std::string data = array(), bomb = deflated(data + std::string(50'000'000, '\0'));
  refused(archive(entry(data, bomb, 8), bomb),
          "npz: entry 'a.npy': the content is larger than its header says: size, expected 131 bytes, found more");
  io::ZipEntry e = entry(data, bomb, 8);
  e.size = std::uint64_t{1} << 50;
  refused(archive(e, bomb), "the sizes cannot be right: entry 'a.npy', ");
  e = entry(data, data, 0);
  e.size = 0xfffffff0;
  refused(archive(e, data), "the sizes cannot be right: entry 'a.npy', 131 bytes cannot become 4294967280");
}

TEST_CASE("every beginning of an archive is refused", "[io][npz]") {
  for (const bool compress : {false, true}) {
    const std::string bytes = saved({{"a", tensor({1.f, 2.f})}, {"b", tensor({Index{1}})}}, compress);
    for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_THROWS_AS(load_bytes(bytes.substr(0, n)), FormatError);
  }
}

TEST_CASE("every changed bit of an archive gives an error or the same values", "[io][npz]") {
  const Tensor a = tensor({1.f, 2.f}), b = tensor({Index{1}});
  std::vector<std::string> archives = {saved({{"a", a}, {"b", b}}), saved({{"a", a}, {"b", b}}, true)};
  for (std::string& bytes : archives) {
    std::size_t errors = 0, wrong = 0;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      try {
        const Tensors found = load_bytes(bytes);
        // What no checksum covers are versions, times and attributes.
        wrong += found.size() != 2 || !found.count("a") || !equal(found.at("a"), a) || !equal(found.at("b"), b);
      } catch (const FormatError&) {
        ++errors;
      }
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    }
    CHECK(wrong == 0);
    CHECK(errors > 5 * bytes.size());
  }
}

TEST_CASE("20000 random changes of archives give errors or tensors", "[io][npz]") {
  const std::string seeds[] = {good(), good(true), saved({{"x", ones({2})}, {"y", ones({})}}),
                               io::read_file(golden + "numpy_streamed_compressed.npz")};
  Mutator mutate(3, {"\xff\xff\xff\xff", std::string(4, '\0'), "PK\1\2", "PK\3\4", "PK\5\6", "PK\6\6", "PK\6\7", "\1"});
  std::size_t errors = 0, archives = 0;
  for (int run = 0; run < 20000; ++run) {
    const std::string bytes = mutate(seeds[mutate.below(std::size(seeds))]);
    try {
      archives += load_bytes(bytes).size() < 3;
    } catch (const FormatError&) {
      ++errors;
    }
  }
  CHECK(errors + archives == 20000);
  CHECK(archives > 100);
}

TEST_CASE("what cannot be written as npz is refused and leaves the old file", "[io][npz]") {
  const ScratchFile file("old");
  const auto cannot = [&](const Tensors& tensors, const std::string& text) {
    CHECK_THROWS_AS(save_npz(tensors, file.path), ValueError);
    CHECK_THROWS_WITH(save_npz(tensors, file.path), StartsWith(text));
  };
  cannot({{"a", Tensor()}}, "npz: a tensor is undefined: 'a': ");
  cannot({{"\xff", ones({1})}}, "npz: a name is not allowed: it is not UTF-8: entry number 1");
  cannot({{std::string("a\0", 2), ones({1})}}, "npz: a name is not allowed: it holds a null byte: entry number 1");
  cannot({{std::string(65532, 'a'), ones({1})}},
         "npz: a name is not allowed: it is longer than 65535 bytes: entry number 1");
  CHECK(io::read_file(file.path) == "old");
  CHECK_THROWS_AS(save_npz({}, "/nowhere/x.npz"), IoError);
}
