#include <gradus/tensor/reduce.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus::train {

Index correct(const Tensor& logits, const Tensor& labels) {
  if (logits.rank() != 2 || !(labels.shape() == Shape{logits.shape()[0]}))
    fail<ShapeError>("accuracy: needs logits [n, classes] and labels [n]: logits are ", logits.shape(), ", labels are ", labels.shape());
  if (logits.shape()[0] == 0) return 0;
  const auto found = argmax(logits, 1).to_vector<Index>(), wanted = labels.to_vector<Index>();
  Index right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (wanted[i] < 0 || wanted[i] >= logits.shape()[1])
      fail<IndexError>("accuracy: a label is out of range: label ", wanted[i], " in row ", i, ", there are ", logits.shape()[1], " classes");
    right += found[i] == wanted[i];
  }
  return right;
}
double accuracy(const Tensor& logits, const Tensor& labels) {
  const Index right = correct(logits, labels);
  if (labels.numel() == 0) fail<ValueError>("accuracy: no rows: logits are ", logits.shape());
  return static_cast<double>(right) / static_cast<double>(labels.numel());
}

}  // namespace gradus::train
