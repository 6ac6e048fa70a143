#include <gradus/nn/init/constant.hpp>

#include <algorithm>

namespace gradus::nn::init {

Tensor constant_(Target t, Scalar value) { return t.value.fill(value); }
Tensor zeros_(Target t) { return t.value.fill(0); }
Tensor ones_(Target t) { return t.value.fill(1); }

Tensor eye_(Target t) {
  if (t.value.rank() != 2) fail<ShapeError>("eye_: needs two axes [out, in]: shape is ", t.value.shape());
  return t.value.copy_from(eye(t.value.size(0), t.value.size(1), t.value.dtype()));
}

Tensor dirac_(Target t, Index groups) {
  Tensor& w = t.value;
  if (w.rank() < 3 || w.rank() > 5)
    fail<ShapeError>("dirac_: needs a convolution's weight [out, in, k...] of 3 to 5 axes: shape is ", w.shape());
  if (groups < 1 || w.size(0) % groups)
    fail<ValueError>("dirac_: groups must divide the outputs: ", w.size(0), " outputs, groups is ", groups);
  w.fill(0);
  if (w.numel() == 0) return w;
  const Index per_group = w.size(0) / groups;
  for (Index group = 0; group < groups; ++group) {
    for (Index d = 0; d < std::min(per_group, w.size(1)); ++d) {
      Tensor kernel = w[group * per_group + d][d];
      while (kernel.rank() > 0) kernel = kernel[kernel.size(0) / 2];
      kernel.fill(1);
    }
  }
  return w;
}

}  // namespace gradus::nn::init
