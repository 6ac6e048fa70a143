#pragma once
#include <gradus/nn/module.hpp>

namespace gradus::nn {

/// Something that is no module, and gives a Variable for a Variable.
template <class F>
concept UnaryFunctionObject = !std::derived_from<F, ModuleBase> && requires(F & f, const Variable& x) {
  { f(x) } -> std::convertible_to<Variable>;
};

/// A function as a module, for Sequential: Lambda(relu), Lambda([](const Variable& x) { return x * 2; }). It has no
/// parameters: what f captures is neither trained nor saved. Throws ValueError for an empty function.
class Lambda : public Module<Lambda> {
 public:
  Lambda(Variable (*f)(Variable)) : f_(f) { check(); }  // NOLINT(google-explicit-constructor): Sequential(.., relu)
  Lambda(Variable (*f)(const Variable&)) : f_(f) { check(); }  // NOLINT(google-explicit-constructor)
  template <UnaryFunctionObject F>
  Lambda(F f) : f_(std::move(f)) {  // NOLINT(google-explicit-constructor)
    check();
  }
  Variable forward(const Variable& x) { return f_(x); }

 private:
  void check() const {
    if (!f_) fail<ValueError>("Lambda: the function is empty");
  }
  std::function<Variable(const Variable&)> f_;
};

}  // namespace gradus::nn
