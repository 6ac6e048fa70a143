// Weights whose elements depend on each other: f32 and f64.
#pragma once
#include <gradus/nn/init/target.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus::nn::init {

/// [out, in, k...] seen as a matrix [out, in * k...]: gain times a uniformly (Haar) drawn matrix with orthonormal columns,
/// or orthonormal rows if it is wide (Saxe et al. 2014). Throws ShapeError for fewer than two axes, ValueError unless the
/// gain is finite and positive.
Tensor orthogonal_(Target weight, double gain = 1, Generator& generator = default_generator());

/// Normal with mean 0, then ceil(sparsity * out) random elements of each column of [out, in] are set to 0 (Martens 2010).
/// Throws ShapeError for other than two axes, ValueError unless sparsity lies in [0, 1).
Tensor sparse_(Target weight, double sparsity, double std = 0.01, Generator& generator = default_generator());

}  // namespace gradus::nn::init
