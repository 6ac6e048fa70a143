#include <gradus/data/loader.hpp>
#include <gradus/tensor/random.hpp>

#include <algorithm>
#include <numeric>

namespace gradus::data {

DataLoader::DataLoader(DatasetPtr dataset, Options options) : dataset_(std::move(dataset)), options_(options) {
  const Index n = dataset_->size();
  if (options.batch_size < 1) fail<ValueError>("DataLoader: batch_size must be at least 1: got ", options.batch_size);
  if (n == 0) fail<ValueError>("DataLoader: the data set is empty");
  if (options.drop_last && options.batch_size > n)
    fail<ValueError>("DataLoader: drop_last leaves no batch: batch_size is ", options.batch_size, ", the data set has ",
                     n, " examples");
}

Index DataLoader::size() const {
  const Index n = dataset_->size(), b = options_.batch_size;
  return options_.drop_last ? n / b : (n + b - 1) / b;
}
void DataLoader::set_epoch(Index epoch) {
  if (epoch < 0) fail<ValueError>("DataLoader: the epoch must be at least 0: got ", epoch);
  epoch_ = epoch;
}

DataLoader::Iterator DataLoader::begin() {
  std::vector<Index> order(static_cast<std::size_t>(dataset_->size()));
  if (options_.shuffle) {
    Generator generator(options_.seed, static_cast<std::uint64_t>(epoch_) + 1);
    order = randperm(dataset_->size(), generator).to_vector<Index>();
  } else {
    std::iota(order.begin(), order.end(), Index{0});
  }
  ++epoch_;
  return {this, std::move(order)};
}

Example DataLoader::Iterator::operator*() const {
  const auto b = static_cast<std::size_t>(loader_->options_.batch_size), start = static_cast<std::size_t>(batch_) * b;
  return loader_->dataset_->batch(std::span(order_).subspan(start, std::min(b, order_.size() - start)));
}

}  // namespace gradus::data
