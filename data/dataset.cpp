#include <gradus/data/dataset.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/random.hpp>
#include <gradus/tensor/views.hpp>

#include <cmath>
#include <cstring>

namespace gradus::data {
namespace {

Index check(Index i, Index size) {
  if (i < 0 || i >= size) fail<IndexError>("data set: no example ", i, ": there are ", size);
  return i;
}

/// The rows of a contiguous tensor at the given positions, byte by byte.
Tensor rows_at(const Tensor& t, std::span<const Index> rows) {
  Shape shape = t.shape();
  const Index n = shape[0];
  shape[0] = static_cast<Index>(rows.size());
  Tensor out(shape, t.dtype());
  dispatch(t.dtype(), [&]<class T>() {
    const std::size_t row = n ? static_cast<std::size_t>(t.numel() / n) : 0;
    const T* from = t.read<T>();
    T* to = out.write<T>();
    for (std::size_t i = 0; i < rows.size(); ++i)
      std::memcpy(to + i * row, from + static_cast<std::size_t>(check(rows[i], n)) * row, row * sizeof(T));
  });
  return out;
}

}  // namespace

DatasetPtr detail::not_null(DatasetPtr dataset, const char* op) {
  if (!dataset) fail<ValueError>(op, ": there is no data set: the pointer is null");
  return dataset;
}

Example Dataset::batch(std::span<const Index> indices) const {
  if (indices.empty()) fail<ValueError>("data set: a batch of no examples");
  std::vector<Tensor> xs, ys;
  for (const Index i : indices) {
    Example e = get(check(i, size()));
    xs.push_back(std::move(e.x));
    ys.push_back(std::move(e.y));
  }
  return {stack(xs), stack(ys)};
}

TensorDataset::TensorDataset(Tensor x, Tensor y) : x_(contiguous(x)), y_(contiguous(y)) {
  if (x_.rank() < 1 || y_.rank() < 1 || x_.shape()[0] != y_.shape()[0])
    fail<ShapeError>("TensorDataset: the numbers of examples differ: x is ", x_.shape(), ", y is ", y_.shape());
}
Example TensorDataset::get(Index i) const { return {x_[check(i, size())], y_[i]}; }
Example TensorDataset::batch(std::span<const Index> indices) const {
  return {rows_at(x_, indices), rows_at(y_, indices)};
}

Subset::Subset(DatasetPtr base, std::vector<Index> indices)
    : base_(detail::not_null(std::move(base), "Subset")), indices_(std::move(indices)) {
  for (const Index i : indices_) check(i, base_->size());
}
Index Subset::original(Index i) const { return indices_[static_cast<std::size_t>(check(i, size()))]; }
Example Subset::batch(std::span<const Index> indices) const {
  std::vector<Index> originals;
  for (const Index i : indices) originals.push_back(original(i));
  return base_->batch(originals);
}

std::vector<Subset> random_split(DatasetPtr dataset, const std::vector<Index>& lengths, std::uint64_t seed) {
  detail::not_null(dataset, "random_split");
  Index total = 0;
  for (const Index n : lengths) {
    if (n < 0) fail<ValueError>("random_split: a length is negative: ", n);
    if (__builtin_add_overflow(total, n, &total)) fail<ValueError>("random_split: the sum of the lengths overflows");
  }
  if (total != dataset->size())
    fail<ValueError>("random_split: the lengths do not add up: their sum is ", total, ", the data set has ",
                     dataset->size(), " examples");
  Generator generator(seed);
  const auto order = randperm(total, generator).to_vector<Index>();
  std::vector<Subset> parts;
  auto start = order.begin();
  for (const Index n : lengths) {
    parts.emplace_back(dataset, std::vector<Index>(start, start + n));
    start += n;
  }
  return parts;
}

Transformed::Transformed(DatasetPtr base, Transform transform)
    : base_(detail::not_null(std::move(base), "transformed")), transform_(std::move(transform)) {
  if (!transform_) fail<ValueError>("transformed: there is no function: it is empty");
}
Transform normalize(double mean, double std) {
  if (!std::isfinite(mean) || !(std > 0) || !std::isfinite(std))
    fail<ValueError>("normalize: needs a finite mean and std > 0: mean is ", mean, ", std is ", std);
  return [=](Example e) { return Example{(e.x - mean) / std, std::move(e.y)}; };
}
Transform flatten_input() {
  return [](Example e) { return Example{flatten(e.x), std::move(e.y)}; };
}

}  // namespace gradus::data
