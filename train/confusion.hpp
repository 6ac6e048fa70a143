// Where a classifier goes wrong.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>
#include <string>

namespace gradus::train {

/// Counts [classes, classes] in i64 of logits [n, classes] and labels [n]: the row is the label, the column the (first)
/// largest logit. Matrices of several batches add up. Throws ShapeError, DTypeError, IndexError for a label outside, and
/// ValueError for a row with NaN, which predicts nothing.
Tensor confusion_matrix(const Tensor& logits, const Tensor& labels);

struct ConfusionPlotOptions {
  std::string title = {};
  std::vector<std::string> classes = {};  ///< names; numbers if there are none
};
/// The matrix as SVG: each row shaded by its shares, right predictions blue, wrong ones red. Throws ShapeError, DTypeError,
/// and ValueError for a negative count or another number of names than classes.
std::string confusion_plot(const Tensor& counts, const ConfusionPlotOptions& options = {});
void save_confusion_matrix(const std::filesystem::path& path, const Tensor& counts,
                           const ConfusionPlotOptions& options = {});

struct Mistake {
  Index row, label, predicted;
  double confidence;  ///< softmax probability of the prediction
};
/// At most `limit` rows whose prediction is wrong, the surest first. Throws what confusion_matrix() throws.
std::vector<Mistake> surest_mistakes(const Tensor& logits, const Tensor& labels, Index limit);

}  // namespace gradus::train
