#include <gradus/data/loader.hpp>

#include "catch.hpp"

#include <algorithm>
#include <chrono>

using namespace gradus;

namespace {
/// x [n, 2] with rows {i, -i}, y [n] with i.
data::TensorDataset numbers(Index n) {
  Tensor x({n, 2}, DType::f32);
  for (Index i = 0; i < n; ++i) {
    x.write<float>()[2 * i] = static_cast<float>(i);
    x.write<float>()[2 * i + 1] = -static_cast<float>(i);
  }
  return {x, arange(n)};
}
std::vector<Index> epoch_of(data::DataLoader& loader) {
  std::vector<Index> seen;
  for (auto [x, y] : loader) {
    CHECK(x.size(0) == y.size(0));
    const auto xs = x.to_vector<double>();
    const auto ys = y.to_vector<Index>();
    for (std::size_t i = 0; i < ys.size(); ++i) {
      CHECK(xs[2 * i] == static_cast<double>(ys[i]));
      CHECK(xs[2 * i + 1] == -static_cast<double>(ys[i]));
      seen.push_back(ys[i]);
    }
  }
  return seen;
}
std::vector<Index> sorted(std::vector<Index> v) {
  std::sort(v.begin(), v.end());
  return v;
}
const std::vector<Index> ten = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
}  // namespace

TEST_CASE("an epoch without shuffling is the data set in order", "[data][loader]") {
  data::DataLoader loader(numbers(10), {.batch_size = 4});
  CHECK(loader.size() == 3);
  std::vector<Index> sizes;
  for (auto [x, y] : loader) sizes.push_back(y.size(0));
  CHECK(sizes == std::vector<Index>{4, 4, 2});
  CHECK(epoch_of(loader) == ten);
}

TEST_CASE("drop_last leaves out the last batch if it is not full", "[data][loader]") {
  data::DataLoader loader(numbers(10), {.batch_size = 4, .drop_last = true});
  CHECK(loader.size() == 2);
  CHECK(epoch_of(loader) == std::vector<Index>(ten.begin(), ten.begin() + 8));
  data::DataLoader whole(numbers(8), {.batch_size = 4, .drop_last = true});
  CHECK(whole.size() == 2);
}

TEST_CASE("a shuffled epoch has every example once and no epoch is like another", "[data][loader]") {
  data::DataLoader loader(numbers(10), {.batch_size = 3, .shuffle = true, .seed = 5});
  const auto first = epoch_of(loader), second = epoch_of(loader);
  CHECK(sorted(first) == ten);
  CHECK(sorted(second) == ten);
  CHECK(first != ten);
  CHECK(first != second);
}

TEST_CASE("the order depends on the seed and the epoch and on nothing else", "[data][loader]") {
  data::DataLoader a(numbers(10), {.batch_size = 3, .shuffle = true, .seed = 5});
  data::DataLoader b(numbers(10), {.batch_size = 7, .shuffle = true, .seed = 5});
  data::DataLoader c(numbers(10), {.batch_size = 3, .shuffle = true, .seed = 6});
  const auto first = epoch_of(a), second = epoch_of(a);
  CHECK(epoch_of(b) == first);
  CHECK(epoch_of(c) != first);
  data::DataLoader resumed(numbers(10), {.batch_size = 3, .shuffle = true, .seed = 5});
  resumed.set_epoch(1);
  CHECK(epoch_of(resumed) == second);
  CHECK(resumed.epoch() == 2);
  CHECK_THROWS_WITH(resumed.set_epoch(-1), "DataLoader: the epoch must be 0 to 9007199254740992: got -1");
}

TEST_CASE("an epoch that is left early is over", "[data][loader]") {
  data::DataLoader loader(numbers(10), {.batch_size = 1, .shuffle = true});
  data::DataLoader other(numbers(10), {.batch_size = 1, .shuffle = true});
  for (auto [x, y] : loader) break;
  epoch_of(other);
  CHECK(epoch_of(loader) == epoch_of(other));
}

TEST_CASE("a loader goes on in the middle of an epoch where another one stood", "[data][loader]") {
  const data::DataLoaderOptions options{.batch_size = 3, .shuffle = true, .seed = 5};
  data::DataLoader whole(numbers(10), options);
  const auto first = epoch_of(whole), second = epoch_of(whole), third = epoch_of(whole);
  CHECK(whole.state() == data::LoaderState{3, 0});
  for (Index stop = 1; stop <= 4; ++stop) {
    data::DataLoader stopped(numbers(10), options), resumed(numbers(10), options);
    epoch_of(stopped);
    std::vector<Index> seen;
    for (auto [x, y] : stopped) {
      for (const Index i : y.to_vector<Index>()) seen.push_back(i);
      if (stopped.state() == (stop < 4 ? data::LoaderState{1, stop} : data::LoaderState{2, 0})) break;
    }
    CHECK(seen.size() == static_cast<std::size_t>(std::min<Index>(10, 3 * stop)));
    resumed.load_state(stopped.state());
    CHECK(resumed.state() == stopped.state());
    CHECK(resumed.epoch() == 2);
    if (stop < 4)
      for (const Index i : epoch_of(resumed)) seen.push_back(i);
    CHECK(seen == second);
    CHECK(epoch_of(resumed) == third);
  }
}

TEST_CASE("a place that a loader does not have is refused and changes nothing", "[data][loader]") {
  data::DataLoader loader(numbers(10), {.batch_size = 3});
  CHECK_THROWS_WITH(loader.load_state({0, 4}), "DataLoader: there is no batch 4: an epoch has 4");
  CHECK_THROWS_WITH(loader.load_state({0, -1}), "DataLoader: there is no batch -1: an epoch has 4");
  CHECK_THROWS_WITH(loader.load_state({-1, 0}), "DataLoader: the epoch must be 0 to 9007199254740992: got -1");
  CHECK(loader.state() == data::LoaderState{0, 0});
  CHECK(epoch_of(loader) == ten);
}

TEST_CASE("a loader keeps its data set alive", "[data][loader]") {
  auto set = std::make_shared<data::TensorDataset>(numbers(10));
  const std::weak_ptr<data::TensorDataset> watched = set;
  data::DataLoader loader(set, {.batch_size = 10});
  set.reset();
  CHECK_FALSE(watched.expired());
  CHECK(epoch_of(loader) == ten);
}

TEST_CASE("loaders that could give no batch are refused", "[data][loader]") {
  CHECK_THROWS_WITH(data::DataLoader(numbers(10), {.batch_size = 0}),
                    "DataLoader: batch_size must be at least 1: got 0");
  CHECK_THROWS_WITH(data::DataLoader(numbers(0)), "DataLoader: the data set is empty");
  CHECK_THROWS_WITH(data::DataLoader(numbers(10), {.batch_size = 11, .drop_last = true}),
                    "DataLoader: drop_last leaves no batch: batch_size is 11, the data set has 10 examples");
  CHECK(data::DataLoader(numbers(10), {.batch_size = 11}).size() == 1);
}

TEST_CASE("a batch that the data set refuses is not counted as handed out", "[data][loader]") {
  struct Fragile : data::Dataset {
    std::shared_ptr<bool> broken = std::make_shared<bool>(false);
    Index size() const override { return 4; }
    data::Example get(Index i) const override {
      if (i == 2 && *broken) throw std::runtime_error("no");
      return {full({1}, static_cast<double>(i)), full({1}, 0)};
    }
  };
  const Fragile set;
  data::DataLoader loader(set, {.batch_size = 2});
  *set.broken = true;
  auto it = loader.begin();
  CHECK_NOTHROW(*it);
  ++it;
  CHECK_THROWS_AS(*it, std::runtime_error);
  CHECK(loader.state() == data::LoaderState{0, 1});
  *set.broken = false;
  loader.load_state(loader.state());
  Index batches = 0;
  for (const auto& [x, y] : loader) {
    CHECK(x[0].item() == 2);
    ++batches;
  }
  CHECK(batches == 1);
}

TEST_CASE("a loader takes any batch size and epoch that can be counted and refuses the others", "[data][loader]") {
  const data::TensorDataset set(ones({3, 1}), ones({3}));
  for (const Index size : {Index{3}, Index{4}, Index{1} << 40, INT64_MAX - 1, Index{INT64_MAX}}) {
    data::DataLoader loader(set, {.batch_size = size});
    CHECK(loader.size() == 1);
    Index examples = 0;
    for (const auto& [x, y] : loader) examples += x.size(0);
    CHECK(examples == 3);
  }
  data::DataLoader loader(set);
  for (const Index epoch : {Index{-1}, (Index{1} << 53) + 1, Index{INT64_MAX}})
    CHECK_THROWS_WITH(loader.set_epoch(epoch),
                      join("DataLoader: the epoch must be 0 to 9007199254740992: got ", epoch));
  loader.set_epoch(Index{1} << 53);
  Index batches = 0;
  for (const auto& [x, y] : loader) batches += x.size(0);
  CHECK(batches == 3);
}

TEST_CASE("a data set that is not there is an error wherever one is taken", "[data]") {
  const data::DatasetPtr none;
  CHECK_THROWS_WITH(data::DataLoader(none), "DataLoader: there is no data set: the pointer is null");
  CHECK_THROWS_WITH(data::Subset(none, {}), "Subset: there is no data set: the pointer is null");
  CHECK_THROWS_WITH(data::random_split(none, {}), "random_split: there is no data set: the pointer is null");
  CHECK_THROWS_WITH(data::Transformed(none, data::flatten_input()),
                    "transformed: there is no data set: the pointer is null");
  const data::TensorDataset set(ones({3, 1}), ones({3}));
  CHECK_THROWS_WITH(data::transformed(set, {}), "transformed: there is no function: it is empty");
  CHECK_THROWS_WITH(data::random_split(set, {INT64_MAX, INT64_MAX}), "random_split: the sum of the lengths overflows");
}
