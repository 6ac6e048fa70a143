// Initial values of weights. All write in place, record nothing, and take the generator they draw from.
#pragma once
#include <gradus/nn/module.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus::nn::init {

struct Fan {
  Index in, out;
};
/// Inputs and outputs per unit of a weight [out, in, kernel...]. Throws ShapeError for fewer than two axes.
Fan fan(const Tensor& weight);

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };
/// Gain that keeps the variance through the nonlinearity: 1, 1, 5/3, sqrt 2, sqrt(2 / (1 + a^2)), 3/4.
double calculate_gain(Nonlinearity nonlinearity, double a = 0.01);

enum class FanMode { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  ///< negative slope of the leaky ReLU
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};
/// Standard deviation gain / sqrt(fan) (He et al. 2015), uniform or normal.
void kaiming_uniform_(Tensor& weight, KaimingOptions options = {}, Generator& generator = default_generator());
void kaiming_normal_(Tensor& weight, KaimingOptions options = {}, Generator& generator = default_generator());
/// Standard deviation gain * sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010), uniform or normal.
void xavier_uniform_(Tensor& weight, double gain = 1, Generator& generator = default_generator());
void xavier_normal_(Tensor& weight, double gain = 1, Generator& generator = default_generator());
/// Uniform in [low, high) / normal with the given mean and standard deviation (>= 0, else ValueError).
void uniform_(Tensor& t, double low = 0, double high = 1, Generator& generator = default_generator());
void normal_(Tensor& t, double mean = 0, double std = 1, Generator& generator = default_generator());
void constant_(Tensor& t, double value);
/// Sets every parameter named "bias" below the module to 0 (layers start with PyTorch's small random ones).
void zero_biases(ModuleBase& module);

}  // namespace gradus::nn::init
