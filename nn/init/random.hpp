// Independent draws from one distribution: f32 and f64.
#pragma once
#include <gradus/nn/init/target.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus::nn::init {

/// Uniform in [low, high). Throws ValueError unless low <= high, both finite in t's dtype.
Tensor uniform_(Target t, double low = 0, double high = 1, Generator& generator = default_generator());
/// Normal. Throws ValueError unless both are finite, std >= 0, and t's dtype can hold |mean| + 9 std.
Tensor normal_(Target t, double mean = 0, double std = 1, Generator& generator = default_generator());
/// Normal, cut to [a, b]: values outside do not occur, those inside keep their relative frequency. a and b are values, not
/// multiples of std; they may be infinite. Warns where the mean lies more than 2 std outside [a, b]; throws ValueError for
/// more than 7 std, std <= 0, a > b, or where t's dtype cannot hold |mean| + 9 std.
Tensor trunc_normal_(Target t, double mean = 0, double std = 1, double a = -2, double b = 2,
                     Generator& generator = default_generator());

}  // namespace gradus::nn::init
