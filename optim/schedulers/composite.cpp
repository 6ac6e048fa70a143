#include <gradus/optim/schedulers/composite.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {

void check_parts(const Scheduler& whole, const Schedules& parts) {
  if (parts.empty()) fail<ValueError>(whole.name(), ": there are no schedules");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i]) fail<ValueError>(whole.name(), ": schedule ", i, " is null");
    if (&parts[i]->optimizer() != &whole.optimizer())
      fail<ValueError>(whole.name(), ": schedule ", i, ", ", parts[i]->name(), ", belongs to another optimizer");
  }
}
/// "0.step_size", "1.T_max", ...
StateDict settings_of(const Schedules& parts) {
  StateDict all;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const auto& [key, value] : parts[i]->settings()) all[join(i, ".", key)] = value;
  return all;
}

}  // namespace

SequentialLR::SequentialLR(OptimizerBase& optimizer, Schedules parts, std::vector<Index> milestones)
    : Scheduler("SequentialLR", optimizer), parts_(std::move(parts)), milestones_(std::move(milestones)) {
  check_parts(*this, parts_);
  if (milestones_.size() + 1 != parts_.size())
    fail<ValueError>("SequentialLR: needs one milestone fewer than schedules: got ", milestones_.size(), " for ",
                     parts_.size());
  for (std::size_t i = 0; i < milestones_.size(); ++i)
    if (milestones_[i] < 0 || (i > 0 && milestones_[i] <= milestones_[i - 1]))
      fail<ValueError>("SequentialLR: milestones must be >= 0 and rise: got ", milestones_[i], " at ", i);
  start();
}
std::size_t SequentialLR::part_at(Index e) const {
  return static_cast<std::size_t>(std::upper_bound(milestones_.begin(), milestones_.end(), e) - milestones_.begin());
}
double SequentialLR::rate(std::size_t group, Index e, double before) const {
  const std::size_t part = part_at(e);
  const Index begin = start_of(part);
  return parts_[part]->lr_after(group, e - begin, begin == 0 ? before : rate(group, begin - 1, before));
}
double SequentialLR::momentum(std::size_t group, Index e) const {
  const std::size_t part = part_at(e);
  return parts_[part]->momentum(group, e - start_of(part));
}
StateDict SequentialLR::settings() const {
  StateDict all = settings_of(parts_);
  all["milestones"] = tensor(milestones_);
  return all;
}

ChainedScheduler::ChainedScheduler(OptimizerBase& optimizer, Schedules parts)
    : Scheduler("ChainedScheduler", optimizer), parts_(std::move(parts)) {
  check_parts(*this, parts_);
  start();
}
double ChainedScheduler::rate(std::size_t group, Index e, double) const {
  const double base = base_lr(group);
  if (base == 0) return 0;
  double product = base;
  for (const auto& part : parts_) product *= part->lr(group, e) / base;
  return product;
}
double ChainedScheduler::momentum(std::size_t group, Index e) const {
  double value = Scheduler::momentum(group, e);
  for (const auto& part : parts_)
    if (const double m = part->momentum(group, e); !std::isnan(m)) value = m;
  return value;
}
StateDict ChainedScheduler::settings() const { return settings_of(parts_); }

}  // namespace gradus::optim
