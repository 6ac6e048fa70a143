#pragma once
#include <gradus/optim/schedulers/scheduler.hpp>

namespace gradus::optim {

using Schedules = std::vector<std::shared_ptr<Scheduler>>;

/// One schedule after the other: SequentialLR(o, {make<LinearLR>(o, {...}), make<StepLR>(o, {...})}, {200}) is the second
/// from index 200 on, counted from 0 there. A part starts from the base rate; MultiplicativeLR and SWALR from the rate
/// that the part before left. The parts are asked for their values only: their own counters stay. Throws ValueError for
/// no parts, other than one milestone fewer than parts, milestones that do not rise, or parts of another optimizer.
class SequentialLR final : public Scheduler {
 public:
  SequentialLR(OptimizerBase& optimizer, Schedules parts, std::vector<Index> milestones);
  double momentum(std::size_t group, Index e) const override;
  StateDict settings() const override;

 private:
  double rate(std::size_t group, Index e, double before) const override;
  std::size_t part_at(Index e) const;
  Index start_of(std::size_t part) const { return part == 0 ? 0 : milestones_[part - 1]; }
  Schedules parts_;
  std::vector<Index> milestones_;
};

/// The product of schedules: base * (lr_1(e) / base) * (lr_2(e) / base) * ..., in any order; momentum is that of the last
/// one that has it. A group whose base rate is 0 stays at 0. Throws ValueError for no parts or parts of another optimizer.
class ChainedScheduler final : public Scheduler {
 public:
  ChainedScheduler(OptimizerBase& optimizer, Schedules parts);
  double momentum(std::size_t group, Index e) const override;
  StateDict settings() const override;

 private:
  double rate(std::size_t group, Index e, double before) const override;
  Schedules parts_;
};

}  // namespace gradus::optim
