// Reductions that are not sums: every result is computed from its elements by one function, which may go through them
// more than once.
#pragma once
#include <gradus/tensor/kernels/loops.hpp>

#include <algorithm>

namespace gradus::kernels {

/// y[kept] = f(each) over the reduced axes, where each(g) calls g(element) for all of them in row-major order.
template <class T, class R, class F>
Tensor fold(const char* op, const Tensor& x, const Axes& asked, bool keepdim, F f) {
  const Axes axes = wrap_axes(op, asked, x.rank());
  Shape kept, kept_strides, reduced;
  std::array<Strides, 1> strides;
  for (Index i = 0; i < x.rank(); ++i) {
    (axes.contains(i) ? reduced : kept).push_back(x.shape()[i]);
    (axes.contains(i) ? strides[0] : kept_strides).push_back(x.strides()[i]);
  }
  Tensor y(reduced_shape(x.shape(), axes, keepdim), dtype_of<R>());
  if (y.numel() == 0) return y;
  const T* in = x.read<T>();
  R* out = y.write<R>();
  coalesce(reduced, strides);
  const bool one_run = reduced.size() <= 1;
  const Index count = reduced.numel(), step = reduced.size() == 1 ? strides[0][0] : 1;
  for_rows<2>(kept, {dense_strides(kept), kept_strides}, [&](auto& at, Index n, auto& by) {
    const Index to = at[0], from = at[1], out_step = by[0], in_step = by[1];
    parallel_for(n, std::max<Index>(1, 4096 / std::max<Index>(1, count)), [&](Index begin, Index end) {
      for (Index k = begin; k < end; ++k) {
        const T* first = in + from + k * in_step;
        out[to + k * out_step] = f([&](auto&& g) {
          if (one_run) {
            for (Index i = 0; i < count; ++i) g(first[i * step]);
          } else {
            for_rows<1>(reduced, strides, [&](auto& o, Index m, auto& s) {
              for (Index i = 0; i < m; ++i) g(first[o[0] + i * s[0]]);
            });
          }
        });
      }
    });
  });
  return y;
}

}  // namespace gradus::kernels
