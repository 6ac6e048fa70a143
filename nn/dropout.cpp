#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/nn/dropout.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus::nn {

Dropout::Dropout(double probability) : p(probability) {
  if (!(p >= 0 && p <= 1)) fail<ValueError>("Dropout: p must lie in [0, 1]: got ", p);
}
Variable Dropout::forward(const Variable& x) {
  if (!training() || p == 0) return x;
  const Tensor keep = gradus::to(bernoulli(x.shape(), 1 - p), x.dtype());
  return x * (p < 1 ? keep * (1 / (1 - p)) : keep);
}

}  // namespace gradus::nn
