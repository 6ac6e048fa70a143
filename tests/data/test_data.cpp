#include "catch.hpp"

#include <gradus/gradus.hpp>

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
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
Tensor csv(const std::string& content, data::CsvOptions options = {}) { return data::read_csv(TemporaryFile(content).path, options); }

struct Squares : data::Dataset {
  Index size() const override { return 10; }
  data::Example get(Index i) const override {
    const double v = static_cast<double>(i);
    return {tensor({v}), scalar_tensor(v * v, DType::f64)};
  }
};

}  // namespace

TEST_CASE("IDX files of every element type are read", "[data][io][idx]") {
  const std::string u8 = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});
  for (const bool packed : {false, true}) {
    const Tensor t = idx(u8, packed);
    CHECK(t.shape() == Shape{2, 3});
    CHECK(t.dtype() == DType::u8);
    CHECK(t.to_vector<Index>() == std::vector<Index>{1, 2, 3, 4, 5, 255});
  }
  CHECK(idx(bytes({0, 0, 9, 1, 0, 0, 0, 2, 255, 1})).to_vector<Index>() == std::vector<Index>{-1, 1});
  CHECK(idx(bytes({0, 0, 11, 1, 0, 0, 0, 1, 255, 254})).item<Index>() == -2);
  CHECK(idx(bytes({0, 0, 12, 1, 0, 0, 0, 1, 0, 1, 0, 0})).item<Index>() == 65536);
  CHECK(idx(bytes({0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0})).item() == 1);
  CHECK(idx(bytes({0, 0, 14, 0, 0x40, 0, 0, 0, 0, 0, 0, 0})).item() == 2);
  CHECK(idx(bytes({0, 0, 8, 2, 0, 0, 0, 0, 255, 255, 255, 255})).numel() == 0);
}

TEST_CASE("broken IDX files are refused with field and offset", "[data][io][idx]") {
  CHECK_THROWS_WITH(idx(bytes({1, 0, 8, 1})), ContainsSubstring("idx: wrong magic at offset 0: expected 00 00, found 1 0"));
  CHECK_THROWS_WITH(idx(bytes({0, 0, 7, 1})), ContainsSubstring("idx: unknown element type at offset 2: 7"));
  CHECK_THROWS_WITH(idx(bytes({0, 0, 8, 7})), ContainsSubstring("idx: too many axes at offset 3: found 7"));
  const std::string huge = bytes({0, 0, 14, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255});
  for (const bool packed : {false, true}) CHECK_THROWS_WITH(idx(huge, packed), ContainsSubstring("idx: the sizes do not fit the file"));
  const std::string good = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2});
  CHECK_THROWS_WITH(idx(good + "x"), ContainsSubstring("idx: bytes after the data at offset"));
  for (std::size_t n = 0; n < good.size(); ++n) CHECK_THROWS_AS(idx(good.substr(0, n)), FormatError);
  CHECK_THROWS_AS(data::read_idx("/nonexistent"), IoError);
  CHECK_THROWS_AS(data::read_idx("/tmp"), IoError);
}

TEST_CASE("a gzip file cannot make the reader unpack more than its header asks for", "[data][io][gzip]") {
  std::string bomb = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2});
  bomb += std::string(50'000'000, '\0');
  reset_peak_memory();
  CHECK_THROWS_WITH(idx(bomb, true), ContainsSubstring("bytes after the data"));
  TemporaryFile damaged(bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2}), true);
  std::fstream file(damaged.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-6, std::ios::end);
  file.put('\x55');  // inside the checksum
  file.close();
  CHECK_THROWS_AS(data::read_idx(damaged.path), FormatError);
}

TEST_CASE("tables are read in every usual spelling", "[data][io][csv]") {
  CHECK(csv("1,2\n3,4\n").to_vector<double>() == std::vector<double>{1, 2, 3, 4});
  CHECK(csv("\xEF\xBB\xBF" "a;b\r\n1.5; -2e3\r\n", {.separator = ';', .header = true}).to_vector<double>() == std::vector<double>{1.5, -2000});
  CHECK(csv("+1,2").shape() == Shape{1, 2});
  CHECK(std::isnan(csv("1,\nnan,2\n", {.allow_nan = true}).to_vector<double>()[1]));
  CHECK_THROWS_WITH(csv("1,2\n3,x4\n"), ContainsSubstring("csv: no number at 2:2: found \"x4\""));
  CHECK_THROWS_WITH(csv("1,2\n3\n"), ContainsSubstring("csv: row 2 has another length: expected 2 fields, found 1"));
  CHECK_THROWS_WITH(csv("1,nan\n"), ContainsSubstring("csv: no number at 1:2"));
  CHECK_THROWS_WITH(csv("1,\n"), ContainsSubstring("csv: no number at 1:2"));
  CHECK_THROWS_WITH(csv("1,5\n\n3,5 6\n"), ContainsSubstring("csv: no number at 3:2"));
  CHECK_THROWS_WITH(csv("\n\n"), ContainsSubstring("csv: no rows"));
  CHECK_THROWS_AS(csv("1,2\n", {.max_bytes = 2}), FormatError);
}

TEST_CASE("a loader visits every example once an epoch", "[data][loader]") {
  const data::TensorDataset set(reshape(arange(20), {10, 2}), arange(10));
  data::DataLoader plain(set, {.batch_size = 4});
  CHECK(plain.size() == 3);
  std::vector<Index> seen, sizes;
  for (auto [x, y] : plain) {
    CHECK(x.shape() == Shape{y.numel(), 2});
    CHECK(equal(select(x, 1, 0), y * 2));
    for (const Index i : y.to_vector<Index>()) seen.push_back(i);
    sizes.push_back(y.numel());
  }
  CHECK(seen == arange(10).to_vector<Index>());
  CHECK(sizes == std::vector<Index>{4, 4, 2});
  const auto epoch = [](data::DataLoader& loader) {
    std::vector<Index> order;
    for (auto [x, y] : loader)
      for (const Index i : y.to_vector<Index>()) order.push_back(i);
    return order;
  };
  data::DataLoader a(set, {.batch_size = 3, .shuffle = true, .seed = 5}), b(set, {.batch_size = 3, .shuffle = true, .seed = 5});
  const auto first = epoch(a), second = epoch(a);
  CHECK(first != second);
  CHECK(epoch(b) == first);
  data::DataLoader resumed(set, {.batch_size = 3, .shuffle = true, .seed = 5});
  resumed.set_epoch(1);
  CHECK(epoch(resumed) == second);
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == arange(10).to_vector<Index>());
  data::DataLoader dropping(set, {.batch_size = 4, .drop_last = true});
  CHECK(dropping.size() == 2);
  CHECK(epoch(dropping).size() == 8);
}

TEST_CASE("loaders that would yield nothing are refused", "[data][loader]") {
  const data::TensorDataset set(ones({3, 2}), arange(3)), none(ones({0, 2}), arange(0));
  CHECK_THROWS_WITH(data::DataLoader(set, {.batch_size = 0}), "DataLoader: batch_size must be at least 1: got 0");
  CHECK_THROWS_WITH(data::DataLoader(none), "DataLoader: the data set is empty");
  CHECK_THROWS_WITH(data::DataLoader(set, {.batch_size = 4, .drop_last = true}),
                    "DataLoader: drop_last leaves no batch: batch_size is 4, the data set has 3 examples");
  CHECK(data::DataLoader(set, {.batch_size = 4}).size() == 1);
  CHECK_THROWS_WITH(data::TensorDataset(ones({3, 2}), arange(2)), "TensorDataset: the numbers of examples differ: x is [3, 2], y is [2]");
  CHECK_THROWS_WITH(set.get(3), "data set: no example 3: there are 3");
}

TEST_CASE("a user's data set is batched and split and transformed", "[data][dataset]") {
  data::DataLoader loader(Squares(), {.batch_size = 6});
  std::vector<double> squares;
  for (auto [x, y] : loader) {
    CHECK(x.shape() == Shape{y.numel(), 1});
    for (const double v : y.to_vector<double>()) squares.push_back(v);
  }
  CHECK(squares[9] == 81);
  const auto parts = data::random_split(Squares(), {7, 3}, 4), again = data::random_split(Squares(), {7, 3}, 4);
  std::vector<double> all;
  for (const auto& part : parts)
    for (Index i = 0; i < part.size(); ++i) all.push_back(part.get(i).x.item());
  CHECK(again[0].get(0).x.item() == parts[0].get(0).x.item());
  std::sort(all.begin(), all.end());
  CHECK(all == to(arange(10), DType::f64).to_vector<double>());
  CHECK_THROWS_WITH(data::random_split(Squares(), {7, 4}), "random_split: the lengths do not add up: their sum is 11, the data set has 10 examples");
  const auto scaled = data::transformed(Squares(), data::normalize(5, 2));
  CHECK(scaled.get(9).x.item() == 2);
  CHECK_THROWS_AS(data::normalize(0, 0), ValueError);
}

TEST_CASE("the bundled digits are all there", "[data][digits]") {
  const auto digits = data::digits();
  CHECK(digits.x().shape() == Shape{1797, 1, 8, 8});
  CHECK(max(digits.x()).item() == 1);
  CHECK(min(digits.x()).item() == 0);
  CHECK(slice(digits.y(), 0, 0, 5).to_vector<Index>() == std::vector<Index>{0, 1, 2, 3, 4});
  CHECK(sum(to(digits.y() == 0, DType::i64)).item<Index>() == 178);
}

TEST_CASE("Fashion-MNIST is read where it is installed and missed with a hint where it is not", "[data][fashion]") {
  CHECK_THROWS_WITH(data::fashion_mnist("train", "/nonexistent"), ContainsSubstring("apt install dataset-fashion-mnist"));
  CHECK_THROWS_WITH(data::fashion_mnist("valid"), "fashion_mnist: the part must be train or test: got valid");
  CHECK_FALSE(data::fashion_mnist_available("/nonexistent"));
  if (!data::fashion_mnist_available()) return;
  const auto test = data::fashion_mnist("test");
  CHECK(test.x().shape() == Shape{10'000, 1, 28, 28});
  CHECK(max(test.x()).item() == 1);
  CHECK(sum(to(test.y() == 9, DType::i64)).item<Index>() == 1000);
}
