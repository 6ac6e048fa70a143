#include <gradus/optim/element.hpp>
#include <gradus/optim/lookahead.hpp>

#include <bit>
#include <cstdint>

namespace gradus::optim {
namespace {
constexpr const char* momentum_slots[] = {"momentum_buffer", "exp_avg"};

/// Rises whenever one of them is written to.
Index version_of(const std::vector<Variable>& parameters) {
  Index sum = 0;
  for (const Variable& p : parameters) sum += p.data().version();
  return sum;
}
/// Tells their values apart from all others, but for one case in 2^64.
std::uint64_t fingerprint(const std::vector<Variable>& parameters) {
  std::uint64_t print = 0;
  for (const Variable& p : parameters)
    dispatch_floating(p.dtype(), "Lookahead", [&]<class T>() {
      using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
      const T* x = p.data().read<T>();
      const auto n = static_cast<std::uint64_t>(p.numel());
      simd::run([&] {
        std::uint64_t sum = n;
        for (std::uint64_t i = 0; i < n; ++i) sum += (std::bit_cast<Bits>(x[i]) + 0x9e3779b97f4a7c15) * (2 * i + 1);
        print = print * 0xbf58476d1ce4e5b9 + sum;
      });
    });
  return print;
}
}  // namespace

Lookahead::Lookahead(std::unique_ptr<OptimizerBase> inner, LookaheadOptions options)
    : Wrapper("Lookahead", std::move(inner)), options_(options) {
  if (options.k < 1) fail<ValueError>("Lookahead: k must be at least 1: got ", options.k);
  detail::check_range("Lookahead", "alpha", options.alpha, {0, 1});
  start();
}

void Lookahead::step() {
  check_step();
  begin_step();
  inner_->step();
  end_step();
}
Variable Lookahead::step(const Closure& closure) {
  begin_step();
  const Variable loss = inner_->step(closure);
  end_step();
  return loss;
}

void Lookahead::reset_state() {
  inner_->reset_state();
  start();
}
void Lookahead::start() {
  const auto all = parameters();
  count_ = 0;
  slow_.clear();
  for (const Variable& p : all) slow_.emplace_back(empty_like(p.data())).copy_from(p.data());  // in its layout
  momentum_.clear();
  if (options_.inner_state == InnerState::pullback) {
    std::size_t i = 0;
    inner_->each_state([&](Variable& p, State& state) {
      for (const char* name : momentum_slots)
        if (state.has(name)) (momentum_[join(i, ".", name)] = empty_like(p.data())).copy_from(state[name]);
      ++i;
    });
  }
  print_ = fingerprint(all);
  version_ = version_of(all);
}
void Lookahead::begin_step() {
  const auto all = parameters();
  if (version_ != version_of(all) && print_ != fingerprint(all)) start();
}
void Lookahead::end_step() {
  if (++count_ == options_.k) pull();
  const auto all = parameters();
  print_ = fingerprint(all);
  version_ = version_of(all);
}

void Lookahead::pull() {
  count_ = 0;
  std::size_t i = 0;
  const double alpha = options_.alpha;
  for (Variable& p : parameters()) {
    Tensor& slow = slow_[i++];
    for_each_element(
        [=](auto& slow, auto& fast) {
          slow = lerp(slow, fast, alpha);
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
      for_each_element([=](auto& now, auto& then) { then = now = lerp(then, now, alpha); }, state[name], before);
    }
    ++i;
  });
}

void Lookahead::save_extra(StateDict& state) const {
  state["lookahead.count"] = scalar_tensor(count_, DType::i64);
  state["lookahead.fingerprint"] = scalar_tensor(static_cast<Index>(print_), DType::i64);
  for (std::size_t i = 0; i < slow_.size(); ++i) state[join("lookahead.slow.", i)] = copy(slow_[i]);
  for (const auto& [name, t] : momentum_) state["lookahead.momentum." + name] = copy(t);
}
void Lookahead::check_extra(const StateDict& state) const {
  const auto count = state.find("lookahead.count");
  if (count == state.end() || count->second.dtype() != DType::i64 || count->second.numel() != 1)
    fail<ValueError>("Lookahead: load_state_dict: missing lookahead.count");
  if (const Index n = count->second.item<Index>(); n < 0 || n >= options_.k)
    fail<ValueError>("Lookahead: load_state_dict: lookahead.count is out of range: ", n, " with k = ", options_.k);
  const auto print = state.find("lookahead.fingerprint");
  if (print == state.end() || print->second.dtype() != DType::i64 || print->second.numel() != 1)
    fail<ValueError>("Lookahead: load_state_dict: missing lookahead.fingerprint");
  for (std::size_t i = 0; i < slow_.size(); ++i) {
    const auto slow = state.find(join("lookahead.slow.", i));
    if (slow == state.end() || !(slow->second.shape() == slow_[i].shape()))
      fail<ValueError>("Lookahead: load_state_dict: lookahead.slow.", i,
                       " is missing or does not fit its parameter: ", slow_[i].shape());
  }
  const auto all = parameters();
  for (const auto& [key, t] : state) {
    bool known = key.starts_with("inner.") || key == "lookahead.count" || key == "lookahead.fingerprint";
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
  print_ = static_cast<std::uint64_t>(state.at("lookahead.fingerprint").item<Index>());
  version_ = -1;
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
