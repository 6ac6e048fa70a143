#include <gradus/optim/combined.hpp>

#include <set>

namespace gradus::optim {

Combined::Combined(std::vector<std::unique_ptr<OptimizerBase>> parts)
    : OptimizerBase("Combined"), parts_(std::move(parts)) {
  if (parts_.empty()) fail<ValueError>("Combined: there are no optimizers");
  std::set<const Node*> seen;
  for (const auto& part : parts_) {
    if (!part) fail<ValueError>("Combined: an optimizer is null");
    for (const Variable& p : part->parameters())
      if (!seen.insert(p.node().get()).second)
        fail<ValueError>("Combined: two optimizers have the same parameter: ", p.dtype(), " ", p.shape());
  }
}

void Combined::step() {
  check_step();  // all of it, before the first part changes anything
  for (const auto& part : parts_) part->step();
}
void Combined::check_step() const {
  for (const auto& part : parts_) part->check_step();
}
std::size_t Combined::group_count() const {
  std::size_t n = 0;
  for (const auto& part : parts_) n += part->group_count();
  return n;
}
std::vector<Variable> Combined::parameters() const {
  std::vector<Variable> all;
  for (const auto& part : parts_)
    for (const Variable& p : part->parameters()) all.push_back(p);
  return all;
}
void Combined::each_state(const std::function<void(Variable&, State&)>& f) {
  for (const auto& part : parts_) part->each_state(f);
}
void Combined::zero_grad(bool set_to_none) {
  for (const auto& part : parts_) part->zero_grad(set_to_none);
}

void Combined::eval() {
  for (const auto& part : parts_) part->eval();
}
void Combined::train() {
  for (const auto& part : parts_) part->train();
}
void Combined::reset_state() {
  for (const auto& part : parts_) part->reset_state();
}

std::pair<OptimizerBase*, std::size_t> Combined::place(std::size_t group) const {
  check_group(group);
  std::size_t i = 0;
  for (; group >= parts_[i]->group_count(); ++i) group -= parts_[i]->group_count();
  return {parts_[i].get(), group};
}
double Combined::get(std::size_t group, std::string_view option) const {
  const auto at = place(group);
  return at.first->get(at.second, option);
}
void Combined::set(std::size_t group, std::string_view option, double value) {
  const auto at = place(group);
  at.first->set(at.second, option, value);
}
void Combined::check_option(std::size_t group, std::string_view option, double value) const {
  const auto at = place(group);
  at.first->check_option(at.second, option, value);
}
double Combined::initial_lr(std::size_t group) const {
  const auto at = place(group);
  return at.first->initial_lr(at.second);
}
void Combined::keep_initial_lr() {
  for (const auto& part : parts_) part->keep_initial_lr();
}

StateDict Combined::state_dict() const {
  StateDict state;
  for (std::size_t i = 0; i < parts_.size(); ++i)
    for (auto& [key, t] : parts_[i]->state_dict()) state[join(i, ".", key)] = t;
  return state;
}
void Combined::load_state_dict(const StateDict& state) {
  std::vector<StateDict> before, loaded(parts_.size());
  std::size_t known = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    before.push_back(parts_[i]->state_dict());
    const std::string prefix = join(i, ".");
    for (const auto& [key, t] : state)
      if (key.starts_with(prefix)) loaded[i][key.substr(prefix.size())] = t;
    known += loaded[i].size();
  }
  if (known != state.size())
    fail<ValueError>("Combined: load_state_dict: the state is not one of ", parts_.size(), " optimizers");
  std::size_t done = 0;
  try {
    for (; done < parts_.size(); ++done) parts_[done]->load_state_dict(loaded[done]);
  } catch (...) {  // a later part refused: the earlier ones go back
    for (std::size_t i = 0; i < done; ++i) parts_[i]->load_state_dict(before[i]);
    throw;
  }
}

bool is_hidden_weight(const std::string& name, const Variable& p) {
  for (const char* outer : {"embed", "head", "output"})
    if (name.find(outer) != std::string::npos) return false;
  return p.rank() >= 2;
}
std::unique_ptr<Combined> muon_with_adamw(const NamedParameters& parameters, const MuonOptions& muon,
                                          const AdamWOptions& adamw, const ParameterTest& hidden) {
  std::vector<Variable> matrices, others;
  for (const auto& [name, p] : parameters) (hidden(name, p) ? matrices : others).push_back(p);
  std::vector<std::unique_ptr<OptimizerBase>> parts;
  if (!matrices.empty()) parts.push_back(std::make_unique<Muon>(matrices, muon));
  if (!others.empty()) parts.push_back(std::make_unique<AdamW>(others, adamw));
  return std::make_unique<Combined>(std::move(parts));
}

}  // namespace gradus::optim
