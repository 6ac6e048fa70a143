#pragma once
#include <gradus/autograd/ops/loss.hpp>
#include <gradus/nn/eval_mode.hpp>
#include <gradus/tensor/index.hpp>

namespace gradus::train {

/// Number of rows of logits [n, classes] whose (first) largest entry stands at the label; a row with NaN is never right. Throws ShapeError where they do not
/// fit, IndexError for a label outside the classes.
Index correct(const Tensor& logits, const Tensor& labels);
/// The same as a share of all rows. Throws ValueError without rows.
double accuracy(const Tensor& logits, const Tensor& labels);

/// Mean of values that stand for different numbers of examples.
class RunningMean {
 public:
  RunningMean() = default;
  /// One that goes on where another stood.
  RunningMean(double sum, Index count) : sum_(sum), count_(count) {}
  void add(double value, Index count) {
    sum_ += value * static_cast<double>(count);
    count_ += count;
  }
  double sum() const { return sum_; }
  Index count() const { return count_; }
  /// Throws ValueError before the first add().
  double value() const {
    if (count_ == 0) fail<ValueError>("RunningMean: no values were added");
    return sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0;
  Index count_ = 0;
};

namespace detail {
/// Throws ShapeError, DTypeError or IndexError unless these are logits [n, classes] and labels [n] inside the classes.
void check_logits(const char* op, const Tensor& logits, const Tensor& labels);
}  // namespace detail

struct Evaluation {
  double loss, accuracy;
};
/// Mean cross-entropy and accuracy of a classifier over a loader, in eval mode and off the tape; then each module has its own mode again.
template <class Model, class Loader>
Evaluation evaluate(Model& model, Loader& loader) {
  const nn::EvalMode mode(model);
  const NoGrad off;
  RunningMean loss;
  Index right = 0;
  for (const auto& [x, y] : loader) {
    const Variable logits = model(Variable(x));
    loss.add(cross_entropy(logits, y).item(), y.numel());
    right += correct(logits.data(), y);
  }
  return {loss.value(), static_cast<double>(right) / static_cast<double>(loss.count())};
}

struct Predictions {
  Tensor logits, labels;
};
/// What the model says about all examples of a loader, and what is true, in the loader's order; modes as in evaluate().
template <class Model, class Loader>
Predictions predict(Model& model, Loader& loader) {
  const nn::EvalMode mode(model);
  const NoGrad off;
  std::vector<Tensor> logits, labels;
  for (const auto& [x, y] : loader) {
    logits.push_back(model(Variable(x)).data());
    labels.push_back(y);
  }
  return {concat(logits), concat(labels)};
}

}  // namespace gradus::train
