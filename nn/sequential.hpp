#pragma once
#include <gradus/nn/module.hpp>

#include <memory>

namespace gradus::nn {

/// Any unary module by value: copying copies the module inside.
class AnyModule {
 public:
  template <class M>
    requires Unary<M> AnyModule(M module)
        : held_(std::make_unique<Held<M>>(std::move(module))) {}  // NOLINT(google-explicit-constructor)
    AnyModule(const AnyModule& other) : held_(other.held_ ? other.held_->copy() : nullptr) {}
    AnyModule(AnyModule&&) noexcept = default;
    AnyModule& operator=(AnyModule other) noexcept {
      held_ = std::move(other.held_);
      if (held_) module().named_by_ = 0;  // it may have come from another place of the same model
      return *this;
    }
    /// Like module(), throws StateError if the module was moved away.
    Variable operator()(const Variable& x) { return held().call(x); }
    ModuleBase& module() { return held().module(); }

   private:
    struct Base {
      virtual ~Base() = default;
      virtual Variable call(const Variable& x) = 0;
      virtual ModuleBase& module() = 0;
      virtual std::unique_ptr<Base> copy() const = 0;
    };
    template <class M>
    struct Held final : Base {
      explicit Held(M m) : value(std::move(m)) {}
      Variable call(const Variable& x) override { return value(x); }
      ModuleBase& module() override { return value; }
      std::unique_ptr<Base> copy() const override { return std::make_unique<Held>(value); }
      M value;
    };
    Base& held() {
      if (!held_) fail<StateError>("AnyModule: its module was moved away");
      return *held_;
    }
    std::unique_ptr<Base> held_;
};

/// Modules one after the other, named "0", "1", ...: Sequential(Linear(784, 256), ReLU(), Linear(256, 10)).
class Sequential : public Module<Sequential> {
 public:
  template <class... Ms>
    requires(Unary<Ms>&&...)
  explicit Sequential(Ms... modules) {
    layers_.reserve(sizeof...(modules));
    (layers_.emplace_back(std::move(modules)), ...);
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
