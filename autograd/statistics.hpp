// Private to autograd: what a tensor's values are like.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <cmath>

namespace gradus::detail {

/// All but the counts is of the finite values.
struct Statistics {
  double low = 0, high = 0, mean = 0, norm = 0;
  Index nan = 0, infinite = 0, finite = 0;
};
inline Statistics statistics_of(const Tensor& x) {
  Statistics s;
  double sum = 0, squares = 0;
  for (const double v : x.to_vector<double>()) {
    if (std::isnan(v)) ++s.nan;
    else if (std::isinf(v)) ++s.infinite;
    else {
      s.low = s.finite ? std::min(s.low, v) : v;
      s.high = s.finite ? std::max(s.high, v) : v;
      sum += v;
      squares += v * v;
      ++s.finite;
    }
  }
  if (s.finite) s.mean = sum / static_cast<double>(s.finite);
  s.norm = std::sqrt(squares);
  return s;
}

}  // namespace gradus::detail
