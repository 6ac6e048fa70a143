#include <gradus/tensor/parallel.hpp>
#include <gradus/tensor/recurrence.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>

namespace gradus {
namespace {

void check(const Tensor& a, const Tensor& b, Index axis) {
  if (a.dtype() != b.dtype()) fail<DTypeError>("recurrence: dtypes differ: a is ", a.dtype(), ", b is ", b.dtype());
  Shape fit = b.shape();
  fit[axis] = std::max<Index>(0, fit[axis] - 1);
  if (!(a.shape() == fit))
    fail<ShapeError>("recurrence: the factors do not fit: a is ", a.shape(), ", b is ", b.shape(), " — a must be ",
                     fit);
}

}  // namespace

Tensor recurrence(const Tensor& a, const Tensor& b, Index asked) {
  const Index axis = wrap_axis("recurrence", asked, b.rank());
  check(a, b, axis);
  if (axis != b.rank() - 1) return transpose(recurrence(transpose(a, axis, -1), transpose(b, axis, -1), -1), axis, -1);
  const Tensor factors = contiguous(a), terms = contiguous(b);
  Tensor y(b.shape(), b.dtype());
  const Index n = b.shape().back(), rows = n ? b.numel() / n : 0;
  dispatch_floating(b.dtype(), "recurrence", [&]<class T>() {
    const T *f = factors.read<T>(), *t = terms.read<T>();
    T* out = y.write<T>();
    parallel_for(rows, std::max<Index>(1, 4096 / std::max<Index>(1, n)), [=](Index begin, Index end) {
      for (Index r = begin; r < end; ++r) {
        double v = static_cast<double>(t[r * n]);
        out[r * n] = t[r * n];
        for (Index i = 1; i < n; ++i) {
          v = static_cast<double>(f[r * (n - 1) + i - 1]) * v + static_cast<double>(t[r * n + i]);
          out[r * n + i] = static_cast<T>(v);
        }
      }
    });
  });
  return y;
}

}  // namespace gradus
