// Losses under the names that models are written with.
#pragma once
#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/loss.hpp>
#include <gradus/autograd/ops/reduce.hpp>

namespace gradus::nn {

using gradus::cross_entropy;
using gradus::CrossEntropyOptions;
using gradus::Reduction;

/// (prediction - target)^2, its mean by default. Shapes must be equal: a broadcast here is a mistake, ShapeError.
inline Variable mse_loss(const Variable& prediction, const Variable& target, Reduction reduction = Reduction::mean) {
  if (!(prediction.shape() == target.shape()))
    fail<ShapeError>("mse_loss: shapes differ: prediction is ", prediction.shape(), ", target is ", target.shape());
  const Variable squares = pow(prediction - target, 2);
  return reduction == Reduction::none ? squares : reduction == Reduction::sum ? sum(squares) : mean(squares);
}

}  // namespace gradus::nn
