#include <gradus/nn/init/random.hpp>
#include <gradus/nn/init/structured.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/linalg.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/tensor/rearrange.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::nn::init {
Tensor orthogonal_(Target weight, double gain, Generator& generator) {
  Tensor& w = weight.value;
  if (!is_floating(w.dtype())) fail<DTypeError>("orthogonal_: needs f32 or f64: got ", w.dtype());
  if (w.rank() < 2) fail<ShapeError>("orthogonal_: needs at least two axes [out, in, ...]: weight is ", w.shape());
  if (!(gain > 0) || !std::isfinite(gain))
    fail<ValueError>("orthogonal_: the gain must be finite and positive: gain is ", gain);
  if (w.numel() == 0) return w;
  const Index rows = w.size(0), columns = w.numel() / rows;
  const Tensor normal = randn({std::max(rows, columns), std::min(rows, columns)}, DType::f64, generator);
  const auto [q, r] = linalg::qr(normal);
  // LAPACK's signs depend on the matrix; with a positive diagonal in r the factor is unique, and q uniform (Mezzadri 2007).
  const Tensor signs = where(diagonal(r) < 0, full({}, -gain, DType::f64), full({}, gain, DType::f64));
  const Tensor signed_q = q * signs;
  return w.copy_from(reshape(rows < columns ? transpose(signed_q) : signed_q, w.shape()));
}

Tensor sparse_(Target weight, double sparsity, double std, Generator& generator) {
  Tensor& w = weight.value;
  if (w.rank() != 2) fail<ShapeError>("sparse_: needs two axes [out, in]: weight is ", w.shape());
  if (!(sparsity >= 0 && sparsity < 1)) fail<ValueError>("sparse_: sparsity must lie in [0, 1): got ", sparsity);
  normal_(w, 0, std, generator);
  const Index rows = w.size(0);
  const auto zeros = static_cast<Index>(std::ceil(sparsity * static_cast<double>(rows)));
  Tensor dense = copy(w);
  dispatch_floating(w.dtype(), "sparse_", [&]<class T>() {
    T* p = dense.write<T>();
    for (Index column = 0; column < w.size(1); ++column) {
      const Tensor order = randperm(rows, generator);
      for (Index i = 0; i < zeros; ++i) p[order.read<Index>()[i] * w.size(1) + column] = 0;
    }
  });
  return w.copy_from(dense);
}

}  // namespace gradus::nn::init
