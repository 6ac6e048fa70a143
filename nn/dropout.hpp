#pragma once
#include <gradus/nn/module.hpp>

namespace gradus::nn {

/// In training, zeroes each element with probability p and scales the rest by 1 / (1 - p), so that the mean stays
/// (Srivastava et al. 2014); the identity after eval(). Throws ValueError unless p lies in [0, 1].
struct Dropout : Module<Dropout> {
  double p;

  explicit Dropout(double probability = 0.5);
  Variable forward(const Variable& x);
  std::string extra_repr() const override { return join("p=", p); }
};

}  // namespace gradus::nn
