#pragma once
#include <gradus/nn/lambda.hpp>

#include <algorithm>
#include <memory>

namespace gradus::nn {

/// Any unary module by value: copying copies the module inside, assigning one of the same class assigns to the module.
class AnyModule {
 public:
  template <Unary M>
  AnyModule(M module)  // NOLINT(google-explicit-constructor)
      : held_(std::make_unique<Held<M>>(std::move(module))) {}
  /// A function, as a Lambda.
  template <UnaryFunctionObject F>
    requires(!std::same_as<F, AnyModule>)
  AnyModule(F f) : AnyModule(Lambda(std::move(f))) {}                  // NOLINT(google-explicit-constructor)
  AnyModule(Variable (*f)(Variable)) : AnyModule(Lambda(f)) {}         // NOLINT(google-explicit-constructor)
  AnyModule(Variable (*f)(const Variable&)) : AnyModule(Lambda(f)) {}  // NOLINT(google-explicit-constructor)
  AnyModule(const AnyModule& other) : held_(other.held_ ? other.held_->copy() : nullptr) {}
  AnyModule(AnyModule&&) noexcept = default;
  AnyModule& operator=(AnyModule other) {
    if (!held_ || !other.held_ || !held_->take(*other.held_)) held_ = std::move(other.held_);
    if (held_) module().named_by_ = 0;  // it may have come from another place of the same model
    return *this;
  }
  /// Like module(), throws StateError if the module was moved away.
  Variable operator()(const Variable& x) { return held().call(x); }
  ModuleBase& module() { return held().module(); }

 private:
  friend class Sequential;
  AnyModule() = default;
  struct Base {
    virtual ~Base() = default;
    virtual Variable call(const Variable& x) = 0;
    virtual ModuleBase& module() = 0;
    virtual std::unique_ptr<Base> copy() const = 0;
    /// Assigns the other's module, if it is of the same class.
    virtual bool take(Base& other) = 0;
  };
  template <class M>
  struct Held final : Base {
    explicit Held(M m) : value(std::move(m)) {}
    Variable call(const Variable& x) override { return value(x); }
    ModuleBase& module() override { return value; }
    std::unique_ptr<Base> copy() const override { return std::make_unique<Held>(value); }
    bool take(Base& other) override {
      auto* same = dynamic_cast<Held*>(&other);
      if constexpr (std::is_move_assignable_v<M>)
        if (same) value = std::move(same->value);
      return same && std::is_move_assignable_v<M>;
    }
    M value;
  };
  Base& held() {
    if (!held_) fail<StateError>("AnyModule: its module was moved away");
    return *held_;
  }
  std::unique_ptr<Base> held_;
};

/// Modules and functions one after the other, named "0", "1", ...: Sequential(Linear(784, 256), relu, Linear(256, 10)).
class Sequential : public Module<Sequential> {  // recursive: thousands of nested ones overflow the stack
 public:
  template <class... Ms>
  explicit Sequential(Ms... modules) {
    static_assert(
        (std::constructible_from<AnyModule, Ms> && ...),
        "Sequential takes modules and functions from one Variable to one Variable: wrap what differs in a lambda");
    layers_.reserve(sizeof...(modules));
    (layers_.emplace_back(std::move(modules)), ...);
  }
  /// Up to twelve layers with overloaded functions among them, whose name alone (relu, tanh) tells no type.
  explicit Sequential(AnyModule a, AnyModule b = {}, AnyModule c = {}, AnyModule d = {}, AnyModule e = {},
                      AnyModule f = {}, AnyModule g = {}, AnyModule h = {}, AnyModule i = {}, AnyModule j = {},
                      AnyModule k = {}, AnyModule l = {}) {
    for (AnyModule* m : {&a, &b, &c, &d, &e, &f, &g, &h, &i, &j, &k, &l})
      if (m->held_) layers_.push_back(std::move(*m));
  }
  Sequential(const Sequential&) = default;
  Sequential(Sequential&&) noexcept = default;
  Sequential& operator=(const Sequential&) = default;
  /// Layer by layer if there are as many: a layer of the same class and shapes keeps its weights' memory.
  Sequential& operator=(Sequential&& other) {
    Module::operator=(other);
    if (size() == other.size()) std::move(other.layers_.begin(), other.layers_.end(), layers_.begin());
    else layers_ = std::move(other.layers_);
    return *this;
  }

  void push_back(AnyModule module) { layers_.push_back(std::move(module)); }
  std::size_t size() const { return layers_.size(); }
  /// Throws IndexError outside.
  AnyModule& operator[](std::size_t i) {
    if (i >= layers_.size()) fail<IndexError>("Sequential: no layer ", i, ": there are ", layers_.size());
    return layers_[i];
  }
  Variable forward(const Variable& x) {
    Variable y = x;
    for (AnyModule& layer : layers_) y = layer(y);
    return y;
  }
  void fields(Fields& f) {
    for (std::size_t i = 0; i < layers_.size(); ++i) f(join(i), layers_[i].module());
  }

 private:
  std::vector<AnyModule> layers_;
};

}  // namespace gradus::nn
