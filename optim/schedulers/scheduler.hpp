#pragma once
#include <gradus/optim/optimizer.hpp>

#include <memory>

namespace gradus::optim {

/// Sets the learning rate as a function of a counter e: 0 at construction, one more with each step(). Loop order:
/// optimizer.step(); scheduler.step(). What a step is (an optimizer step, an epoch) is where step() is called. A schedule
/// is its closed form, so two of them on one optimizer do not mix: the rate is that of the last to step; SequentialLR and
/// ChainedScheduler combine them. A group's base rate is its lr when the first schedule was attached.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  const char* name() const { return name_; }
  OptimizerBase& optimizer() const { return *optimizer_; }
  /// The learning rate of a group at index e. Throws ValueError for e < 0, StateError past the end if there is one.
  double lr(std::size_t group, Index e) const;
  /// The same in a sequence, where the part before left the rate `before`.
  double lr_after(std::size_t group, Index e, double before) const;
  /// What momentum (or beta1) is at index e; NaN from schedules that leave it alone.
  virtual double momentum(std::size_t, Index) const { return std::numeric_limits<double>::quiet_NaN(); }

  /// Throws what seek() does, and StateError after the last index that there is.
  void step();
  /// Goes to any index. PyTorch's last_epoch = k is seek(k + 1). Throws, and changes nothing, where lr() does, where a
  /// rate is not finite or negative, and where the optimizer refuses a value.
  virtual void seek(Index e);
  Index index() const { return index_; }
  /// What the groups have now, one value each.
  std::vector<double> last_lr() const;

  /// The counter and the options, functions excepted. Load the optimizer after the scheduler: it has the rates as they
  /// were.
  StateDict state_dict() const;
  /// All or nothing. Throws ValueError for a state that does not fit, or one whose options are not the same; a state that
  /// is only an index fits any schedule.
  void load_state_dict(const StateDict& state);
  /// The options as they stand in the state.
  virtual StateDict settings() const { return {}; }

 protected:
  Scheduler(const char* name, OptimizerBase& optimizer) : name_(name), optimizer_(&optimizer) {}
  /// The last line of every constructor: attaches the schedule and sets what holds at index 0.
  void start() { seek(0); }
  /// The closed form. `before` is the base rate, or what the part before in a sequence left.
  virtual double rate(std::size_t group, Index e, double before) const = 0;
  double base_lr(std::size_t group) const { return optimizer_->initial_lr(group); }
  /// What rate() is given as `before` outside a sequence.
  virtual double start_lr(std::size_t group) const { return base_lr(group); }
  /// The group's entry of a list of one value per group, or `common` if the list is empty.
  double of_group(const std::vector<double>& list, double common, std::size_t group) const;
  /// Throws ValueError unless the list is empty or has one value per group, each in the range.
  void check_list(const char* field, const std::vector<double>& list, const Range& range) const;
  /// Throws ValueError unless every group has what momentum() sets.
  void need_momentum() const;

  /// State beyond counter and options. `load_extra` checks before it changes anything.
  virtual void save_extra(StateDict&) const {}
  virtual void load_extra(const StateDict&) {}

 private:
  const char* momentum_option(std::size_t group) const;
  const char* name_;
  OptimizerBase* optimizer_;
  Index index_ = 0;
};

/// A schedule on the heap, for SequentialLR and ChainedScheduler: make<StepLR>(optimizer, {.step_size = 30}).
template <class S>
std::shared_ptr<Scheduler> make(OptimizerBase& optimizer, typename S::Options options) {
  return std::make_shared<S>(optimizer, std::move(options));
}

}  // namespace gradus::optim
