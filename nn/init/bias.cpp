#include <gradus/nn/init/bias.hpp>
#include <gradus/tensor/views.hpp>

#include <cmath>

namespace gradus::nn::init {
namespace {

Tensor write(const char* rule, Target& bias, const std::vector<double>& values) {
  Tensor& b = bias.value;
  if (b.rank() != 1 || b.numel() != static_cast<Index>(values.size()))
    fail<ShapeError>(rule, ": needs one value for each element of a bias [outputs]: ", values.size(),
                     " values, bias is ", b.shape());
  if (!is_floating(b.dtype())) fail<DTypeError>(rule, ": needs f32 or f64: got ", b.dtype());
  return b.copy_from(tensor(values));
}

double logit(double p) {
  if (!(p > 0 && p < 1)) fail<ValueError>("sigmoid_prior_: a probability must lie in (0, 1): got ", p);
  return std::log(p) - std::log1p(-p);
}

}  // namespace

void zero_biases(ModuleBase& module) {
  Fields f;
  f.on_parameter = [](const std::string& path, Parameter& p) {
    const std::string name = path.substr(path.rfind('.') + 1);  // npos + 1 is 0
    if (name == "bias" || name.starts_with("bias_") || name.ends_with("_bias")) p.data().fill(0);
  };
  module.visit(f);
}

Tensor softmax_prior_(Target bias, const std::vector<double>& counts) {
  double total = 0;
  for (const double c : counts) {
    if (!(c > 0) || !std::isfinite(c))
      fail<ValueError>("softmax_prior_: counts must be finite and positive: one is ", c,
                       " — give a class that was not seen a small one");
    total += c;
  }
  if (!std::isfinite(total)) fail<ValueError>("softmax_prior_: the counts add up to infinity");
  std::vector<double> logs;
  for (const double c : counts) logs.push_back(std::log(c) - std::log(total));
  return write("softmax_prior_", bias, logs);
}

Tensor sigmoid_prior_(Target bias, double p) {
  if (!is_floating(bias.value.dtype())) fail<DTypeError>("sigmoid_prior_: needs f32 or f64: got ", bias.value.dtype());
  return bias.value.fill(logit(p));
}
Tensor sigmoid_prior_(Target bias, const std::vector<double>& p) {
  std::vector<double> logits;
  for (const double each : p) logits.push_back(logit(each));
  return write("sigmoid_prior_", bias, logits);
}

Tensor forget_bias_(Target bias, double value) {
  Tensor& b = bias.value;
  if (b.rank() != 1 || b.numel() % 4)
    fail<ShapeError>("forget_bias_: needs an LSTM's bias [4 * hidden]: bias is ", b.shape());
  const Index hidden = b.numel() / 4;
  slice(b, 0, hidden, 2 * hidden).fill(value);
  return b;
}

}  // namespace gradus::nn::init
