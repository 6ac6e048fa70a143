#pragma once
#include <gradus/nn/module.hpp>

namespace gradus::nn {

/// Evaluation mode of a model and all modules inside while it lives; then each module has its own mode again.
class EvalMode {
 public:
  explicit EvalMode(ModuleBase& model);
  ~EvalMode();
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  std::vector<std::pair<ModuleBase*, bool>> modes_{};  // parents first
};

}  // namespace gradus::nn
