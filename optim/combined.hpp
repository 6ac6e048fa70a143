#pragma once
#include <gradus/optim/adamw.hpp>
#include <gradus/optim/muon.hpp>

#include <memory>

namespace gradus::optim {

/// Several optimizers for different parameters that step as one: their groups are numbered through, so schedulers,
/// clipping and checkpoints see one optimizer.
class Combined : public OptimizerBase {
 public:
  /// Throws ValueError for none, a null pointer, or a parameter that two of them have.
  explicit Combined(std::vector<std::unique_ptr<OptimizerBase>> parts);
  void step() override;
  using OptimizerBase::step;
  void check_step() const override;
  OptimizerBase& part(std::size_t i) { return *parts_.at(i); }

  std::size_t group_count() const override;
  std::vector<Variable> parameters() const override;
  void each_state(const std::function<void(Variable&, State&)>& f) override;
  void zero_grad(bool set_to_none = true) override;
  void eval() override;
  void train() override;
  void reset_state() override;
  double get(std::size_t group, std::string_view option) const override;
  void set(std::size_t group, std::string_view option, double value) override;
  void check_option(std::size_t group, std::string_view option, double value) const override;
  double initial_lr(std::size_t group) const override;
  void keep_initial_lr() override;
  /// "0.": the first part's state, and so on.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  /// Which part has a group, and its number there.
  std::pair<OptimizerBase*, std::size_t> place(std::size_t group) const;
  std::vector<const char*> option_names() const override { return {}; }
  void check_options(const std::vector<double>&) const override {}

  std::vector<std::unique_ptr<OptimizerBase>> parts_;
};

using ParameterTest = std::function<bool(const std::string& name, const Variable& p)>;
/// Weights with two axes or more, but for those whose name speaks of an embedding, a head or an output.
bool is_hidden_weight(const std::string& name, const Variable& p);
/// Muon for the parameters that `hidden` picks and AdamW for all others.
std::unique_ptr<Combined> muon_with_adamw(const NamedParameters& parameters, const MuonOptions& muon = {},
                                          const AdamWOptions& adamw = {},
                                          const ParameterTest& hidden = is_hidden_weight);

}  // namespace gradus::optim
