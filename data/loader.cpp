#include <gradus/data/loader.hpp>
#include <gradus/tensor/random.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace gradus::data {
namespace {
constexpr Index last_epoch = Index{1} << 53;  // far from where counting on would overflow
}

DataLoader::DataLoader(DatasetPtr dataset, Options options)
    : dataset_(detail::not_null(std::move(dataset), "DataLoader")), options_(options) {
  const Index n = dataset_->size();
  if (options.batch_size < 1) fail<ValueError>("DataLoader: batch_size must be at least 1: got ", options.batch_size);
  if (n < 1) fail<ValueError>("DataLoader: the data set is empty");
  if (options.drop_last && options.batch_size > n)
    fail<ValueError>("DataLoader: drop_last leaves no batch: batch_size is ", options.batch_size, ", the data set has ",
                     n, " examples");
}

Index DataLoader::size() const {
  const Index n = dataset_->size(), b = options_.batch_size;
  return options_.drop_last ? n / b : n / b + (n % b != 0);
}
void DataLoader::set_epoch(Index epoch) { load_state({epoch, 0}); }
void DataLoader::load_state(const LoaderState& state) {
  if (state.epoch < 0 || state.epoch > last_epoch)
    fail<ValueError>("DataLoader: the epoch must be 0 to ", last_epoch, ": got ", state.epoch);
  if (state.batch < 0 || state.batch >= size())
    fail<ValueError>("DataLoader: there is no batch ", state.batch, ": an epoch has ", size());
  next_ = state;
  resuming_ = true;
}

DataLoader::Iterator DataLoader::begin() {
  if (!std::exchange(resuming_, false)) next_ = {epoch(), 0};
  std::vector<Index> order(static_cast<std::size_t>(dataset_->size()));
  if (options_.shuffle) {
    Generator generator(options_.seed, static_cast<std::uint64_t>(next_.epoch) + 1);
    order = randperm(dataset_->size(), generator).to_vector<Index>();
  } else {
    std::iota(order.begin(), order.end(), Index{0});
  }
  return {this, next_, std::move(order)};
}

Example DataLoader::Iterator::operator*() const {
  const auto b = static_cast<std::size_t>(loader_->options_.batch_size),
             start = static_cast<std::size_t>(at_.batch) * b;
  Example batch = loader_->dataset_->batch(std::span(order_).subspan(start, std::min(b, order_.size() - start)));
  loader_->next_ =
      at_.batch + 1 < loader_->size() ? LoaderState{at_.epoch, at_.batch + 1} : LoaderState{at_.epoch + 1, 0};
  return batch;
}

}  // namespace gradus::data
