// Modules are regular values: copying one copies its weights, a std::vector of them is a std::vector. A class derives from
// Module<itself>, writes its constructor, forward() and fields(); everything else is here.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/nn/forward_hook.hpp>

#include <concepts>
#include <map>
#include <string_view>
#include <tuple>

namespace gradus::nn {

/// A weight that a module owns. A copy has its own values; moving keeps the handle; assigning, a temporary too, writes
/// into the existing memory where shape and dtype are the same, so that an optimizer's handles stay valid. Where a handle
/// has to change (to(dtype), another shape, std::swap), the next step() of an optimizer that has the old one throws.
/// Elsewhere it is an ordinary Variable.
class Parameter : public Variable {
 public:
  Parameter() = default;
  explicit Parameter(Tensor value);
  Parameter(const Parameter& other);
  /// `other` keeps the node without the value: what is assigned there later displaces it (std::swap).
  Parameter(Parameter&& other) noexcept : Variable(std::move(other.data()), other.node()) {}
  ~Parameter() {
    if (defined() && requires_grad()) held() = Leaf::Holder::gone;
  }
  Parameter& operator=(const Parameter& other);
  Parameter& operator=(Parameter&& other);

 private:
  Leaf::Holder& held() const { return static_cast<Leaf&>(*node()).holder; }
};

/// State without a gradient (running statistics, masks): the same value semantics.
class Buffer : public Tensor {
 public:
  Buffer() = default;
  explicit Buffer(Tensor value) : Tensor(std::move(value)) {}
  Buffer(const Buffer& other) : Tensor(other.defined() ? copy(other) : Tensor()) {}
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(const Buffer& other);
  Buffer& operator=(Buffer&& other);
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
  /// Parts "name.0", "name.1", ...
  template <class T>
  void operator()(std::string_view name, std::vector<T>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) (*this)(join(name, ".", i), parts[i]);
  }
  /// Does not compile: anything else is no part of a module.
  template <class T>
    requires(!std::derived_from<T, Parameter> && !std::derived_from<T, Buffer> && !std::derived_from<T, ModuleBase>)
  void operator()(std::string_view, T&) {
    static_assert(!std::derived_from<T, Variable>, "a Variable in fields: make the member an nn::Parameter");
    static_assert(!std::derived_from<T, Tensor>,
                  "a Tensor in fields: make the member an nn::Buffer, or an "
                  "nn::Parameter if it is to be trained");
    static_assert(std::derived_from<T, Variable> || std::derived_from<T, Tensor>,
                  "fields names nn::Parameter, nn::Buffer, modules, and std::vectors of them");
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

  std::vector<Variable> parameters() const;
  /// Each parameter once: one that fields() gives under several names comes under the first. Throws ValueError if two
  /// have the same name.
  std::vector<std::pair<std::string, Variable>> named_parameters() const;
  Index parameter_count() const;
  /// Handles on all parameters and buffers by dotted name. Throws ValueError if fields() gives a name twice.
  StateDict state_dict() const;
  /// Writes the values into the existing memory. All or nothing: every name, shape and dtype is checked first, and one
  /// error lists all that does not fit.
  LoadResult load_state_dict(const StateDict& state, LoadOptions options = {});
  void zero_grad();
  /// Training mode, of this module and all children: what dropout and batch norm ask.
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_; }
  /// Converts parameters and buffers. Parameters become new leaves: make the optimizer afterwards, the step() of an older
  /// one throws.
  void to(DType dtype);
  /// f(module) for all modules inside, then for this one.
  void apply(const std::function<void(ModuleBase&)>& f);
  /// The modules as an indented tree, with the number of parameters.
  std::string summary() const;

 protected:
  ModuleBase() = default;
  // A name belongs to a place, not to a value: neither copies nor moves carry it, and an assignment, which may bring in
  // children from elsewhere, makes the root walk again.
  ModuleBase(const ModuleBase& other) : training_(other.training_), checked_(other.checked_) {}
  ModuleBase(ModuleBase&& other) noexcept : training_(other.training_), checked_(other.checked_) {}
  ModuleBase& operator=(const ModuleBase& other) {
    training_ = other.training_;
    checked_ = other.checked_;
    named_by_ = 0;
    return *this;
  }
  ModuleBase& operator=(ModuleBase&& other) noexcept { return *this = static_cast<const ModuleBase&>(other); }

  /// Throws StateError if results of this root's forward, with a tape, come from weights that it owns and its fields() do
  /// not list: no optimizer would train them and no file have them. A module owns what a copy of it copies, wherever in
  /// memory that is; references and pointers to modules elsewhere (tied weights, a frozen teacher) count as theirs. Looks
  /// once per root and its copies; not into modules that cannot be copied.
  void check_fields(const std::vector<Variable>& results);
  bool checked_fields() const { return checked_; }
  /// Copies the module, if that is possible, and drops the copy.
  virtual void copy_and_drop() const {}

 private:
  friend class AnyModule;
  friend class ForwardScope;
  void name_children();
  /// visit() for reading: fields() is not const, but names parts only.
  void look(Fields& fields) const { const_cast<ModuleBase*>(this)->visit(fields); }

  bool training_ = true;
  bool checked_ = false;        ///< check_fields() has been through
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
  bool is_root() const { return !root_before_; }

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

/// f(x) for each Variable in a forward's result: itself, or in pairs, tuples and containers.
template <class T, class F>
void each_variable(const T& y, F&& f) {
  if constexpr (std::derived_from<T, Variable>) f(y);
  else if constexpr (requires { std::tuple_size<T>::value; })
    std::apply([&](const auto&... parts) { (each_variable(parts, f), ...); }, y);
  else if constexpr (requires { y.begin(), y.end(); })
    for (const auto& part : y) each_variable(part, f);
}

/// Whether T has a member of the name `fields`, public or not: in a class that inherits two, the name is ambiguous.
struct AlsoFields {
  int fields;
};
template <class T>
struct WithFields : T, AlsoFields {};
template <class T>
concept NamesFields = !requires {
  &WithFields<T>::fields;
};
}  // namespace detail

/// struct Mlp : nn::Module<Mlp> { ...; Variable forward(const Variable& x); void fields(nn::Fields& f); };
template <class Self>
class Module : public ModuleBase {
 public:
  /// Runs forward under the module's name, and shows the result to any ForwardHook. A root's first call that is recorded
  /// throws StateError if its fields() leave out a weight that forward used.
  template <class... Args>
  auto operator()(Args&&... args) {
    using Result = std::decay_t<decltype(self().forward(std::forward<Args>(args)...))>;
    const ForwardScope scope(*this);
    if constexpr (std::is_void_v<Result>) {
      self().forward(std::forward<Args>(args)...);
    } else {
      Result y = self().forward(std::forward<Args>(args)...);
      if constexpr (std::is_same_v<Result, Variable>) ForwardHook::notify(*this, y);
      if (!checked_fields() && scope.is_root() && recording()) {
        std::vector<Variable> results;
        detail::each_variable(y, [&](const Variable& v) { results.push_back(v); });
        check_fields(results);
      }
      return y;
    }
  }
  void visit(Fields& f) final {
    if constexpr (requires { self().fields(f); }) {
      self().fields(f);
    } else if constexpr (!std::is_final_v<Self>) {
      static_assert(!detail::NamesFields<Self>,
                    "fields must be a public function that can be called with an nn::Fields: "
                    "void fields(nn::Fields& f)");
    }
  }
  std::string type_name() const override { return detail::type_name_of<Self>(); }

 private:
  Module() = default;  // private: write struct B : nn::Module<B>; on an nn::Module<A> it would run A's forward
  Module(const Module&) = default;
  Module(Module&&) noexcept = default;
  Module& operator=(const Module&) = default;
  Module& operator=(Module&&) noexcept = default;
  friend Self;

  // An error from here: a class with a std::vector of std::unique_ptr can only seemingly be copied. Delete its copy constructor.
  void copy_and_drop() const override {
    if constexpr (std::is_copy_constructible_v<Self>) [[maybe_unused]]
      const Self copied(static_cast<const Self&>(*this));
  }
  Self& self() { return static_cast<Self&>(*this); }
};

/// A module from one Variable to one Variable.
template <class M>
concept Unary = std::derived_from<M, ModuleBase> && requires(M& m, const Variable& x) {
  { m(x) } -> std::same_as<Variable>;
};

}  // namespace gradus::nn
