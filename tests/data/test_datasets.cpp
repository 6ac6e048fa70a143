#include <gradus/data/breast_cancer.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/digits.hpp>
#include <gradus/data/fashion_mnist.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/views.hpp>

#include "catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

using namespace gradus;
namespace fs = std::filesystem;

namespace {
struct Squares : data::Dataset {
  Index size() const override { return 5; }
  data::Example get(Index i) const override {
    const auto v = static_cast<float>(i);
    return {tensor({v, v * v}), scalar_tensor(i, DType::i64)};
  }
};
struct Growing : data::Dataset {
  Index size() const override { return 3; }
  data::Example get(Index i) const override { return {zeros({i + 1}), scalar_tensor(i, DType::i64)}; }
};
data::TensorDataset small() {
  return {tensor({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}), tensor({Index{7}, Index{8}, Index{9}})};
}
std::vector<Index> targets(const data::Dataset& set) {
  std::vector<Index> all;
  for (Index i = 0; i < set.size(); ++i) all.push_back(set.get(i).y.item<Index>());
  return all;
}
std::string idx(std::vector<int> bytes, std::size_t zeros) {
  std::string text;
  for (const int b : bytes) text += static_cast<char>(b);
  return text + std::string(zeros, '\0');
}
}  // namespace

TEST_CASE("a data set of one's own is batched by stacking", "[data][dataset]") {
  const std::vector<Index> indices = {3, 1};
  const auto [x, y] = Squares().batch(indices);
  CHECK(equal(x, tensor({{3.f, 9.f}, {1.f, 1.f}})));
  CHECK(equal(y, tensor({Index{3}, Index{1}})));
  Index count = 0;
  data::DataLoader loader(Squares{}, {.batch_size = 2});
  for (auto [bx, by] : loader) count += by.size(0);
  CHECK(count == 5);
}

TEST_CASE("batches that cannot be made are refused", "[data][dataset]") {
  const std::vector<Index> none, outside = {0, 5}, negative = {-1}, differing = {0, 1};
  CHECK_THROWS_AS(Squares().batch(none), ValueError);
  CHECK_THROWS_AS(Squares().batch(outside), IndexError);
  CHECK_THROWS_AS(small().batch(outside), IndexError);
  CHECK_THROWS_AS(small().batch(negative), IndexError);
  CHECK_THROWS_AS(Growing().batch(differing), ShapeError);
}

TEST_CASE("tensors make a data set of rows", "[data][dataset]") {
  const data::TensorDataset set = small();
  CHECK(set.size() == 3);
  CHECK(equal(set.get(1).x, tensor({3.f, 4.f})));
  CHECK(set.get(2).y.item<Index>() == 9);
  CHECK_THROWS_AS(set.get(3), IndexError);
  const std::vector<Index> indices = {2, 0, 2};
  const auto [x, y] = set.batch(indices);
  CHECK(equal(x, tensor({{5.f, 6.f}, {1.f, 2.f}, {5.f, 6.f}})));
  CHECK(equal(y, tensor({Index{9}, Index{7}, Index{9}})));
  const data::TensorDataset columns(transpose(tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}})), arange(3));
  CHECK(equal(columns.batch(indices).x, tensor({{3.f, 6.f}, {1.f, 4.f}, {3.f, 6.f}})));
  CHECK_THROWS_WITH(data::TensorDataset(zeros({3, 2}), zeros({4})), ContainsSubstring("x is [3, 2], y is [4]"));
  CHECK_THROWS_AS(data::TensorDataset(zeros({}), zeros({})), ShapeError);
}

TEST_CASE("a subset numbers some examples anew", "[data][dataset]") {
  const data::Subset set(data::share(small()), {2, 0});
  CHECK(targets(set) == std::vector<Index>{9, 7});
  const std::vector<Index> indices = {1, 1, 0};
  CHECK(set.batch(indices).y.to_vector<Index>() == std::vector<Index>{7, 7, 9});
  CHECK_THROWS_AS(set.get(2), IndexError);
  CHECK_THROWS_AS(data::Subset(data::share(small()), {3}), IndexError);
}

TEST_CASE("a random split has every example once and repeats with its seed", "[data][dataset]") {
  const data::TensorDataset set(zeros({100, 1}), arange(100));
  const auto parts = data::random_split(set, {70, 30, 0}, 4);
  REQUIRE(parts.size() == 3);
  const auto train = targets(parts[0]), test = targets(parts[1]);
  CHECK(train.size() == 70);
  CHECK(test.size() == 30);
  CHECK(parts[2].size() == 0);
  std::set<Index> all(train.begin(), train.end());
  all.insert(test.begin(), test.end());
  CHECK(all.size() == 100);
  CHECK_FALSE(std::is_sorted(train.begin(), train.end()));
  CHECK(targets(data::random_split(set, {70, 30}, 4)[0]) == train);
  CHECK(targets(data::random_split(set, {70, 30}, 5)[0]) != train);
  CHECK_THROWS_WITH(data::random_split(set, {70, 31}), ContainsSubstring("101") && ContainsSubstring("100"));
  CHECK_THROWS_AS(data::random_split(set, {-1, 101}), ValueError);
}

TEST_CASE("transforms change examples when they are read", "[data][dataset]") {
  const auto doubled = data::transformed(small(), [](data::Example e) { return data::Example{e.y, e.x}; });
  CHECK(equal(doubled.get(0).y, tensor({1.f, 2.f})));
  const std::vector<Index> indices = {2, 0};
  const auto normal = data::transformed(small(), data::normalize(1, 2));
  CHECK(allclose(normal.batch(indices).x, tensor({{2.f, 2.5f}, {0.f, 0.5f}})));
  const data::TensorDataset images(zeros({3, 1, 2, 2}), arange(3));
  CHECK(data::transformed(images, data::flatten_input()).batch(indices).x.shape() == Shape{2, 4});
  CHECK_THROWS_AS(data::normalize(0, 0), ValueError);
  CHECK_THROWS_AS(data::normalize(0, -1), ValueError);
}

TEST_CASE("the digits come with the library", "[data][digits]") {
  const auto set = data::digits();
  CHECK(set.x().shape() == Shape{1797, 1, 8, 8});
  CHECK(set.x().dtype() == DType::f32);
  CHECK(set.y().dtype() == DType::i64);
  const auto x = set.x().to_vector<float>();
  CHECK(*std::min_element(x.begin(), x.end()) == 0);
  CHECK(*std::max_element(x.begin(), x.end()) == 1);
  CHECK(set.get(0).y.item<Index>() == 0);
  CHECK(set.get(0).x[0][0].to_vector<float>() ==
        std::vector<float>{0, 0, 5 / 16.f, 13 / 16.f, 9 / 16.f, 1 / 16.f, 0, 0});
  std::vector<Index> counts(10);
  for (const Index y : set.y().to_vector<Index>()) ++counts.at(static_cast<std::size_t>(y));
  CHECK(counts == std::vector<Index>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}

TEST_CASE("the breast cancer data comes with the library", "[data][breast_cancer]") {
  const auto set = data::breast_cancer();
  CHECK(set.x().shape() == Shape{569, 30});
  CHECK(set.x().dtype() == DType::f32);
  CHECK(set.y().dtype() == DType::i64);
  CHECK(set.x()[0].to_vector<float>().front() == 17.99f);
  CHECK(set.x()[568].to_vector<float>().back() == 0.07039f);
  Index benign = 0;
  for (const Index y : set.y().to_vector<Index>()) benign += y;
  CHECK(benign == 357);
}

TEST_CASE("Fashion-MNIST is read where it is installed", "[data][fashion]") {
  if (!data::fashion_mnist_available()) return;
  const auto train = data::fashion_mnist("train"), test = data::fashion_mnist("test");
  CHECK(train.x().shape() == Shape{60000, 1, 28, 28});
  CHECK(test.x().shape() == Shape{10000, 1, 28, 28});
  CHECK(train.x().dtype() == DType::f32);
  const auto x = test.x().to_vector<float>();
  CHECK(*std::min_element(x.begin(), x.end()) == 0);
  CHECK(*std::max_element(x.begin(), x.end()) == 1);
  std::vector<Index> counts(10);
  for (const Index y : train.y().to_vector<Index>()) ++counts.at(static_cast<std::size_t>(y));
  CHECK(counts == std::vector<Index>(10, 6000));
  CHECK(std::string(data::fashion_mnist_classes[static_cast<std::size_t>(train.get(0).y.item<Index>())]) ==
        "Ankle boot");
}

TEST_CASE("Fashion-MNIST that is missing or broken is an error that helps", "[data][fashion]") {
  const fs::path root = fs::temp_directory_path() / ("gradus_fashion_" + std::to_string(::getpid()));
  fs::create_directory(root);
  CHECK_FALSE(data::fashion_mnist_available(root));
  CHECK_THROWS_WITH(data::fashion_mnist("train", root), StartsWith("fashion_mnist: ") &&
                                                            ContainsSubstring(root.native()) &&
                                                            ContainsSubstring("dataset-fashion-mnist"));
  CHECK_THROWS_AS(data::fashion_mnist("train", root), IoError);
  CHECK_THROWS_AS(data::fashion_mnist("val", root), ValueError);
  const auto images = idx({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28}, 2 * 784);
  io::write_file_atomically(root / "t10k-images-idx3-ubyte", images);
  io::write_file_atomically(root / "t10k-labels-idx1-ubyte", idx({0, 0, 8, 1, 0, 0, 0, 2, 3, 4}, 0));
  CHECK(targets(data::fashion_mnist("test", root)) == std::vector<Index>{3, 4});
  io::write_file_atomically(root / "t10k-labels-idx1-ubyte", idx({0, 0, 8, 1, 0, 0, 0, 3, 3, 4, 5}, 0));
  CHECK_THROWS_WITH(data::fashion_mnist("test", root), ContainsSubstring("2") && ContainsSubstring("3"));
  CHECK_THROWS_AS(data::fashion_mnist("test", root), FormatError);
  io::write_file_atomically(root / "t10k-labels-idx1-ubyte", idx({0, 0, 8, 1, 0, 0, 0, 2, 3, 10}, 0));
  CHECK_THROWS_WITH(data::fashion_mnist("test", root),
                    ContainsSubstring("a label is out of range") && ContainsSubstring("found 10"));
  fs::remove_all(root);
}
