#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/sort.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <vector>

namespace gradus {
namespace {

template <class T>
bool comes_before(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return a < b || (b != b && a == a);
  else return a < b;
}

template <class T>
struct Placed {
  T value;
  Index place;
};
/// The first k in order; equal values by their places.
template <class T>
void sort_line(std::vector<Placed<T>>& line, Index k, bool descending) {
  const auto earlier = [=](const Placed<T>& a, const Placed<T>& b) {
    if (descending ? comes_before(b.value, a.value) : comes_before(a.value, b.value)) return true;
    if (descending ? comes_before(a.value, b.value) : comes_before(b.value, a.value)) return false;
    return a.place < b.place;
  };
  if (k == static_cast<Index>(line.size())) std::sort(line.begin(), line.end(), earlier);
  else std::partial_sort(line.begin(), line.begin() + k, line.end(), earlier);
}

/// The first k in order along the axis.
ValuesAndIndices first_in_order(const Tensor& x, Index axis, Index k, bool descending) {
  Shape shape = x.shape();
  const Index n = shape[axis];
  shape[axis] = k;
  ValuesAndIndices result{Tensor(shape, x.dtype()), Tensor(shape, DType::i64)};
  if (result.values.numel() == 0) return result;
  const Shape lines = reduced_shape(x.shape(), {axis}, true);
  dispatch(x.dtype(), [&]<class T>() {
    const T* in = x.read<T>();
    T* values = result.values.template write<T>();
    Index* indices = result.indices.template write<Index>();
    const Index in_step = x.strides()[axis], out_step = result.values.strides()[axis];
    kernels::for_rows<2>(lines, {result.values.strides(), x.strides()}, [&](auto& at, Index m, auto& by) {
      const Index to = at[0], from = at[1], out_by = by[0], in_by = by[1];
      parallel_for(m, std::max<Index>(1, 2048 / n), [&](Index begin, Index end) {
        std::vector<Placed<T>> line(static_cast<std::size_t>(n));
        for (Index row = begin; row < end; ++row) {
          const T* source = in + from + row * in_by;
          for (Index i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = {source[i * in_step], i};
          sort_line(line, k, descending);
          for (Index i = 0; i < k; ++i) {
            values[to + row * out_by + i * out_step] = line[static_cast<std::size_t>(i)].value;
            indices[to + row * out_by + i * out_step] = line[static_cast<std::size_t>(i)].place;
          }
        }
      });
    });
  });
  return result;
}

/// A 0-d tensor counts as one with a single element.
ValuesAndIndices order(const char* op, const Tensor& x, Index asked, Index k, bool descending) {
  const bool single = x.rank() == 0;
  const Tensor line = single ? reshape(x, {1}) : x;
  const Index axis = wrap_axis(op, asked, line.rank());
  const Index n = line.shape()[axis];
  if (k < -1 || k > n) fail<ValueError>(op, ": k is out of range: k is ", k, ", axis ", asked, " of ", x.shape());
  auto result = first_in_order(line, axis, k < 0 ? n : k, descending);
  if (!single || k == 0) return result;
  return {reshape(result.values, {}), reshape(result.indices, {})};
}

}  // namespace

ValuesAndIndices sort(const Tensor& x, Index axis, bool descending) { return order("sort", x, axis, -1, descending); }
Tensor argsort(const Tensor& x, Index axis, bool descending) { return sort(x, axis, descending).indices; }
ValuesAndIndices topk(const Tensor& x, Index k, Index axis, bool largest) {
  if (k < 0) fail<ValueError>("topk: k is out of range: k is ", k, ", axis ", axis, " of ", x.shape());
  return order("topk", x, axis, k, largest);
}

Unique unique(const Tensor& x) {
  const auto [sorted, places] = sort(reshape(x, {x.numel()}), 0);
  const Index n = x.numel();
  Tensor inverse(x.shape(), DType::i64);
  std::vector<Index> counts;
  std::vector<Index> firsts;
  Index* kind = inverse.write<Index>();
  const Index* place = places.read<Index>();
  dispatch(x.dtype(), [&, values = sorted]<class T>() {
    const T* v = values.template read<T>();
    for (Index i = 0; i < n; ++i) {
      if (i == 0 || v[i] != v[i - 1]) {
        counts.push_back(0);
        firsts.push_back(i);
      }
      ++counts.back();
      kind[place[i]] = static_cast<Index>(counts.size()) - 1;
    }
  });
  return {index_select(sorted, 0, tensor(firsts)), inverse, tensor(counts)};
}

}  // namespace gradus
