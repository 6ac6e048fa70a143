// The optimizer base. A rule is written at the lowest of three levels that carries it: one element (SGD, AdamW: an
// update() that calls for_each_element), one tensor (an update() that uses tensor operations), or the whole step
// (L-BFGS: overrides step(closure)).
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/optim/options.hpp>

#include <concepts>
#include <deque>
#include <map>
#include <optional>
#include <string_view>

namespace gradus::optim {

using NamedParameters = std::vector<std::pair<std::string, Variable>>;
using StateDict = std::map<std::string, Tensor>;
/// Clears gradients, computes the loss, calls backward() and returns the loss.
using Closure = std::function<Variable()>;

/// What an optimizer remembers for one parameter: named tensors, zero at first use, numbers, and how many updates it had.
/// References stay valid while slots are added (a deque: a vector would move them).
class State {
 public:
  explicit State(Tensor like) : like_(std::move(like)) {}
  /// A tensor of the parameter's shape and layout, or of another shape.
  Tensor& operator[](std::string_view name);
  Tensor& slot(std::string_view name, const Shape& shape);
  double& number(std::string_view name, double initial = 0);
  bool has(std::string_view name) const;
  const std::deque<std::pair<std::string, Tensor>>& slots() const { return slots_; }
  const std::deque<std::pair<std::string, double>>& numbers() const { return numbers_; }
  void clear() {
    slots_.clear();
    numbers_.clear();
    step = 0;
  }
  Index step = 0;

 private:
  Tensor like_;
  std::deque<std::pair<std::string, Tensor>> slots_;
  std::deque<std::pair<std::string, double>> numbers_;
};

/// Throws StateError for a module's weight that another one has replaced, unless a gradient shows that it is in use.
void check_held(const char* call, const Variable& parameter);

/// What schedulers, clipping and checkpoints need to know of any optimizer.
class OptimizerBase {
 public:
  virtual ~OptimizerBase() = default;
  OptimizerBase(const OptimizerBase&) = delete;
  OptimizerBase& operator=(const OptimizerBase&) = delete;

  const char* name() const { return name_; }
  virtual std::size_t group_count() const { return initial_lr_.size(); }
  /// All parameters, in the order of the groups.
  virtual std::vector<Variable> parameters() const;
  /// f(parameter, what is remembered for it) for all parameters, in that order.
  virtual void each_state(const std::function<void(Variable&, State&)>& f);

  /// One update from the gradients that are there. A parameter without a gradient is left out completely; without any at
  /// all there is a warning, once per optimizer. What check_step() throws comes before anything changes.
  virtual void step() = 0;
  /// Throws what step() would refuse: options or gradients that do not fit, a missing closure, evaluation mode.
  virtual void check_step() const {}
  /// Calls the closure once with recording on, then step(); returns the loss from before the update. Where the closure
  /// throws, weights and state are as they were; that holds for rules that call it several times, too.
  virtual Variable step(const Closure& closure);
  /// Drops all gradients, or fills them with zeros. The difference: an absent gradient leaves its parameter alone, zeros
  /// still move it by momentum and weight decay.
  virtual void zero_grad(bool set_to_none = true);
  /// Some optimizers train at other weights than those to evaluate and keep (Schedule-Free): eval() puts the latter into
  /// the parameters, train() the former. For all others nothing happens.
  virtual void eval() {}
  virtual void train() {}
  /// Forgets all that was remembered, as if no step had been taken. Options stay.
  virtual void reset_state();

  /// A hyper-parameter of a group by name; NaN if the optimizer has none of that name.
  virtual double get(std::size_t group, std::string_view option) const = 0;
  /// Sets one; throws ValueError for an unknown name or a value out of range.
  virtual void set(std::size_t group, std::string_view option, double value) = 0;
  /// Throws what set() would throw.
  virtual void check_option(std::size_t group, std::string_view option, double value) const = 0;
  /// The group's learning rate when the first scheduler was attached; lr itself before that.
  virtual double initial_lr(std::size_t group) const;
  virtual void keep_initial_lr();

  /// Everything needed to go on later, by position: "state.0.exp_avg", "state.0.step", "groups.0.lr", ...
  virtual StateDict state_dict() const;
  /// All or nothing: checks groups, shapes and ranges first (ValueError). Values are copied.
  virtual void load_state_dict(const StateDict& state);

 protected:
  struct Slot {
    Variable parameter;
    State state;
    std::size_t group;
  };
  explicit OptimizerBase(const char* name) : name_(name) {}
  /// Throws IndexError for a group that there is not.
  void check_group(std::size_t group) const;
  /// Checks and takes in a group's parameters. Throws ValueError for none, a repeated one, one that is no leaf, or one
  /// with holes in its memory.
  void add_slots(const std::vector<Variable>& parameters);
  /// Throws ShapeError unless the gradient is absent or fits its parameter; StateError as check_held.
  static void check_gradient(const Variable& parameter);
  /// The gradient to update with: undefined if absent, in the parameter's layout; throws as check_gradient.
  static Tensor gradient_of(const Variable& parameter);

  /// What step() says, once, if it finds no gradient.
  void warn_of_no_gradient();

  /// What a rule remembers for one parameter; nothing for the shape: a number.
  struct StateRow {
    std::string_view name;
    std::optional<Shape> shape;
    bool always = true;  ///< from the first update on, whatever the options
  };
  /// All of it, to check states against. Empty (not told): anything of the parameter's shape is taken.
  virtual std::vector<StateRow> state_rows(const Shape&) const { return {}; }
  virtual std::vector<const char*> option_names() const = 0;
  /// Throws unless these values, in the order of option_names(), are a group's options that a constructor would take.
  virtual void check_options(const std::vector<double>& values) const = 0;
  /// State beyond slots and options, for whole-step optimizers.
  virtual void save_extra(StateDict&) const {}
  virtual void check_extra(const StateDict&) const {}
  virtual void load_extra(const StateDict&) {}

  std::vector<Slot> slots_;

 private:
  const char* name_;
  std::vector<double> initial_lr_;  // NaN until a scheduler is attached
  bool warned_ = false;
};

/// As some write them. What fits an optimizer's own options never comes here.
struct OptionsElsewhere {
  double learning_rate, momentum = 0, beta1 = 0, beta2 = 0, eps = 0, weight_decay = 0;
  bool nesterov = false, amsgrad = false;
};
template <class>
inline constexpr bool false_for = false;  // until the template is used
template <class T>
concept no_parameters = !std::convertible_to<T, std::vector<Variable>> && !std::derived_from<T, OptimizerBase> &&
                        !std::derived_from<T, Variable>;

/// Groups of parameters, each with its own options, and the loop over them.
template <class OptionsOf>
class Optimizer : public OptimizerBase {
 public:
  using Options = OptionsOf;
  explicit Optimizer(const std::vector<Variable>& parameters, Options options = {})
      : OptimizerBase(Options::name), defaults_(options) {
    add_group(parameters, options);
  }
  /// Parameters for which special(name, parameter) holds get options changed by `modify`, the others the defaults. "No
  /// decay on biases": AdamW(model.named_parameters(), {}, [](auto& name, auto& p) { return p.rank() < 2; },
  /// [](auto& o) { o.weight_decay = 0; }).
  template <class Predicate, class F>
  Optimizer(const NamedParameters& parameters, Options options, Predicate special, F modify)
      : OptimizerBase(Options::name), defaults_(options) {
    std::vector<Variable> usual, others;
    for (const auto& [n, p] : parameters) (special(n, p) ? others : usual).push_back(p);
    if (!usual.empty() || others.empty()) add_group(usual, options);
    if (!others.empty()) add_param_group(others, modify);
  }
  /// Adds parameters with the options changed by `modify`: add_param_group(ps, [](auto& o) { o.lr = 1e-4; }).
  template <class F>
  void add_param_group(const std::vector<Variable>& parameters, F&& modify) {
    static_assert(std::invocable<F, Options&>,
                  "a group's options are changed by a function: add_param_group(ps, [](auto& o) { o.lr = 1e-4; })");
    Options o = defaults_;
    modify(o);
    add_group(parameters, o);
  }
  void add_param_group(const std::vector<Variable>& parameters) { add_group(parameters, defaults_); }
  const Options& options(std::size_t group = 0) const {
    check_group(group);
    return groups_[group];
  }

  void step() override {
    check_step();  // all of it, before the first parameter changes
    const NoGrad off;
    bool any = false;
    for (Slot& s : slots_)
      if (const Tensor g = gradient_of(s.parameter); g.defined()) {
        update(s.parameter.data(), g, s.state, groups_[s.group]);
        any = true;
      }
    if (!any) warn_of_no_gradient();
  }
  using OptimizerBase::step;
  void check_step() const override {
    for (const Options& o : groups_) validate(name(), o);
    for (const Slot& s : slots_) check_gradient(s.parameter);
  }

  double get(std::size_t group, std::string_view option) const override {
    const auto* row = find_row<Options>(option);
    check_group(group);
    return row ? optim::get(groups_[group], *row) : std::numeric_limits<double>::quiet_NaN();
  }
  void set(std::size_t group, std::string_view option, double value) override {
    check_option(group, option, value);
    optim::set(groups_[group], *find_row<Options>(option), value);
  }
  void check_option(std::size_t group, std::string_view option, double value) const override {
    const auto* row = find_row<Options>(option);
    if (!row) fail<ValueError>(name(), ": there is no hyper-parameter ", option);
    check_group(group);
    detail::check_range(name(), row->name, value, row->range);
    check_kind(name(), *row, value);
  }

  // What is often written instead of a list of parameters and options by name: the error says what to write.
  template <class T>
    requires(!std::convertible_to<T, Options>)
  Optimizer(const std::vector<Variable>&, const T&) : OptimizerBase(Options::name) {
    static_assert(false_for<T>, "options go in braces, by name: AdamW(model.parameters(), {.lr = 1e-3})");
  }
  template <class T = void>
  Optimizer(const std::vector<Variable>&, OptionsElsewhere) : OptimizerBase(Options::name) {
    static_assert(
        false_for<T>,
        "there is no option of that name: the learning rate is lr, the others are the fields of the options struct");
  }
  template <class T>
    requires no_parameters<T>
  explicit Optimizer(const T& model, Options = {}) : Optimizer(model, 0) {}
  template <class T, class Other>
    requires(no_parameters<T> && !std::convertible_to<Other, Options>)
  Optimizer(const T&, const Other&) : OptimizerBase(Options::name) {
    static_assert(false_for<T>, "an optimizer takes a list of parameters: AdamW(model.parameters(), {.lr = 1e-3})");
  }

 protected:
  virtual void update(Tensor& p, const Tensor& g, State& state, const Options& o) = 0;

  std::vector<Options> groups_;

 private:
  void add_group(const std::vector<Variable>& parameters, const Options& o) {
    validate(name(), o);
    if constexpr (requires { Options::check_parameters(parameters); }) Options::check_parameters(parameters);
    add_slots(parameters);
    groups_.push_back(o);
  }
  std::vector<const char*> option_names() const override {
    std::vector<const char*> names;
    for (const auto& row : Options::rows()) names.push_back(row.name);
    return names;
  }
  void check_options(const std::vector<double>& values) const override {
    Options o = defaults_;
    std::size_t i = 0;
    for (const auto& row : Options::rows()) {
      detail::check_range(name(), row.name, values[i], row.range);
      check_kind(name(), row, values[i]);
      optim::set(o, row, values[i++]);
    }
    validate(name(), o);
  }

  Options defaults_;
};

}  // namespace gradus::optim
