#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

/// Sets the learning rate as a function of a counter e: 0 at construction, one more with each step(). Loop order:
/// optimizer.step(); scheduler.step(). A subclass gives the closed form and calls start() in its constructor.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// The learning rate of a group at index e >= 0.
  virtual double lr(std::size_t group, Index e) const = 0;
  void step();
  Index index() const { return index_; }
  /// What the groups have now, one value each.
  std::vector<double> last_lr() const;

  /// The counter; options are the constructor's business. Load the optimizer after the scheduler.
  StateDict state_dict() const;
  void load_state_dict(const StateDict& state);

 protected:
  explicit Scheduler(OptimizerBase& optimizer);
  void start() { apply(); }
  /// Sets everything for the current index.
  virtual void apply();
  /// Throws for an index that the schedule does not have.
  virtual void check_index(Index) const {}
  OptimizerBase& optimizer() const { return *optimizer_; }

 private:
  OptimizerBase* optimizer_;
  Index index_ = 0;
};

}  // namespace gradus::optim
