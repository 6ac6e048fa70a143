#include <gradus/train/metrics.hpp>

namespace gradus::train {

void detail::check_logits(const char* op, const Tensor& logits, const Tensor& labels) {
  if (logits.rank() != 2 || !(labels.shape() == Shape{logits.shape()[0]}))
    fail<ShapeError>(op, ": needs logits [n, classes] and labels [n]: logits are ", logits.shape(), ", labels are ",
                     labels.shape());
  if (!is_floating(logits.dtype())) fail<DTypeError>(op, ": logits must be f32 or f64: got ", logits.dtype());
  if (labels.dtype() != DType::i64) fail<DTypeError>(op, ": labels must be i64: got ", labels.dtype());
  const auto wanted = labels.to_vector<Index>();
  for (std::size_t r = 0; r < wanted.size(); ++r)
    if (wanted[r] < 0 || wanted[r] >= logits.shape()[1])
      fail<IndexError>(op, ": a label is out of range: label ", wanted[r], " in row ", r, ", there are ",
                       logits.shape()[1], " classes");
}

Index correct(const Tensor& logits, const Tensor& labels) {
  detail::check_logits("accuracy", logits, labels);
  const Index rows = logits.shape()[0], classes = logits.shape()[1];
  const auto values = logits.to_vector<double>();
  const auto wanted = labels.to_vector<Index>();
  Index right = 0;
  for (Index r = 0; r < rows; ++r) {
    const Index label = wanted[static_cast<std::size_t>(r)];
    const double* row = values.data() + r * classes;
    bool best = true;  // written so that NaN is never right
    for (Index c = 0; c < classes; ++c) best &= c < label ? row[c] < row[label] : row[c] <= row[label];
    right += best;
  }
  return right;
}
double accuracy(const Tensor& logits, const Tensor& labels) {
  const Index right = correct(logits, labels);
  if (labels.numel() == 0) fail<ValueError>("accuracy: no rows: logits are ", logits.shape());
  return static_cast<double>(right) / static_cast<double>(labels.numel());
}

}  // namespace gradus::train
