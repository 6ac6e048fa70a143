#include "common/models.hpp"

using namespace gradus;

namespace {

nn::Sequential mlp(const ModelOptions& o) {
  nn::Sequential model{nn::Flatten()};
  Index width = o.image.numel();
  for (const Index next : o.widths) {
    model.push_back(nn::Linear(width, next));
    model.push_back(nn::ReLU());
    if (o.dropout > 0) model.push_back(nn::Dropout(o.dropout));
    width = next;
  }
  model.push_back(nn::Linear(width, o.classes));
  return model;
}
const std::map<std::string, nn::Sequential (*)(const ModelOptions&)> models = {{"mlp", mlp}};

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : models) names.push_back(name);
  return names;
}
nn::Sequential make_model(const ModelOptions& options) {
  const auto found = models.find(options.name);
  if (found == models.end()) optim::fail_unknown("model", options.name, model_names());
  return found->second(options);
}
