// LSUV, layer-sequential unit variance: weights fitted to data before training.
#pragma once
#include <gradus/nn/module.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus::nn::init {

struct LsuvOptions {
  double tolerance = 0.1;   ///< a variance this close to 1 is good: > 0
  int max_iterations = 10;  ///< how often one layer is rescaled at most: >= 1
  bool orthogonal = true;   ///< start from orthogonal_ weights; false: from those that are there
};
/// What became of one layer.
struct LsuvLayer {
  std::string name;  ///< "blocks.0.fc"; "" for the model itself
  double variance;   ///< of all its outputs together, at the end
  int iterations;    ///< how often it was rescaled
};

/// Scales the weight of each layer so that its outputs have variance 1 (Mishkin and Matas, arXiv 1511.06422). `forward` runs
/// the model on a batch; layers are the modules that it calls with a parameter "weight" of two or more axes of their own, in
/// the order of its calls. Runs in evaluation mode (no dropout), off the tape; biases stay. Warns of a layer that does not
/// come within the tolerance; throws ValueError if there is no layer or an output's variance is 0 or not finite.
std::vector<LsuvLayer> lsuv_(ModuleBase& model, const std::function<void()>& forward, const LsuvOptions& options = {},
                             Generator& generator = default_generator());
/// The same for a model of one input.
template <Unary M>
std::vector<LsuvLayer> lsuv_(M& model, const Tensor& batch, const LsuvOptions& options = {},
                             Generator& generator = default_generator()) {
  return lsuv_(
      model, [&] { model(batch); }, options, generator);
}

}  // namespace gradus::nn::init
