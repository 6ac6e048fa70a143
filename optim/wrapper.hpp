// Optimizers around another one. They own it, and everything that asks for groups, options or state goes through to it.
#pragma once
#include <gradus/optim/optimizer.hpp>

#include <memory>

namespace gradus::optim {

class Wrapper : public OptimizerBase {
 public:
  OptimizerBase& inner() { return *inner_; }
  const OptimizerBase& inner() const { return *inner_; }

  std::size_t group_count() const override { return inner_->group_count(); }
  std::vector<Variable> parameters() const override { return inner_->parameters(); }
  void each_state(const std::function<void(Variable&, State&)>& f) override { inner_->each_state(f); }
  void check_step() const override { inner_->check_step(); }
  void zero_grad(bool set_to_none = true) override { inner_->zero_grad(set_to_none); }
  void eval() override { inner_->eval(); }
  void train() override { inner_->train(); }
  void reset_state() override { inner_->reset_state(); }
  /// The inner optimizer's; the wrapper's own options are fixed at construction.
  double get(std::size_t group, std::string_view option) const override { return inner_->get(group, option); }
  void set(std::size_t group, std::string_view option, double value) override { inner_->set(group, option, value); }
  void check_option(std::size_t group, std::string_view option, double value) const override {
    inner_->check_option(group, option, value);
  }
  double initial_lr(std::size_t group) const override { return inner_->initial_lr(group); }
  void keep_initial_lr() override { inner_->keep_initial_lr(); }
  /// "inner.": the inner optimizer's state, and the wrapper's own.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 protected:
  /// Throws ValueError for a null pointer.
  Wrapper(const char* name, std::unique_ptr<OptimizerBase> inner);
  std::vector<const char*> option_names() const override { return {}; }
  void check_options(const std::vector<double>&) const override {}

  std::unique_ptr<OptimizerBase> inner_;
};

}  // namespace gradus::optim
