// Values without chance: any dtype.
#pragma once
#include <gradus/nn/init/target.hpp>

namespace gradus::nn::init {

Tensor constant_(Target t, Scalar value);
Tensor zeros_(Target t);
Tensor ones_(Target t);
/// Ones on the diagonal of [out, in], else 0: the layer hands on its first min(out, in) inputs. Throws ShapeError for
/// other than two axes.
Tensor eye_(Target t);
/// A convolution [out, in / groups, k...] with one to three kernel axes that hands its channels on: in each group, 1 in
/// the middle k / 2 of the kernel from channel d to channel d, else 0. Channels beyond the smaller of in and out stay 0.
/// Throws ShapeError for another rank, ValueError unless groups divides out.
Tensor dirac_(Target t, Index groups = 1);

}  // namespace gradus::nn::init
