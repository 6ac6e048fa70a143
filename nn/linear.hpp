#pragma once
#include <gradus/nn/module.hpp>

namespace gradus::nn {

struct LinearOptions {
  bool bias = true;
  DType dtype = DType::f32;
};
/// y = x W^T + b: [..., in] -> [..., out]. Weight [out, in] and bias [out] start uniform in +-1/sqrt(in), as in PyTorch.
/// Throws ValueError for a negative size.
struct Linear : Module<Linear> {
  using Options = LinearOptions;
  Parameter weight, bias;

  Linear(Index in, Index out, Options options = {});
  Variable forward(const Variable& x);
  void fields(Fields& f) {
    f("weight", weight);
    f("bias", bias);
  }
  std::string extra_repr() const override;
};

}  // namespace gradus::nn
