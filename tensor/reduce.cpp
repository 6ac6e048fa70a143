// Sums of f32 are accumulated in f64: a running f32 sum of 1e8 values is off by a factor of five.
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <vector>

namespace gradus {
namespace {

/// Whole numbers wrap around, which signed ones may not in C++.
template <class T>
using Sum = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

/// Many lanes, because one accumulator would wait for each addition, and compilers may not reorder sums themselves.
template <class T>
Sum<T> sum_run(const T* x, Index n) {
  constexpr Index lanes = 32;
  Sum<T> total = 0;
  simd::run([&] {
    Sum<T> lane[lanes] = {};
    Index i = 0;
    for (; i + lanes <= n; i += lanes)
      for (Index l = 0; l < lanes; ++l) lane[l] += static_cast<Sum<T>>(x[i + l]);
    for (; i < n; ++i) lane[0] += static_cast<Sum<T>>(x[i]);
    for (Index half = lanes / 2; half > 0; half /= 2)
      for (Index l = 0; l < half; ++l) lane[l] += lane[l + half];
    total = lane[0];
  });
  return total;
}
/// A long run in fixed chunks, so that the result does not depend on the number of threads.
template <class T>
Sum<T> sum_long_run(const T* x, Index n) {
  constexpr Index chunk = 2 * parallel_grain;
  if (n <= chunk) return sum_run(x, n);
  std::vector<Sum<T>> parts(static_cast<std::size_t>((n + chunk - 1) / chunk));
  parallel_for(n, chunk, [&](Index begin, Index end) {
    parts[static_cast<std::size_t>(begin / chunk)] = sum_run(x + begin, end - begin);
  });
  return sum_run(parts.data(), static_cast<Index>(parts.size()));
}

/// Splits x into its kept and its reduced axes, each with shape and strides, smallest stride last.
struct Split {
  Shape kept, kept_strides, reduced, reduced_strides;
};
Split split_axes(const Tensor& x, const Axes& axes) {
  Split s;
  for (Index i = 0; i < x.rank(); ++i) {
    (axes.contains(i) ? s.reduced : s.kept).push_back(x.shape()[i]);
    (axes.contains(i) ? s.reduced_strides : s.kept_strides).push_back(x.strides()[i]);
  }
  return s;
}

/// out[kept] = sum over the reduced axes / divisor. `out` is contiguous over the kept axes.
template <class T, class R>
void sum_into(R* out, const Tensor& x, const Axes& axes, double divisor) {
  const T* in = x.read<T>();
  const auto finish = [=](Sum<T> s) {
    return static_cast<R>(std::is_floating_point_v<T> ? static_cast<Sum<T>>(static_cast<double>(s) / divisor) : s);
  };
  if (axes.size() == x.rank() && is_dense(x.shape(), x.strides())) {
    *out = finish(sum_long_run(in, x.numel()));
    return;
  }
  const Split s = split_axes(x, axes);
  const Index kept_rank = s.kept.size();
  const bool kept_innermost = kept_rank && s.kept_strides.back() == 1 && s.kept.back() > 1;
  if (!kept_innermost) {  // each result is a sum of runs
    kernels::for_rows<2>(s.kept, {dense_strides(s.kept), s.kept_strides}, [&](auto& at, Index n, auto& step) {
      const auto row = [&](Index i) {
        Sum<T> total = 0;
        const T* from = in + at[1] + i * step[1];
        kernels::for_rows<1>(s.reduced, {s.reduced_strides}, [&](auto& o, Index m, auto& inner) {
          if (inner[0] == 1) total += sum_run(from + o[0], m);
          else
            for (Index j = 0; j < m; ++j) total += static_cast<Sum<T>>(from[o[0] + j * inner[0]]);
        });
        out[at[0] + i * step[0]] = finish(total);
      };
      parallel_for(n, std::max<Index>(1, parallel_grain / std::max<Index>(1, s.reduced.numel())),
                   [&](Index begin, Index end) {
                     for (Index i = begin; i < end; ++i) row(i);
                   });
    });
    return;
  }
  // Columns side by side in memory: whole rows are added, a block of columns at a time so that the sums stay in cache.
  constexpr Index block = 512;
  Shape outer = s.kept, outer_out = dense_strides(s.kept), outer_in = s.kept_strides;
  const Index columns = s.kept.back();
  outer[kept_rank - 1] = 1;
  kernels::for_rows<2>(outer, {outer_out, outer_in}, [&](auto& at, Index n, auto& step) {
    for (Index k = 0; k < n; ++k) {
      const T* from = in + at[1] + k * step[1];
      R* to = out + at[0] + k * step[0];
      parallel_for(columns,
                   s.reduced.numel() * columns > 4 * parallel_grain ? std::min(block, (columns + 1) / 2) : block,
                   [&](Index begin, Index end) {
                     for (Index c = begin; c < end; c += block) {
                       Sum<T> total[block] = {};
                       const Index width = std::min(block, end - c);
                       kernels::for_rows<1>(s.reduced, {s.reduced_strides}, [&](auto& o, Index m, auto& inner) {
                         for (Index j = 0; j < m; ++j) {
                           const T* row = from + c + o[0] + j * inner[0];
                           simd::run([&, row, width] {
                             for (Index i = 0; i < width; ++i) total[i] += static_cast<Sum<T>>(row[i]);
                           });
                         }
                       });
                       for (Index i = 0; i < width; ++i) to[c + i] = finish(total[i]);
                     }
                   });
    }
  });
}

Tensor reduce_sum(const char* op, const Tensor& x, const Axes& asked, bool keepdim, bool average) {
  const Axes axes = wrap_axes(op, asked, x.rank());
  double count = 1;
  for (const Index a : axes) count *= static_cast<double>(x.shape()[a]);
  if (average && count == 0) fail<ValueError>(op, ": no elements to average: axes ", asked, " of ", x.shape());
  return dispatch(x.dtype(), [&]<class T>() {
    using R = std::conditional_t<std::is_floating_point_v<T>, T, Index>;
    Tensor y(reduced_shape(x.shape(), axes, keepdim), dtype_of<R>());
    if (x.numel() == 0) y.fill(0);
    else sum_into<T, R>(y.write<R>(), x, axes, average ? count : 1);
    return y;
  });
}

template <class Better>
ValuesAndIndices extreme(const char* op, const Tensor& x, Index asked, bool keepdim, Better better) {
  const Index axis = wrap_axis(op, asked, x.rank());
  const Index n = x.shape()[axis], stride = x.strides()[axis];
  if (n == 0) fail<ValueError>(op, ": no elements along the axis: axis ", asked, " of ", x.shape());
  const Shape kept = reduced_shape(x.shape(), {axis}, true);
  ValuesAndIndices result{Tensor(kept, x.dtype()), Tensor(kept, DType::i64)};
  dispatch_number(x.dtype(), op, [&]<class T>() {
    const T* in = x.read<T>();
    T* values = result.values.template write<T>();
    Index* indices = result.indices.template write<Index>();
    kernels::for_rows<2>(kept, {dense_strides(kept), x.strides()}, [&](auto& at, Index m, auto& step) {
      for (Index k = 0; k < m; ++k) {
        const T* from = in + at[1] + k * step[1];
        Index best = 0;
        for (Index i = 1; i < n && from[best * stride] == from[best * stride]; ++i)
          if (better(from[i * stride], from[best * stride]) || from[i * stride] != from[i * stride]) best = i;
        values[at[0] + k * step[0]] = from[best * stride];
        indices[at[0] + k * step[0]] = best;
      }
    });
  });
  if (keepdim) return result;
  return {squeeze(result.values, axis), squeeze(result.indices, axis)};
}
constexpr auto larger = [](auto a, auto b) { return a > b; };
constexpr auto smaller = [](auto a, auto b) { return a < b; };

}  // namespace

Tensor sum(const Tensor& x) { return reduce_sum("sum", x, all_axes(x.rank()), false, false); }
Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) { return reduce_sum("sum", x, axes, keepdim, false); }
Tensor mean(const Tensor& x) { return mean(x, all_axes(x.rank())); }
Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  if (!is_floating(x.dtype())) fail<DTypeError>("mean: needs f32 or f64: got ", x.dtype());
  return reduce_sum("mean", x, axes, keepdim, true);
}

ValuesAndIndices max(const Tensor& x, Index axis, bool keepdim) { return extreme("max", x, axis, keepdim, larger); }
ValuesAndIndices min(const Tensor& x, Index axis, bool keepdim) { return extreme("min", x, axis, keepdim, smaller); }
Tensor max(const Tensor& x) { return extreme("max", flatten(x), 0, false, larger).values; }
Tensor min(const Tensor& x) { return extreme("min", flatten(x), 0, false, smaller).values; }
Tensor argmax(const Tensor& x, Index axis, bool keepdim) { return extreme("argmax", x, axis, keepdim, larger).indices; }
Tensor argmin(const Tensor& x, Index axis, bool keepdim) {
  return extreme("argmin", x, axis, keepdim, smaller).indices;
}
Tensor argmax(const Tensor& x) { return extreme("argmax", flatten(x), 0, false, larger).indices; }
Tensor argmin(const Tensor& x) { return extreme("argmin", flatten(x), 0, false, smaller).indices; }

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const Index lead = x.rank() - shape.size();
  if (lead < 0) fail<ShapeError>("sum_to: the shapes are unrelated: from ", x.shape(), " to ", shape);
  Axes axes;
  for (Index i = 0; i < x.rank(); ++i) {
    if (i < lead || (shape[i - lead] == 1 && x.shape()[i] != 1)) axes.push_back(i);
    else if (shape[i - lead] != x.shape()[i])
      fail<ShapeError>("sum_to: the shapes are unrelated: from ", x.shape(), " to ", shape);
  }
  return reshape(sum(x, axes, true), shape);
}

}  // namespace gradus
