#include <gradus/optim/element.hpp>
#include <gradus/optim/lookahead.hpp>

namespace gradus::optim {
namespace {
constexpr const char* momentum_slots[] = {"momentum_buffer", "exp_avg"};
}

Lookahead::Lookahead(std::unique_ptr<OptimizerBase> inner, LookaheadOptions options)
    : Wrapper("Lookahead", std::move(inner)), options_(options) {
  if (options.k < 1) fail<ValueError>("Lookahead: k must be at least 1: got ", options.k);
  detail::check_range("Lookahead", "alpha", options.alpha, {0, 1});
  for (const Variable& p : parameters()) slow_.emplace_back(empty_like(p.data())).copy_from(p.data());  // in its layout
}

void Lookahead::step() {
  inner_->step();
  if (++count_ == options_.k) pull();
}
Variable Lookahead::step(const Closure& closure) {
  const Variable loss = inner_->step(closure);
  if (++count_ == options_.k) pull();
  return loss;
}

void Lookahead::reset_state() {
  inner_->reset_state();
  count_ = 0;
  momentum_.clear();
  std::size_t i = 0;
  for (const Variable& p : parameters()) slow_[i++].copy_from(p.data());
}

void Lookahead::pull() {
  count_ = 0;
  std::size_t i = 0;
  const double alpha = options_.alpha;
  for (Variable& p : parameters()) {
    Tensor& slow = slow_[i++];
    for_each_element(
        [=](auto& slow, auto& fast) {
          slow = (1 - alpha) * slow + alpha * fast;  // exact at both ends: alpha = 1 is the inner optimizer
          fast = slow;
        },
        slow, p.data());
  }
  if (options_.inner_state == InnerState::reset) inner_->reset_state();
  if (options_.inner_state != InnerState::pullback) return;
  i = 0;
  inner_->each_state([&](Variable&, State& state) {
    for (const char* name : momentum_slots) {
      if (!state.has(name)) continue;
      Tensor& before = momentum_[join(i, ".", name)];
      if (!before.defined()) before = zeros_like(state[name]);  // there was no momentum yet
      for_each_element([=](auto& now, auto& then) { then = now = (1 - alpha) * then + alpha * now; }, state[name],
                       before);
    }
    ++i;
  });
}

void Lookahead::save_extra(StateDict& state) const {
  state["lookahead.count"] = scalar_tensor(count_, DType::i64);
  for (std::size_t i = 0; i < slow_.size(); ++i) state[join("lookahead.slow.", i)] = copy(slow_[i]);
  for (const auto& [name, t] : momentum_) state["lookahead.momentum." + name] = copy(t);
}
void Lookahead::check_extra(const StateDict& state) const {
  const auto count = state.find("lookahead.count");
  if (count == state.end() || count->second.dtype() != DType::i64 || count->second.numel() != 1)
    fail<ValueError>("Lookahead: load_state_dict: missing lookahead.count");
  if (const Index n = count->second.item<Index>(); n < 0 || n >= options_.k)
    fail<ValueError>("Lookahead: load_state_dict: lookahead.count is out of range: ", n, " with k = ", options_.k);
  for (std::size_t i = 0; i < slow_.size(); ++i) {
    const auto slow = state.find(join("lookahead.slow.", i));
    if (slow == state.end() || !(slow->second.shape() == slow_[i].shape()))
      fail<ValueError>("Lookahead: load_state_dict: lookahead.slow.", i,
                       " is missing or does not fit its parameter: ", slow_[i].shape());
  }
  const auto all = parameters();
  for (const auto& [key, t] : state) {
    bool known = key.starts_with("inner.") || key == "lookahead.count";
    for (std::size_t i = 0; !known && i < all.size(); ++i) {
      known = key == join("lookahead.slow.", i);
      for (const char* name : momentum_slots)
        known |= key == join("lookahead.momentum.", i, ".", name) && t.shape() == all[i].shape();
    }
    if (!known) fail<ValueError>("Lookahead: load_state_dict: ", key, " is unknown or does not fit its parameter");
  }
}
void Lookahead::load_extra(const StateDict& state) {
  count_ = state.at("lookahead.count").item<Index>();
  for (std::size_t i = 0; i < slow_.size(); ++i) slow_[i].copy_from(state.at(join("lookahead.slow.", i)));
  momentum_.clear();
  const std::string prefix = "lookahead.momentum.";
  std::size_t i = 0;
  for (const Variable& p : parameters()) {
    for (const char* name : momentum_slots)
      if (const auto t = state.find(join(prefix, i, ".", name)); t != state.end())
        (momentum_[join(i, ".", name)] = empty_like(p.data())).copy_from(t->second);
    ++i;
  }
}

}  // namespace gradus::optim
