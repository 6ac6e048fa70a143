#include <gradus/nn/eval_mode.hpp>
#include <gradus/nn/init/lsuv.hpp>
#include <gradus/nn/init/structured.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/statistics.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::nn::init {
namespace {

struct Layer {
  const ModuleBase* module;
  std::string name;
  Tensor weight;
};

/// The modules with a weight of their own, this one's children last.
void find_layers(ModuleBase& module, const std::string& name, std::vector<Layer>& found) {
  std::vector<std::pair<std::string, ModuleBase*>> children;
  Fields f;
  f.on_parameter = [&](const std::string& own, Parameter& p) {
    if (own == "weight" && p.rank() >= 2) found.push_back({&module, name, p.data()});
  };
  f.on_module = [&](const std::string& own, ModuleBase& child) {
    children.emplace_back(name.empty() ? own : join(name, ".", own), &child);
    return false;
  };
  module.visit(f);
  for (const auto& [path, child] : children) find_layers(*child, path, found);
}

/// Those of the layers that forward calls, in the order in which they answer first.
std::vector<Layer> called_layers(const std::vector<Layer>& all, const std::function<void()>& forward) {
  std::vector<Layer> called;
  const ForwardHook hook([&](ModuleBase& module, const Variable&) {
    const auto is_it = [&](const Layer& l) { return l.module == &module; };
    const auto layer = std::find_if(all.begin(), all.end(), is_it);
    if (layer != all.end() && std::none_of(called.begin(), called.end(), is_it)) called.push_back(*layer);
  });
  forward();
  return called;
}

/// Variance of what the layer answers, at its first call if there are several.
double output_variance(const Layer& layer, const std::function<void()>& forward) {
  double variance = 0;
  bool seen = false;
  const ForwardHook hook([&](ModuleBase& module, const Variable& y) {
    if (&module != layer.module || std::exchange(seen, true) || y.numel() == 0) return;
    const double deviation = stddev(y.data(), all_axes(y.rank()), 0).item();
    variance = deviation * deviation;  // in double: it may leave the range of f32
  });
  forward();
  if (!(variance > 0) || !std::isfinite(variance))
    fail<ValueError>("lsuv_: an output cannot be scaled to variance 1: layer ", layer.name, " has variance ", variance,
                     " — is the batch empty, constant or not finite?");
  return variance;
}

}  // namespace

std::vector<LsuvLayer> lsuv_(ModuleBase& model, const std::function<void()>& forward, const LsuvOptions& o,
                             Generator& generator) {
  if (!(o.tolerance > 0) || !std::isfinite(o.tolerance) || o.max_iterations < 1)
    fail<ValueError>("lsuv_: needs a finite tolerance > 0 and at least 1 iteration: tolerance is ", o.tolerance,
                     ", max_iterations is ", o.max_iterations);
  const NoGrad off;
  const EvalMode evaluation(model);
  std::vector<Layer> all;
  find_layers(model, "", all);
  std::vector<Layer> layers = called_layers(all, forward);
  if (layers.empty())
    fail<ValueError>("lsuv_: no layer to scale: ", model.type_name(), " has ", all.size(),
                     " modules with a weight of two or more axes, and the forward pass called none of them");
  if (o.orthogonal)
    for (const Layer& layer : layers) orthogonal_(layer.weight, 1, generator);
  std::vector<LsuvLayer> result;
  for (Layer& layer : layers) {
    double variance = output_variance(layer, forward);
    int iterations = 0;
    for (; std::abs(variance - 1) >= o.tolerance && iterations < o.max_iterations; ++iterations) {
      mul_(layer.weight, 1 / std::sqrt(variance));
      variance = output_variance(layer, forward);
    }
    if (std::abs(variance - 1) >= o.tolerance)
      warn(join("lsuv_: layer ", layer.name, " still has variance ", variance, " after ", iterations,
                " iterations — its bias may be too large"));
    result.push_back({layer.name, variance, iterations});
  }
  return result;
}

}  // namespace gradus::nn::init
