// Softmax and the cross-entropy loss built on it, one pass over each row.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <optional>

namespace gradus {

/// e^x / sum(e^x) along an axis, and its logarithm, without overflow. A row whose values are all -inf gives NaN.
Tensor softmax(const Tensor& x, Index axis);
Tensor log_softmax(const Tensor& x, Index axis);

/// What becomes of the losses of a batch: all of them, their sum, or their (weighted) mean.
enum class Reduction { none, sum, mean };

/// The part of the cross-entropy options that a derivative rule may capture.
struct CrossEntropySettings {
  std::optional<Index> ignore_index = {};
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;
};
/// Losses of rows of logits [n, classes] against labels [n] (i64); weight is [classes] or undefined.
struct CrossEntropyResult {
  Tensor loss;             ///< [n], or 0-d
  Tensor normaliser;       ///< [n, 2]: each row's largest logit and log(sum(e^(x - largest))), for the backward kernel
  double denominator = 1;  ///< what the sum was divided by
};
/// loss_i = -sum_c t_ic log softmax(x_i)_c with t = cross_entropy_targets(...). Throws IndexError naming the row for a
/// label outside, ValueError for a mean over no labels at all.
CrossEntropyResult cross_entropy_forward(const Tensor& logits, const Tensor& labels, const Tensor& weight,
                                         const CrossEntropySettings& settings);
/// d loss / d logits times g (0-d, or [n] for Reduction::none).
Tensor cross_entropy_backward(const Tensor& g, const Tensor& logits, const Tensor& labels, const Tensor& weight,
                              const Tensor& normaliser, const CrossEntropySettings& settings, double denominator);
/// The weighted, smoothed targets t as [n, classes]: (1 - s) w_y at the label plus s w_c / classes everywhere; zeros for
/// an ignored label (Szegedy et al. 2016 for the smoothing).
Tensor cross_entropy_targets(const Tensor& labels, const Tensor& weight, Index classes, DType dtype,
                             const CrossEntropySettings& settings);

}  // namespace gradus
