#include <gradus/optim/wrapper.hpp>

namespace gradus::optim {

Wrapper::Wrapper(const char* name, std::unique_ptr<OptimizerBase> inner)
    : OptimizerBase(name), inner_(std::move(inner)) {
  if (!inner_) fail<ValueError>(name, ": there is no inner optimizer");
}

StateDict Wrapper::state_dict() const {
  StateDict state;
  for (auto& [key, t] : inner_->state_dict()) state["inner." + key] = t;
  save_extra(state);
  return state;
}

void Wrapper::load_state_dict(const StateDict& state) {
  check_extra(state);
  StateDict inner;
  for (const auto& [key, t] : state)
    if (key.starts_with("inner.")) inner[key.substr(6)] = t;
  inner_->load_state_dict(inner);  // checks everything before it changes anything
  load_extra(state);
}

}  // namespace gradus::optim
