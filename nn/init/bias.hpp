// Biases: none at first, or such that an untrained model already answers with what is known of its targets.
#pragma once
#include <gradus/nn/init/target.hpp>
#include <gradus/nn/module.hpp>

#include <vector>

namespace gradus::nn::init {

/// Sets every bias below the module to 0 (layers start with PyTorch's small random ones): each parameter whose own name is
/// "bias", starts with "bias_" or ends with "_bias".
void zero_biases(ModuleBase& module);

/// The bias of a last layer before a softmax: log of each class's share of `counts`, which may be counts or probabilities.
/// With small weights the first loss is the entropy of the shares. Throws ValueError unless all are finite and positive,
/// ShapeError unless there is one for each element of bias [classes].
Tensor softmax_prior_(Target bias, const std::vector<double>& counts);
/// The bias of a last layer before a sigmoid: log(p / (1 - p)) in all elements. Throws ValueError unless 0 < p < 1.
Tensor sigmoid_prior_(Target bias, double p);
/// The same with a probability for each element of bias [outputs].
Tensor sigmoid_prior_(Target bias, const std::vector<double>& p);

/// Sets the forget gate's quarter of an LSTM's bias [4 * hidden] (gates i, f, g, o), so that the cell remembers at first
/// (Jozefowicz et al. 2015). Of two biases that are added, set one. Throws ShapeError for another shape.
Tensor forget_bias_(Target bias, double value = 1);

}  // namespace gradus::nn::init
