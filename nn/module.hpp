// Modules are regular values: copying one copies its weights, a std::vector of them is a std::vector. A class derives from
// Module<itself>, writes its constructor, forward() and fields(); everything else is here.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/nn/forward_hook.hpp>

#include <concepts>
#include <map>
#include <string_view>

namespace gradus::nn {

/// A weight that a module owns. A copy has its own values; moving keeps the handle; assigning a copy writes into the
/// existing memory, so that an optimizer's handles stay valid. Elsewhere it is an ordinary Variable.
class Parameter : public Variable {
 public:
  Parameter() = default;
  explicit Parameter(Tensor value) : Variable(leaf(std::move(value))) {}
  Parameter(const Parameter& other) : Variable(other.defined() ? leaf(copy(other.data())) : Variable()) {}
  Parameter(Parameter&&) noexcept = default;
  Parameter& operator=(const Parameter& other);
  Parameter& operator=(Parameter&&) noexcept = default;
};

/// State without a gradient (running statistics, masks): the same value semantics.
class Buffer : public Tensor {
 public:
  Buffer() = default;
  explicit Buffer(Tensor value) : Tensor(std::move(value)) {}
  Buffer(const Buffer& other) : Tensor(other.defined() ? copy(other) : Tensor()) {}
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(const Buffer& other);
  Buffer& operator=(Buffer&&) noexcept = default;
};

class ModuleBase;

/// What fields() is handed: names every parameter, buffer and child once. Undefined parameters and buffers (a layer
/// without bias) are passed over.
class Fields {
 public:
  void operator()(std::string_view name, Parameter& p) {
    if (p.defined() && on_parameter) on_parameter(path(name), p);
  }
  void operator()(std::string_view name, Buffer& b) {
    if (b.defined() && on_buffer) on_buffer(path(name), b);
  }
  void operator()(std::string_view name, ModuleBase& child);
  /// Children "name.0", "name.1", ...
  template <std::derived_from<ModuleBase> M>
  void operator()(std::string_view name, std::vector<M>& children) {
    for (std::size_t i = 0; i < children.size(); ++i) (*this)(join(name, ".", i), children[i]);
  }

  std::function<void(const std::string& name, Parameter&)> on_parameter{};
  std::function<void(const std::string& name, Buffer&)> on_buffer{};
  /// Called before a child's own fields; returning false leaves them out.
  std::function<bool(const std::string& name, ModuleBase&)> on_module{};

 private:
  std::string path(std::string_view name) const {
    return prefix_.empty() ? std::string(name) : join(prefix_, ".", name);
  }
  std::string prefix_{};
};

using StateDict = std::map<std::string, Tensor>;
struct LoadOptions {
  bool strict = true;  ///< false: missing and unexpected names are reported, not refused
  bool cast = false;   ///< true: other dtypes are converted
};
struct LoadResult {
  std::vector<std::string> missing, unexpected;
};

/// What all modules can do.
class ModuleBase {
 public:
  virtual ~ModuleBase() = default;
  virtual void visit(Fields& fields) = 0;
  /// Name of the class for print(), and what is worth saying beside it ("in_features=784, out_features=256").
  virtual std::string type_name() const = 0;
  virtual std::string extra_repr() const { return ""; }

  std::vector<Variable> parameters();
  /// Each parameter once: one that fields() gives under several names comes under the first. Throws ValueError if two
  /// have the same name.
  std::vector<std::pair<std::string, Variable>> named_parameters();
  Index parameter_count();
  /// Handles on all parameters and buffers by dotted name. Throws ValueError if fields() gives a name twice.
  StateDict state_dict();
  /// Writes the values into the existing memory. All or nothing: every name, shape and dtype is checked first, and one
  /// error lists all that does not fit.
  LoadResult load_state_dict(const StateDict& state, LoadOptions options = {});
  void zero_grad();
  /// Training mode, of this module and all children: what dropout and batch norm ask.
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_; }
  /// Converts parameters and buffers. Parameters become new leaves: make the optimizer afterwards.
  void to(DType dtype);
  /// f(module) for all modules inside, then for this one.
  void apply(const std::function<void(ModuleBase&)>& f);
  /// The modules as an indented tree, with the number of parameters.
  std::string summary();

 protected:
  ModuleBase() = default;
  // A name belongs to a place, not to a value: neither copies nor moves carry it, and an assignment, which may bring in
  // children from elsewhere, makes the root walk again.
  ModuleBase(const ModuleBase& other) : training_(other.training_) {}
  ModuleBase(ModuleBase&& other) noexcept : training_(other.training_) {}
  ModuleBase& operator=(const ModuleBase& other) {
    training_ = other.training_;
    named_by_ = 0;
    return *this;
  }
  ModuleBase& operator=(ModuleBase&& other) noexcept { return *this = static_cast<const ModuleBase&>(other); }

 private:
  friend class AnyModule;
  friend class ForwardScope;
  void name_children();

  bool training_ = true;
  std::uint64_t id_ = 0;        ///< of this module as a root, given at its first call as one; never used twice
  std::uint64_t named_by_ = 0;  ///< id of the root whose walk came by last: a name from another root is not used
  const char* name_ = nullptr;  ///< dotted name below that root, interned; null if its fields() do not list this module
};

/// While a module's forward runs, errors and tape nodes carry its dotted name. A module does not know its name, its
/// parents' fields() do: the outermost module (the root) walks them when it meets a child it has not named, and leaves
/// all children their names. (Swapping two std::vectors of modules inside one model is not noticed.)
class ForwardScope {
 public:
  explicit ForwardScope(ModuleBase& module);
  ~ForwardScope();
  ForwardScope(const ForwardScope&) = delete;
  ForwardScope& operator=(const ForwardScope&) = delete;

 private:
  const char* path_before_;
  ModuleBase* root_before_;
};

namespace detail {
/// "Linear" for gradus::nn::Linear, from the compiler's spelling of the type.
std::string short_type_name(std::string_view pretty_function);
template <class T>
std::string type_name_of() {
  return short_type_name(__PRETTY_FUNCTION__);
}
}  // namespace detail

/// struct Mlp : nn::Module<Mlp> { ...; Variable forward(const Variable& x); void fields(nn::Fields& f); };
template <class Self>
class Module : public ModuleBase {
 public:
  /// Runs forward under the module's name, and shows the result to any ForwardHook.
  template <class... Args>
  auto operator()(Args&&... args) {
    const ForwardScope scope(*this);
    if constexpr (std::is_same_v<std::decay_t<decltype(self().forward(std::forward<Args>(args)...))>, Variable>) {
      Variable y = self().forward(std::forward<Args>(args)...);
      ForwardHook::notify(*this, y);
      return y;
    } else {
      return self().forward(std::forward<Args>(args)...);
    }
  }
  void visit(Fields& f) final {
    if constexpr (requires { self().fields(f); }) self().fields(f);
  }
  std::string type_name() const override { return detail::type_name_of<Self>(); }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

/// A module from one Variable to one Variable.
template <class M>
concept Unary = std::derived_from<M, ModuleBase> && requires(M& m, const Variable& x) {
  { m(x) } -> std::same_as<Variable>;
};

}  // namespace gradus::nn
