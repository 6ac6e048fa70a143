// What modules answer, seen from outside: statistics of activations, layer outputs as features, data-dependent initial weights.
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus::nn {

class ModuleBase;

/// While it lives, f(module, output) is called on this thread after each forward that answers with a Variable, children
/// before parents; an exception from f leaves the model's call. Hooks nest, and the newest must be destroyed first. It
/// belongs to a scope, not to a module: modules stay values, and a copy of one carries no strange function along.
class ForwardHook {
 public:
  using Function = std::function<void(ModuleBase& module, const Variable& output)>;
  explicit ForwardHook(Function f);
  ~ForwardHook();
  ForwardHook(const ForwardHook&) = delete;
  ForwardHook& operator=(const ForwardHook&) = delete;

  static void notify(ModuleBase& module, const Variable& output) {
    if (newest_) notify_all(module, output);
  }

 private:
  static void notify_all(ModuleBase& module, const Variable& output);
  static constinit thread_local ForwardHook* newest_;

  Function f_;
  ForwardHook* next_;
};

}  // namespace gradus::nn
