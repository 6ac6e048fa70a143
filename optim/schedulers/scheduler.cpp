#include <gradus/optim/schedulers/scheduler.hpp>

namespace gradus::optim {

Scheduler::Scheduler(OptimizerBase& optimizer) : optimizer_(&optimizer) { optimizer.keep_initial_lr(); }

void Scheduler::apply() {
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) optimizer_->set(g, "lr", lr(g, index_));
}
void Scheduler::step() {
  check_index(index_ + 1);
  ++index_;
  apply();
}
std::vector<double> Scheduler::last_lr() const {
  std::vector<double> values;
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) values.push_back(optimizer_->get(g, "lr"));
  return values;
}
StateDict Scheduler::state_dict() const { return {{"index", scalar_tensor(index_, DType::i64)}}; }
void Scheduler::load_state_dict(const StateDict& state) {
  const auto found = state.find("index");
  if (found == state.end() || found->second.numel() != 1)
    fail<ValueError>("scheduler: load_state_dict: no index in the state");
  const Index index = found->second.item<Index>();
  if (index < 0) fail<ValueError>("scheduler: load_state_dict: the index must be at least 0: got ", index);
  check_index(index);
  index_ = index;
  apply();
}

}  // namespace gradus::optim
