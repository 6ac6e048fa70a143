// One optimizer step from several backward passes: batches larger than memory, full-batch gradient descent over a loader.
#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

/// Sums the gradients of micro-batches, each weighted by its number of examples (or tokens), so that the step is that of
/// the one large batch, also when they differ in size:
///   for (auto [x, y] : loader) accumulate.backward(loss(x, y), x.size(0));
///   accumulate.step();
/// What depends on a batch as a whole (batch norm, in-batch negatives) still sees the micro-batches.
class Accumulate {
 public:
  /// The optimizer must outlive this. Gradients that are there already are dropped at the first backward().
  explicit Accumulate(OptimizerBase& optimizer) : optimizer_(&optimizer) {}
  /// Adds the gradients of a loss that is a mean over `count` examples. Throws ValueError for a count below 1.
  void backward(const Variable& loss, Index count);
  /// Divides by the number of examples, so that gradients are those of the mean over all of them: clip here, if at all,
  /// then step(). Called by step() otherwise.
  void finish();
  /// Steps with the mean's gradients, drops them, and returns the mean loss. Throws StateError without backward(),
  /// and what the optimizer refuses, before gradients change.
  double step();
  Index count() const { return count_; }

  /// Gradients and counts in the middle of a step.
  StateDict state_dict() const;
  /// All or nothing; throws ValueError for a state that does not fit.
  void load_state_dict(const StateDict& state);

 private:
  OptimizerBase* optimizer_;
  Index count_ = 0;
  double loss_ = 0;
  bool finished_ = false;
};

}  // namespace gradus::optim
