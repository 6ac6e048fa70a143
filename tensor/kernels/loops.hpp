// Loops over strided operands. Element-wise kernels are written once, as a function of one element; these templates
// bring them to every layout: one flat loop where the layouts allow it, else rows of the innermost axis.
#pragma once
#include <gradus/tensor/kernels/simd.hpp>
#include <gradus/tensor/parallel.hpp>
#include <gradus/tensor/tensor.hpp>

#include <array>

namespace gradus::kernels {

/// Drops axes of extent 1 and joins neighbouring axes that all operands step through alike, so that rows are long.
template <std::size_t N>
void coalesce(Shape& shape, std::array<Strides, N>& strides) {
  Shape joined;
  std::array<Strides, N> steps;
  for (Index i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    const Index last = joined.size() - 1;
    bool joins = last >= 0;
    for (std::size_t k = 0; joins && k < N; ++k) joins = steps[k][last] == strides[k][i] * shape[i];
    if (joins) joined[last] *= shape[i];
    else joined.push_back(shape[i]);
    for (std::size_t k = 0; k < N; ++k) {
      if (joins) steps[k][last] = strides[k][i];
      else steps[k].push_back(strides[k][i]);
    }
  }
  shape = joined;
  strides = steps;
}

/// Visits every row (innermost axis) of N operands of one shape: f(offsets, row length, steps inside the row).
template <std::size_t N, class F>
void for_rows(Shape shape, std::array<Strides, N> strides, F&& f) {
  coalesce(shape, strides);
  std::array<Index, N> offset{}, step{};
  const Index rank = shape.size(), inner = rank ? shape[rank - 1] : 1;
  if (shape.numel() == 0) return;
  const Index rows = shape.numel() / inner;
  if (rank)
    for (std::size_t k = 0; k < N; ++k) step[k] = strides[k][rank - 1];
  Shape at = shape;
  for (Index& i : at) i = 0;
  for (Index row = 0; row < rows; ++row) {
    f(offset, inner, step);
    for (Index i = rank - 2; i >= 0; --i) {
      for (std::size_t k = 0; k < N; ++k) offset[k] += strides[k][i];
      if (++at[i] < shape[i]) break;
      for (std::size_t k = 0; k < N; ++k) offset[k] -= strides[k][i] * shape[i];
      at[i] = 0;
    }
  }
}

/// An element type as a kernel returns it: bool + bool is int in C++, u8 + u8 too.
template <class T, class F, class... Args>
using Result = std::conditional_t<std::is_same_v<std::invoke_result_t<F, Args...>, bool>, bool, T>;

template <class R, class T, class F>
void flat_loop(R* out, const T* a, Index n, Index grain, F f) {
  parallel_for(n, grain, [=](Index begin, Index end) {
    simd::run([=] {
      GRADUS_IVDEP
      for (Index i = begin; i < end; ++i) out[i] = static_cast<R>(f(a[i]));
    });
  });
}

/// y[i] = f(x[i]), R being the element type of y. `grain` is smaller for expensive functions.
template <class R, class T, class F>
void map_into(Tensor& y, const Tensor& x, F f, Index grain = parallel_grain) {
  const T* a = x.read<T>();
  R* out = y.write<R>();
  if (x.strides() == y.strides() && is_dense(x.shape(), x.strides())) return flat_loop(out, a, x.numel(), grain, f);
  for_rows<2>(x.shape(), {y.strides(), x.strides()}, [&](auto& offset, Index n, auto& step) {
    R* o = out + offset[0];
    const T* p = a + offset[1];
    for (Index i = 0; i < n; ++i) o[i * step[0]] = static_cast<R>(f(p[i * step[1]]));
  });
}
template <class R, class T, class F>
Tensor map(const Tensor& x, F f, Index grain = parallel_grain) {
  Tensor y = is_dense(x.shape(), x.strides()) ? Tensor(x.shape(), dtype_of<R>()).as_strided(x.shape(), x.strides())
                                              : Tensor(x.shape(), dtype_of<R>());
  map_into<R, T>(y, x, f, grain);
  return y;
}
/// The same, overwriting x where this handle is its only owner.
template <class T, class F>
Tensor map_reusing(Tensor x, F f, Index grain = parallel_grain) {
  if (!x.is_reusable()) return map<T, T>(x, f, grain);
  const Index n = x.numel();
  T* a = x.write<T>();
  parallel_for(n, grain, [=](Index begin, Index end) {
    simd::run([=] {
      GRADUS_IVDEP
      for (Index i = begin; i < end; ++i) a[i] = f(a[i]);
    });
  });
  return x;
}

/// y[i] = f(a[i], b[i]) for operands already broadcast to y's shape.
template <class R, class T, class F>
void zip_into(Tensor& y, const Tensor& a, const Tensor& b, F f, Index grain = parallel_grain) {
  const T *p = a.read<T>(), *q = b.read<T>();
  R* out = y.write<R>();
  if (a.strides() == y.strides() && b.strides() == y.strides() && is_dense(y.shape(), y.strides())) {
    parallel_for(y.numel(), grain, [=](Index begin, Index end) {
      simd::run([=] {
        GRADUS_IVDEP
        for (Index i = begin; i < end; ++i) out[i] = static_cast<R>(f(p[i], q[i]));
      });
    });
    return;
  }
  for_rows<3>(y.shape(), {y.strides(), a.strides(), b.strides()}, [&](auto& offset, Index n, auto& step) {
    R* o = out + offset[0];
    const T *x = p + offset[1], *z = q + offset[2];
    if (step[0] == 1 && step[1] == 1 && step[2] == 1) {
      simd::run([=] {
        GRADUS_IVDEP
        for (Index i = 0; i < n; ++i) o[i] = static_cast<R>(f(x[i], z[i]));
      });
    } else if (step[0] == 1 && step[1] == 1 && step[2] == 0) {
      const T c = *z;
      simd::run([=] {
        GRADUS_IVDEP
        for (Index i = 0; i < n; ++i) o[i] = static_cast<R>(f(x[i], c));
      });
    } else {
      for (Index i = 0; i < n; ++i) o[i * step[0]] = static_cast<R>(f(x[i * step[1]], z[i * step[2]]));
    }
  });
}

}  // namespace gradus::kernels
