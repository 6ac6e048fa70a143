// Random weights whose variance follows from the layer's size, so that signals neither grow nor vanish from layer to layer.
// A weight without elements has no scale: these rules warn and leave it.
#pragma once
#include <gradus/nn/init/target.hpp>
#include <gradus/tensor/random.hpp>

#include <string_view>

namespace gradus::nn::init {

struct Fan {
  Index in, out;
};
/// Inputs and outputs per unit of a weight [out, in, kernel...]. Throws ShapeError for fewer than two axes. A weight used
/// as x W has them swapped: pass transpose(w).
Fan fan(const Target& weight);

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };
/// By PyTorch's name ("relu"); "conv1d" ... "conv_transpose3d" are linear. Throws ValueError listing the names that exist.
Nonlinearity to_nonlinearity(std::string_view name);
/// Gain that keeps the variance through the nonlinearity: 1, 1, 5/3, sqrt 2, sqrt(2 / (1 + a^2)), 3/4. Only leaky_relu reads
/// its negative slope a; throws ValueError if that is not finite.
double calculate_gain(Nonlinearity nonlinearity, double a = 0.01);
double calculate_gain(std::string_view nonlinearity, double a = 0.01);

enum class FanMode { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;                                          ///< negative slope of the leaky ReLU
  FanMode mode = FanMode::fan_in;                        ///< keep the variance forward, or of gradients backward
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;  ///< the one that follows the layer
};
/// gain / sqrt(fan) (He et al. 2015), for a weight with elements.
double kaiming_std(const Target& weight, const KaimingOptions& options = {});
/// gain * sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010), for a weight with elements. Throws ValueError unless the
/// gain is finite and positive.
double xavier_std(const Target& weight, double gain = 1);

/// With these standard deviations: uniform in +-sqrt(3) std, or normal.
Tensor kaiming_uniform_(Target weight, const KaimingOptions& options = {}, Generator& generator = default_generator());
Tensor kaiming_normal_(Target weight, const KaimingOptions& options = {}, Generator& generator = default_generator());
Tensor xavier_uniform_(Target weight, double gain = 1, Generator& generator = default_generator());
Tensor xavier_normal_(Target weight, double gain = 1, Generator& generator = default_generator());

/// std / sqrt(branches * blocks): for the last layer of each residual branch, so that the sum over all blocks has the same
/// variance however many there are (GPT-2: two branches a block, std 0.02). Throws ValueError unless both counts are at
/// least 1 and std is finite and positive.
double residual_std(Index blocks, double std = 0.02, Index branches = 2);
/// Normal with that standard deviation.
Tensor residual_normal_(Target weight, Index blocks, double std = 0.02, Generator& generator = default_generator());

}  // namespace gradus::nn::init
