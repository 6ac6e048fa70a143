#include <gradus/tensor/kernels/overlap.hpp>

namespace gradus::kernels {
namespace {

/// Addresses from the first byte to one behind the last.
struct Range {
  std::uintptr_t begin, end;
};
Range range_of(const Tensor& x) {
  const auto size = static_cast<Index>(size_of(x.dtype()));
  Index low = 0, high = 0;
  for (Index i = 0; i < x.rank(); ++i) (x.strides()[i] < 0 ? low : high) += (x.shape()[i] - 1) * x.strides()[i];
  const auto first = dispatch(x.dtype(), [&]<class T>() { return reinterpret_cast<std::uintptr_t>(x.read<T>()); });
  return {first + static_cast<std::uintptr_t>(low * size), first + static_cast<std::uintptr_t>((high + 1) * size)};
}
/// Whether both show the same elements at the same places.
bool same_elements(const Tensor& a, const Tensor& b, const Range& p, const Range& q) {
  bool same = a.dtype() == b.dtype() && p.begin == q.begin && p.end == q.end;
  for (Index i = 0; i < a.rank(); ++i) same &= a.strides()[i] == b.strides()[i] || a.shape()[i] == 1;
  return same;
}

}  // namespace

void check_distinct(const char* op, const Tensor& a) {
  for (Index i = 0; i < a.rank(); ++i)
    if (a.strides()[i] == 0 && a.shape()[i] > 1 && a.numel() > 0)
      fail<ShapeError>(op, ": elements share memory: shape is ", a.shape(), ", strides are ", a.strides(),
                       " — copy(x) first");
}

Tensor keep_apart(const Tensor& x, const Tensor& written) {
  if (x.numel() == 0) return x;
  const Range p = range_of(x), q = range_of(written);
  if (p.end <= q.begin || q.end <= p.begin || same_elements(x, written, p, q)) return x;
  return copy(x);
}

}  // namespace gradus::kernels
