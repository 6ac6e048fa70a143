#include <gradus/nn/init/random.hpp>
#include <gradus/nn/init/scaled.hpp>

#include <cmath>

namespace gradus::nn::init {
namespace {

struct Named {
  std::string_view name;
  Nonlinearity value;
};
constexpr Named nonlinearities[] = {
    {"linear", Nonlinearity::linear},
    {"sigmoid", Nonlinearity::sigmoid},
    {"tanh", Nonlinearity::tanh},
    {"relu", Nonlinearity::relu},
    {"leaky_relu", Nonlinearity::leaky_relu},
    {"selu", Nonlinearity::selu},
    {"conv1d", Nonlinearity::linear},
    {"conv2d", Nonlinearity::linear},
    {"conv3d", Nonlinearity::linear},
    {"conv_transpose1d", Nonlinearity::linear},
    {"conv_transpose2d", Nonlinearity::linear},
    {"conv_transpose3d", Nonlinearity::linear},
};

/// Also checks the weight's rank: a mistake is one for an empty weight too.
bool is_empty(const char* rule, const Target& weight) {
  static_cast<void>(fan(weight));
  if (weight.value.numel() > 0) return false;
  warn(join(rule, ": a weight without elements is left as it is: shape is ", weight.value.shape()));
  return true;
}

Tensor uniform_by_std(Target& weight, double std, Generator& generator) {
  const double bound = std::sqrt(3.0) * std;
  return uniform_(weight, -bound, bound, generator);
}

}  // namespace

Fan fan(const Target& weight) {
  const Shape& shape = weight.value.shape();
  if (shape.size() < 2) fail<ShapeError>("init: a fan needs at least two axes [out, in, ...]: weight is ", shape);
  Index kernel = 1;
  for (Index i = 2; i < shape.size(); ++i) kernel *= shape[i];
  return {shape[1] * kernel, shape[0] * kernel};
}

Nonlinearity to_nonlinearity(std::string_view name) {
  std::string names;
  for (const Named& n : nonlinearities) {
    if (n.name == name) return n.value;
    names += join(names.empty() ? "" : ", ", n.name);
  }
  fail<ValueError>("init: no nonlinearity of this name: got ", name, " — there are ", names);
}

double calculate_gain(Nonlinearity nonlinearity, double a) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid: return 1;
    case Nonlinearity::tanh: return 5.0 / 3;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      if (!std::isfinite(a)) fail<ValueError>("calculate_gain: the negative slope must be finite: a is ", a);
      return std::sqrt(2 / (1 + a * a));
    case Nonlinearity::selu: return 0.75;
  }
  fail<ValueError>("calculate_gain: no such nonlinearity: got number ", static_cast<int>(nonlinearity));
}
double calculate_gain(std::string_view nonlinearity, double a) {
  return calculate_gain(to_nonlinearity(nonlinearity), a);
}

double kaiming_std(const Target& weight, const KaimingOptions& o) {
  const Fan f = fan(weight);
  return calculate_gain(o.nonlinearity, o.a) / std::sqrt(static_cast<double>(o.mode == FanMode::fan_in ? f.in : f.out));
}
double xavier_std(const Target& weight, double gain) {
  if (!(gain > 0) || !std::isfinite(gain))
    fail<ValueError>("init: the gain must be finite and positive: gain is ", gain);
  const Fan f = fan(weight);
  return gain * std::sqrt(2 / static_cast<double>(f.in + f.out));
}

Tensor kaiming_uniform_(Target weight, const KaimingOptions& options, Generator& generator) {
  if (is_empty("kaiming_uniform_", weight)) return weight.value;
  return uniform_by_std(weight, kaiming_std(weight, options), generator);
}
Tensor kaiming_normal_(Target weight, const KaimingOptions& options, Generator& generator) {
  if (is_empty("kaiming_normal_", weight)) return weight.value;
  return normal_(weight, 0, kaiming_std(weight, options), generator);
}
Tensor xavier_uniform_(Target weight, double gain, Generator& generator) {
  if (is_empty("xavier_uniform_", weight)) return weight.value;
  return uniform_by_std(weight, xavier_std(weight, gain), generator);
}
Tensor xavier_normal_(Target weight, double gain, Generator& generator) {
  if (is_empty("xavier_normal_", weight)) return weight.value;
  return normal_(weight, 0, xavier_std(weight, gain), generator);
}

double residual_std(Index blocks, double std, Index branches) {
  if (blocks < 1 || branches < 1 || !(std > 0) || !std::isfinite(std))
    fail<ValueError>("residual_std: needs at least 1 block and branch and a finite std > 0: ", blocks, " blocks of ",
                     branches, " branches, std is ", std);
  return std / std::sqrt(static_cast<double>(blocks) * static_cast<double>(branches));
}
Tensor residual_normal_(Target weight, Index blocks, double std, Generator& generator) {
  return normal_(weight, 0, residual_std(blocks, std), generator);
}

}  // namespace gradus::nn::init
