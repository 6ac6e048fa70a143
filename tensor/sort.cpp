#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/sort.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace gradus {
namespace {

template <class T>
bool comes_before(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return a < b || (b != b && a == a);
  else return a < b;
}

/// Places 0 ... n - 1 of values[place * stride] in order, the first k of them sorted.
template <class T>
void sort_places(std::vector<Index>& places, const T* values, Index stride, Index k, bool descending) {
  std::iota(places.begin(), places.end(), Index{0});
  const auto earlier = [=](Index a, Index b) {
    const T x = values[a * stride], y = values[b * stride];
    if (descending ? comes_before(y, x) : comes_before(x, y)) return true;
    if (descending ? comes_before(x, y) : comes_before(y, x)) return false;
    return a < b;
  };
  if (k == static_cast<Index>(places.size())) std::sort(places.begin(), places.end(), earlier);
  else std::partial_sort(places.begin(), places.begin() + k, places.end(), earlier);
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
        std::vector<Index> places(static_cast<std::size_t>(n));
        for (Index line = begin; line < end; ++line) {
          const T* source = in + from + line * in_by;
          sort_places(places, source, in_step, k, descending);
          for (Index i = 0; i < k; ++i) {
            const Index place = places[static_cast<std::size_t>(i)];
            values[to + line * out_by + i * out_step] = source[place * in_step];
            indices[to + line * out_by + i * out_step] = place;
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
