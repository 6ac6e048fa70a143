#include <gradus/nn/init/init.hpp>
#include <gradus/tensor/arithmetic.hpp>

#include <cmath>

namespace gradus::nn::init {

Fan fan(const Tensor& weight) {
  if (weight.rank() < 2)
    fail<ShapeError>("init: a fan needs at least two axes [out, in, ...]: weight is ", weight.shape());
  Index kernel = 1;
  for (Index i = 2; i < weight.rank(); ++i) kernel *= weight.shape()[i];
  return {weight.shape()[1] * kernel, weight.shape()[0] * kernel};
}

double calculate_gain(Nonlinearity nonlinearity, double a) {
  switch (nonlinearity) {
    case Nonlinearity::tanh: return 5.0 / 3;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu: return std::sqrt(2 / (1 + a * a));
    case Nonlinearity::selu: return 0.75;
    default: return 1;
  }
}

namespace {
double kaiming_std(const Tensor& weight, const KaimingOptions& o) {
  const Fan f = fan(weight);
  const Index n = o.mode == FanMode::fan_in ? f.in : f.out;
  return n ? calculate_gain(o.nonlinearity, o.a) / std::sqrt(static_cast<double>(n)) : 0;
}
double xavier_std(const Tensor& weight, double gain) {
  const Fan f = fan(weight);
  return f.in + f.out ? gain * std::sqrt(2 / static_cast<double>(f.in + f.out)) : 0;
}
}  // namespace

void uniform_(Tensor& t, double low, double high, Generator& generator) {
  t.copy_from(uniform(t.shape(), low, high, t.dtype(), generator));
}
void normal_(Tensor& t, double mean, double std, Generator& generator) {
  if (!(std >= 0) || !std::isfinite(mean) || !std::isfinite(std))
    fail<ValueError>("normal_: needs a finite mean and std >= 0: mean is ", mean, ", std is ", std);
  t.copy_from(randn(t.shape(), t.dtype(), generator) * std + mean);
}
void constant_(Tensor& t, double value) { t.fill(value); }

void kaiming_uniform_(Tensor& weight, KaimingOptions options, Generator& generator) {
  const double bound = std::sqrt(3.0) * kaiming_std(weight, options);
  uniform_(weight, -bound, bound, generator);
}
void kaiming_normal_(Tensor& weight, KaimingOptions options, Generator& generator) {
  normal_(weight, 0, kaiming_std(weight, options), generator);
}
void xavier_uniform_(Tensor& weight, double gain, Generator& generator) {
  const double bound = std::sqrt(3.0) * xavier_std(weight, gain);
  uniform_(weight, -bound, bound, generator);
}
void xavier_normal_(Tensor& weight, double gain, Generator& generator) {
  normal_(weight, 0, xavier_std(weight, gain), generator);
}

void zero_biases(ModuleBase& module) {
  Fields f;
  f.on_parameter = [](const std::string& name, Parameter& p) {
    if (name == "bias" || name.ends_with(".bias")) p.data().fill(0);
  };
  module.visit(f);
}

}  // namespace gradus::nn::init
