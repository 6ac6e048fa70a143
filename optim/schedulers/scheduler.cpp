#include <gradus/optim/schedulers/scheduler.hpp>

#include <cmath>
#include <limits>

namespace gradus::optim {
namespace {
const std::string option_prefix = "options.";
}  // namespace

double Scheduler::lr(std::size_t group, Index e) const { return lr_after(group, e, start_lr(group)); }
double Scheduler::lr_after(std::size_t group, Index e, double before) const {
  if (e < 0) fail<ValueError>(name_, ": an index must be at least 0: got ", e);
  return rate(group, e, before);
}

const char* Scheduler::momentum_option(std::size_t group) const {
  for (const char* option : {"momentum", "beta1"})
    if (!std::isnan(optimizer_->get(group, option))) return option;
  return nullptr;
}
void Scheduler::need_momentum() const {
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g)
    if (!momentum_option(g))
      fail<ValueError>(name_, ": cycle_momentum needs an optimizer with momentum or beta1: ", optimizer_->name(),
                       " has neither");
}

void Scheduler::step() {
  if (index_ == std::numeric_limits<Index>::max()) fail<StateError>(name_, ": there is no index after ", index_);
  seek(index_ + 1);
}
void Scheduler::seek(Index e) {
  std::vector<double> rates, momenta;
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) {
    rates.push_back(lr(g, e));
    momenta.push_back(momentum(g, e));
    if (!std::isfinite(rates[g]) || rates[g] < 0)
      fail<ValueError>(name_, ": the learning rate of group ", g, " at index ", e, " must be finite and >= 0: got ",
                       rates[g]);
    optimizer_->check_option(g, "lr", rates[g]);
    if (!std::isnan(momenta[g])) optimizer_->check_option(g, momentum_option(g), momenta[g]);
  }
  optimizer_->keep_initial_lr();  // also those of groups that were added since
  for (std::size_t g = 0; g < rates.size(); ++g) {
    optimizer_->set(g, "lr", rates[g]);
    if (!std::isnan(momenta[g])) optimizer_->set(g, momentum_option(g), momenta[g]);
  }
  index_ = e;
}

std::vector<double> Scheduler::last_lr() const {
  std::vector<double> values;
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) values.push_back(optimizer_->get(g, "lr"));
  return values;
}

double Scheduler::of_group(const std::vector<double>& list, double common, std::size_t group) const {
  if (list.empty()) return common;
  if (group >= list.size())
    fail<StateError>(name_, ": group ", group, " was added after the schedule was made: it has ", list.size(),
                     " groups");
  return list[group];
}
void Scheduler::check_list(const char* field, const std::vector<double>& list, const Range& range) const {
  if (!list.empty() && list.size() != optimizer_->group_count())
    fail<ValueError>(name_, ": ", field, " needs one value per group: got ", list.size(), " for ",
                     optimizer_->group_count(), " groups");
  for (const double value : list) detail::check_range(name_, field, value, range);
}

// ---- checkpoints

StateDict Scheduler::state_dict() const {
  StateDict state{{"index", scalar_tensor(index_, DType::i64)}};
  for (const auto& [key, value] : settings()) state[option_prefix + key] = value;
  save_extra(state);
  return state;
}
void Scheduler::load_state_dict(const StateDict& state) {
  const auto found = state.find("index");
  if (found == state.end() || found->second.numel() != 1 || found->second.dtype() != DType::i64)
    fail<ValueError>(name_, ": load_state_dict: no index in the state");
  const Index index = found->second.item<Index>();
  if (index < 0) fail<ValueError>(name_, ": load_state_dict: the index must be at least 0: got ", index);
  if (state.size() > 1) {
    const StateDict here = settings();
    const auto text = [](const Tensor& t) {
      std::string list;
      for (const double v : t.to_vector<double>()) list += join(list.empty() ? "" : ", ", v);
      return t.numel() == 1 ? list : join("[", list, "]");
    };
    for (const auto& [key, value] : here) {
      const auto there = state.find(option_prefix + key);
      if (there == state.end()) fail<ValueError>(name_, ": load_state_dict: missing ", option_prefix, key);
      if (there->second.to_vector<double>() != value.to_vector<double>())
        fail<ValueError>(name_, ": load_state_dict: ", key, " is ", text(value), " here, ", text(there->second),
                         " in the state");
    }
    for (const auto& [key, value] : state)
      if (key.starts_with(option_prefix) && !here.contains(key.substr(option_prefix.size())))
        fail<ValueError>(name_, ": load_state_dict: there is no option ", key.substr(option_prefix.size()),
                         " — the state is of another schedule");
  }
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) (void)lr(g, index);  // throws past the end
  StateDict before;
  save_extra(before);
  load_extra(state);
  try {
    seek(index);
  } catch (...) {
    load_extra(before);
    throw;
  }
}

}  // namespace gradus::optim
