// Softmax and cross-entropy of Variables.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/softmax.hpp>

namespace gradus {

/// e^x / sum(e^x) along an axis.
Variable softmax(const Variable& x, Index axis);
Variable log_softmax(const Variable& x, Index axis);

struct CrossEntropyOptions {
  Tensor weight = {};                      ///< [classes], scales each class's loss
  std::optional<Index> ignore_index = {};  ///< rows with this label do not count (PyTorch: always -100)
  Reduction reduction = Reduction::mean;   ///< mean divides by the sum of the weights that count
  double label_smoothing = 0;              ///< in [0, 1]
};
/// Loss of logits [n, classes, ...] (or [classes]) against labels [n, ...] (i64), or against probabilities of the
/// logits' shape, which have no ignore_index. Fused: log-softmax, selection and mean in one pass. Throws IndexError for a
/// label outside the classes, ValueError for a mean over nothing.
Variable cross_entropy(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& options = {});
/// Does not compile: no gradient flows into targets.
template <std::derived_from<Variable> V>
Variable cross_entropy(const Variable& logits, const V&, const CrossEntropyOptions& = {}) {
  static_assert(detail::never<V>, "cross_entropy takes its targets as a Tensor: cross_entropy(logits, targets.data())");
  return logits;
}
/// The same composed of separate operations: what the fused form is tested against.
Variable composed_cross_entropy(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

}  // namespace gradus
