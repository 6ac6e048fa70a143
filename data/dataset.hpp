// Data sets: numbered examples. A user's own derives from Dataset and gives size() and get().
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <memory>

namespace gradus::data {

/// Input and target of one example, or of a batch with one more axis in front: auto [x, y] = ...
struct Example {
  Tensor x, y;
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual Index size() const = 0;
  /// Example i of 0 ... size() - 1.
  virtual Example get(Index i) const = 0;
  /// Several examples stacked; get() one by one unless a subclass knows better.
  virtual Example batch(std::span<const Index> indices) const;
};
using DatasetPtr = std::shared_ptr<const Dataset>;

namespace detail {
/// Throws ValueError naming `op` if there is no data set behind the pointer.
DatasetPtr not_null(DatasetPtr dataset, const char* op);
}  // namespace detail

/// A handle that outlives the caller's variable: copies the data set, which for the ones here copies handles only.
template <class D>
  requires std::derived_from<D, Dataset> DatasetPtr share(D dataset) {
    return std::make_shared<const D>(std::move(dataset));
  }
inline DatasetPtr share(DatasetPtr dataset) { return dataset; }

/// Tensors whose first axis counts the examples. Throws ShapeError where x and y differ in number.
class TensorDataset : public Dataset {
 public:
  TensorDataset(Tensor x, Tensor y);
  Index size() const override { return x_.shape()[0]; }
  Example get(Index i) const override;
  Example batch(std::span<const Index> indices) const override;
  const Tensor& x() const { return x_; }
  const Tensor& y() const { return y_; }

 private:
  Tensor x_, y_;
};

/// Some examples of another data set, by number.
class Subset : public Dataset {
 public:
  /// Throws IndexError for a number outside, ValueError without a data set.
  Subset(DatasetPtr base, std::vector<Index> indices);
  Index size() const override { return static_cast<Index>(indices_.size()); }
  Example get(Index i) const override { return base_->get(original(i)); }
  Example batch(std::span<const Index> indices) const override;

 private:
  Index original(Index i) const;
  DatasetPtr base_;
  std::vector<Index> indices_;
};

/// Disjoint random subsets of the given sizes, which must add up to the data set's (else, and without a data set, ValueError). The seed fixes them.
std::vector<Subset> random_split(DatasetPtr dataset, const std::vector<Index>& lengths, std::uint64_t seed = 0);
template <class D>
  requires std::derived_from<D, Dataset> std::vector<Subset> random_split(const D& dataset,
                                                                          const std::vector<Index>& lengths,
                                                                          std::uint64_t seed = 0) {
    return random_split(share(dataset), lengths, seed);
  }

using Transform = std::function<Example(Example)>;
/// A data set whose examples pass through a function when they are read.
class Transformed : public Dataset {
 public:
  /// Throws ValueError without a data set or a function.
  Transformed(DatasetPtr base, Transform transform);
  Index size() const override { return base_->size(); }
  Example get(Index i) const override { return transform_(base_->get(i)); }

 private:
  DatasetPtr base_;
  Transform transform_;
};
template <class D>
Transformed transformed(const D& dataset, Transform transform) {
  return {share(dataset), std::move(transform)};
}
/// Transforms of x: (x - mean) / std, and [..] -> [n].
Transform normalize(double mean, double std);
Transform flatten_input();

}  // namespace gradus::data
