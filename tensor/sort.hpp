// Order: sorting along an axis, the k largest values, distinct values. NaN counts as the largest, as in NumPy.
#pragma once
#include <gradus/tensor/reduce.hpp>

namespace gradus {

/// Values in order along an axis and where they stood. Equal values keep their order.
ValuesAndIndices sort(const Tensor& x, Index axis = -1, bool descending = false);
Tensor argsort(const Tensor& x, Index axis = -1, bool descending = false);
/// The k largest (smallest) values along an axis, in order. Throws ValueError unless 0 <= k <= extent.
ValuesAndIndices topk(const Tensor& x, Index k, Index axis = -1, bool largest = true);

struct Unique {
  Tensor values;   ///< [n], in order
  Tensor inverse;  ///< x's shape, i64: which of the values stands there
  Tensor counts;   ///< [n], i64
};
/// The distinct values of all elements. Every NaN is one of its own.
Unique unique(const Tensor& x);

}  // namespace gradus
