#pragma once
#include <gradus/optim/schedulers/scheduler.hpp>

namespace gradus::optim {

/// A factor as a function of the index; must always give the same value for the same index.
using LrFunction = std::function<double(Index)>;

/// lr(e) = base * f(e), with one function for all groups or one per group (ValueError if the count is another).
class LambdaLR final : public Scheduler {
 public:
  LambdaLR(OptimizerBase& optimizer, LrFunction f) : LambdaLR(optimizer, std::vector<LrFunction>{std::move(f)}, true) {}
  LambdaLR(OptimizerBase& optimizer, std::vector<LrFunction> fs) : LambdaLR(optimizer, std::move(fs), false) {}

 private:
  LambdaLR(OptimizerBase& optimizer, std::vector<LrFunction> fs, bool shared);
  double rate(std::size_t group, Index e, double before) const override;
  std::vector<LrFunction> functions_;
  bool shared_;
};

/// lr(e) = base * f(1) * f(2) * ... * f(e); f(0) is never asked. In a sequence it goes on from the rate that it finds.
/// The products are kept (8 bytes per index); throws ValueError beyond index 1e8.
class MultiplicativeLR final : public Scheduler {
 public:
  MultiplicativeLR(OptimizerBase& optimizer, LrFunction f)
      : MultiplicativeLR(optimizer, std::vector<LrFunction>{std::move(f)}, true) {}
  MultiplicativeLR(OptimizerBase& optimizer, std::vector<LrFunction> fs)
      : MultiplicativeLR(optimizer, std::move(fs), false) {}

 private:
  MultiplicativeLR(OptimizerBase& optimizer, std::vector<LrFunction> fs, bool shared);
  double rate(std::size_t group, Index e, double before) const override;
  std::vector<LrFunction> functions_;
  bool shared_;
  mutable std::vector<std::vector<double>> products_;  // per function: [e] of f(1) ... f(e)
};

}  // namespace gradus::optim
