#pragma once
#include <gradus/autograd/ops/loss.hpp>
#include <gradus/nn/module.hpp>

namespace gradus::train {

/// Number of rows of logits [n, classes] whose (first) largest entry stands at the label; a row with NaN is never right. Throws ShapeError where they do not
/// fit, IndexError for a label outside the classes.
Index correct(const Tensor& logits, const Tensor& labels);
/// The same as a share of all rows. Throws ValueError without rows.
double accuracy(const Tensor& logits, const Tensor& labels);

/// Mean of values that stand for different numbers of examples.
class RunningMean {
 public:
  void add(double value, Index count) {
    sum_ += value * static_cast<double>(count);
    count_ += count;
  }
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

struct Evaluation {
  double loss, accuracy;
};
/// Mean cross-entropy and accuracy of a classifier over a loader, in eval mode and off the tape; the mode is restored.
template <class Model, class Loader>
Evaluation evaluate(Model& model, Loader& loader) {
  struct Restore {
    Model& model;
    bool was;
    ~Restore() { model.train(was); }
  } restore{model, model.training()};
  model.eval();
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

}  // namespace gradus::train
