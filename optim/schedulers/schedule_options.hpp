// What the schedules with options share: options are flat structs with rows, as the optimizers' are, and perhaps choices.
#pragma once
#include <gradus/optim/schedulers/scheduler.hpp>

namespace gradus::optim {

/// A field that is one of several words.
template <class O>
struct ChoiceRow {
  const char* name;
  std::vector<const char*> words;  ///< in the order of the enumeration
  int (*get)(const O&);
  void (*set)(O&, int);
};
namespace detail {
template <class>
struct member_of;
template <class O, class E>
struct member_of<E O::*> {
  using Owner = O;
  using Type = E;
};
}  // namespace detail
/// choice<&OneCycleLROptions::anneal>("anneal", {"cos", "linear"})
template <auto member>
auto choice(const char* name, std::initializer_list<const char*> words) {
  using M = detail::member_of<decltype(member)>;
  return ChoiceRow<typename M::Owner>{
      name, words, [](const typename M::Owner& o) { return static_cast<int>(o.*member); },
      [](typename M::Owner& o, int v) { o.*member = static_cast<typename M::Type>(v); }};
}
/// O::choices(), or nothing.
template <class O>
std::span<const ChoiceRow<O>> choices_of() {
  if constexpr (requires { O::choices(); }) return O::choices();
  else return {};
}

/// Base of the schedules with options: keeps them, checked by their rows, and puts them into the state.
template <class O>
class OptionSchedule : public Scheduler {
 public:
  using Options = O;
  const O& options() const { return o_; }
  StateDict settings() const override {
    StateDict all;
    for (const auto& row : O::rows()) all[row.name] = scalar_tensor(optim::get(o_, row), DType::f64);
    for (const auto& row : choices_of<O>()) all[row.name] = scalar_tensor(Index{row.get(o_)}, DType::i64);
    return all;
  }

 protected:
  OptionSchedule(const char* name, OptimizerBase& optimizer, O options)
      : Scheduler(name, optimizer), o_(std::move(options)) {
    validate(name, o_);
  }
  const O o_;
};

/// Base of the schedules that multiply every group's base rate by the same factor.
template <class O>
class FactorSchedule : public OptionSchedule<O> {
 public:
  virtual double factor(Index e) const = 0;

 protected:
  using OptionSchedule<O>::OptionSchedule;
  double rate(std::size_t group, Index e, double) const final { return this->base_lr(group) * factor(e); }
};

}  // namespace gradus::optim
