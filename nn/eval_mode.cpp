#include <gradus/nn/eval_mode.hpp>

namespace gradus::nn {

EvalMode::EvalMode(ModuleBase& model) {
  modes_.emplace_back(&model, model.training());
  Fields f;
  f.on_module = [this](const std::string&, ModuleBase& m) {
    modes_.emplace_back(&m, m.training());
    return true;
  };
  model.visit(f);
  model.eval();
}
EvalMode::~EvalMode() {
  for (const auto& [module, training] : modes_) module->train(training);  // train() reaches down to the children
}

}  // namespace gradus::nn
