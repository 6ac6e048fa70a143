#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/io/npy.hpp>
#include <gradus/tensor/io/npz.hpp>
#include <gradus/tensor/io/zip.hpp>
#include <gradus/tensor/random.hpp>
#include <gradus/tensor/views.hpp>

#include "catch.hpp"
#include "tensor/npz_bytes.hpp"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

using namespace gradus;

namespace {
const std::string golden = GRADUS_SOURCE_DIR "/tests/golden/";
/// The array [1, 2, 3] of u8, as an entry holds it.
std::string array() {
  const ScratchFile file("");
  save_npy(tensor<std::uint8_t>({1, 2, 3}), file.path);
  return io::read_file(file.path);
}
io::ZipEntry stored(const std::string& data) {
  io::ZipEntry e;
  e.name = "a.npy";
  e.packed = e.size = data.size();
  e.crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
  return e;
}
Tensors sample() {
  Tensors t;
  t["weights"] = tensor({{1.f, 2.5f}, {3.f, -4e-8f}});
  t["transposed"] = transpose(tensor({{1., 2., 3.}, {4., 5., 6.}}));
  t["labels"] = tensor({Index{-1}, Index{1} << 40});
  t["bytes"] = tensor({std::uint8_t{0}, std::uint8_t{255}});
  t["mask"] = to(tensor({Index{1}, Index{0}}), DType::boolean);
  t["scalar"] = scalar_tensor(0.5, DType::f32);
  t["empty"] = empty({2, 0});
  t["../na\xc3\xafve"] = ones({1});
  return t;
}
void check_equal(const Tensors& found, const Tensors& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (const auto& item : wanted) {
    INFO(item.first);
    REQUIRE(found.count(item.first) == 1);
    CHECK(equal(found.at(item.first), item.second));
  }
}
}  // namespace

TEST_CASE("the archives of numpy.savez and savez_compressed are read", "[io][npz]") {
  for (const char* name : {"numpy.npz", "numpy_compressed.npz"}) {
    const Tensors f = load_npz(golden + name);
    using V = std::vector<double>;
    const auto values = [&](const char* key, DType dtype) {
      INFO(name << ' ' << key);
      CHECK(f.at(key).dtype() == dtype);
      return f.at(key).to_vector<double>();
    };
    const V rows{1, 2.5, -3, 4, 5e-7f, 6e8f}, pair{1. / 3, -1e300},
        halves{0, 1, -2.5, 65504, 0x1p-24, -0x1.ff8p-15, std::numeric_limits<double>::infinity(), 0x1.554p-2};
    CHECK(f.size() == 26);
    for (const char* key : {"f4", ">f4"}) CHECK(values(key, DType::f32) == rows);
    CHECK(f.at("f4").shape() == Shape{2, 3});
    for (const char* key : {"f8", ">f8"}) CHECK(values(key, DType::f64) == pair);
    for (const char* key : {"i8", ">i8"})
      CHECK(f.at(key).to_vector<Index>() == std::vector<Index>{-(Index{1} << 62), 5});
    for (const char* key : {"f2", ">f2"}) CHECK(values(key, DType::f32) == halves);
    CHECK(values("u1", DType::u8) == V{0, 1, 2, 3, 4});
    CHECK(values("b1", DType::boolean) == V{1, 0, 1});
    CHECK(values("i1", DType::i64) == V{-128, 127});
    CHECK(values("i2", DType::i64) == V{-32768, 32767});
    CHECK(values("u2", DType::i64) == V{0, 65535});
    CHECK(values(">u2", DType::i64) == V{1, 65280});
    CHECK(values("i4", DType::i64) == V{-2147483648., 2147483647});
    CHECK(values("u4", DType::i64) == V{0, 4294967295});
    CHECK(f.at("u8").to_vector<Index>() == std::vector<Index>{0, INT64_MAX});
    CHECK(f.at("scalar").rank() == 0);
    CHECK(values("scalar", DType::f32) == V{7.25});
    CHECK(f.at("empty").shape() == Shape{0, 3});
    CHECK(f.at("long").shape() == Shape{0, 1234567890});
    for (const char* key : {"fortran", ">fortran"}) CHECK(equal(f.at(key), reshape(arange(24), {2, 3, 4})));
    CHECK(equal(f.at("six axes"), reshape(arange(64, DType::f64), {2, 2, 2, 2, 2, 2})));
    CHECK(values("../../na\xc3\xafve", DType::f32) == V{1});
    CHECK(values("", DType::f32) == V{2});
    CHECK(values("a.npy", DType::f32) == V{3});
  }
}

TEST_CASE("archives that numpy wrote to a pipe are read", "[io][npz]") {
  for (const char* name : {"numpy_streamed.npz", "numpy_streamed_compressed.npz"}) {
    const Tensors f = load_npz(golden + name);
    CHECK(f.at("rows").to_vector<float>() == std::vector<float>{1, 2.5f, -3, 4, 5e-7f, 6e8f});
    CHECK(equal(f.at("block"), reshape(arange(24), {2, 3, 4})));
  }
}

TEST_CASE("tensors come back from an npz file unchanged", "[io][npz]") {
  const std::string bytes = saved(sample()), packed = saved(sample(), true);
  check_equal(load_bytes(bytes), sample());
  check_equal(load_bytes(packed), sample());
  CHECK(saved(load_bytes(bytes)) == bytes);
  CHECK(packed.size() < bytes.size());
  CHECK(load_bytes(saved({})).empty());
  const Tensors zeros_only = {{"z", zeros({300, 1000})}};
  CHECK(saved(zeros_only, true).size() < 5000);
  check_equal(load_bytes(saved(zeros_only, true)), zeros_only);
}

TEST_CASE("what is written is kept for numpy to check when GRADUS_KEEP_NPZ names a file", "[io][npz][numpy]") {
  const ScratchFile file("");
  const char* keep = std::getenv("GRADUS_KEEP_NPZ");
  const std::string name = keep ? keep : file.path.string();
  for (const char* ending : {".npz", "_compressed.npz"}) {
    save_npz(sample(), name + ending, {.compress = *ending == '_'});
    CHECK(load_npz(name + ending).size() == 8);
    if (!keep) std::filesystem::remove(name + ending);
  }
  save_npy(sample().at("transposed"), name + ".npy");
  CHECK(load_npy(name + ".npy").shape() == Shape{3, 2});
  if (!keep) std::filesystem::remove(name + ".npy");
}

TEST_CASE("1000 random tensors of any layout come back from npy and npz files", "[io][npy][npz]") {
  std::mt19937 random(2);
  const auto below = [&](Index n) { return std::uniform_int_distribution<Index>(0, n - 1)(random); };
  const auto any = [&] {
    Shape shape;
    for (Index rank = below(max_rank + 1); rank > 0; --rank) shape.push_back(below(12) ? 1 + below(4) : 0);
    Tensor t = to(rand(shape, DType::f64) * 256, static_cast<DType>(below(5)));
    if (t.rank() == 0) return t;
    const Index axis = below(t.rank());
    switch (below(5)) {
      case 0: return transpose(t, axis, below(t.rank()));
      case 1: return slice(t, axis, below(3), to_end, 1 + below(3));
      case 2: return t.size(axis) > 0 ? select(t, axis, 0) : t;
      case 3:
        return t.rank() < max_rank ? expand(unsqueeze(t, 0),
                                            [&] {
                                              Shape wide{1 + below(3)};
                                              for (const Index n : t.shape()) wide.push_back(n);
                                              return wide;
                                            }())
                                   : t;
      default: return t;
    }
  };
  const ScratchFile file("");
  for (int archive = 0; archive < 25; ++archive) {
    Tensors wanted;
    for (int i = 0; i < 40; ++i) wanted[std::to_string(i)] = any();
    save_npz(wanted, file.path, {.compress = archive % 2 == 1});
    check_equal(load_npz(file.path), wanted);
    save_npy(wanted["0"], file.path);
    CHECK(equal(load_npy(file.path), wanted["0"]));
  }
}

TEST_CASE("archives larger than 4 GiB and of more than 65535 arrays are read and written", "[io][npz]") {
  const std::string data = array();
  io::ZipEntry e = stored(data);
  e.offset = std::uint64_t{5} << 30;  // behind a hole, which takes no disk
  const std::string local = io::zip_local_header(e), line = io::zip_directory_header(e);
  const std::uint64_t end = e.offset + local.size() + data.size();
  const ScratchFile file("");
  std::ofstream(file.path, std::ios::binary).seekp(static_cast<std::streamoff>(e.offset))
      << local << data << line << io::zip_end(1, line.size(), end);
  CHECK(load_npz(file.path).at("a").to_vector<double>() == std::vector<double>{1, 2, 3});

  std::string directory;
  std::string archive;
  for (int i = 0; i < 65536; ++i) {
    e.name = std::to_string(i);
    e.offset = archive.size();
    archive += io::zip_local_header(e) + data;
    directory += io::zip_directory_header(e);
  }
  CHECK(load_bytes(archive + directory + io::zip_end(65536, directory.size(), archive.size())).size() == 65536);
}

TEST_CASE("zip64 fields are written only where they are needed", "[io][npz]") {
  io::ZipEntry e = stored("");
  CHECK(io::zip_local_header(e).size() == 30 + 5);
  CHECK(io::zip_directory_header(e).size() == 46 + 5);
  CHECK(io::zip_end(65534, 1, 2).size() == 22);
  e.size = e.packed = 0xfffffffe;
  CHECK(io::zip_local_header(e).size() == 30 + 5);
  e.size = 0x123456789;
  const std::string local = io::zip_local_header(e), line = io::zip_directory_header(e);
  CHECK(local.substr(18, 8) == std::string(8, '\xff'));
  CHECK(local.substr(35) == std::string("\1\0\x10\0\x89\x67\x45\x23\1\0\0\0\xfe\xff\xff\xff\0\0\0\0", 20));
  CHECK(line.substr(20, 8) == std::string("\xfe\xff\xff\xff\xff\xff\xff\xff", 8));
  CHECK(line.substr(51) == std::string("\1\0\x08\0\x89\x67\x45\x23\1\0\0\0", 12));
  CHECK(io::zip_end(65535, 1, 2).size() == 22 + 56 + 20);
}
