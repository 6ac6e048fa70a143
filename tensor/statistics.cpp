#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/kernels/fold.hpp>
#include <gradus/tensor/statistics.hpp>

#include <cmath>
#include <functional>
#include <limits>

namespace gradus {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Index count_of(const char* op, const Tensor& x, const Axes& axes) {
  Index n = 1;
  for (const Index a : wrap_axes(op, axes, x.rank())) n *= x.shape()[a];
  return n;
}
void check_not_empty(const char* op, const Tensor& x, const Axes& axes) {
  if (count_of(op, x, axes) == 0) fail<ValueError>(op, ": no elements: axes ", axes, " of ", x.shape());
}
/// What sums and products of T are accumulated in: whole numbers wrap around, which signed ones may not in C++.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
template <class T>
using Stored = std::conditional_t<std::is_floating_point_v<T>, T, Index>;

template <class T>
bool is_nan(T v) {
  if constexpr (std::is_floating_point_v<T>) return v != v;
  else return false;
}

template <class Better>
Tensor extreme(const char* op, const Tensor& x, const Axes& axes, bool keepdim, Better better) {
  check_not_empty(op, x, axes);
  return dispatch_number(x.dtype(), op, [&]<class T>() {
    return kernels::fold<T, T>(op, x, axes, keepdim, [=](auto each) {
      bool first = true;
      T best{};
      each([&](T v) {
        if (first || better(v, best) || is_nan(v)) best = v;
        first = false;
      });
      return best;
    });
  });
}

/// One norm; `each` goes through the values as often as it is called.
template <class Each>
double norm_of(double p, Each each) {
  double largest = 0, smallest = infinity;
  bool nan = false;
  const auto look = [&](double v) {
    const double size = std::abs(v);
    nan |= size != size;
    largest = std::max(largest, size);
    smallest = std::min(smallest, size);
  };
  if (p == 0) {
    double count = 0;
    each([&](double v) { count += v != 0; });
    return count;
  }
  if (std::isinf(p)) {
    each(look);
    return nan ? std::numeric_limits<double>::quiet_NaN() : p > 0 ? largest : smallest;
  }
  const auto root = [p](double total) { return p == 2 ? std::sqrt(total) : p == 1 ? total : std::pow(total, 1 / p); };
  double total = 0;
  if (p == 2) each([&](double v) { total += v * v; });
  else if (p == 1) each([&](double v) { total += std::abs(v); });
  else each([&](double v) { total += std::pow(std::abs(v), p); });
  if (total > 1e-280 && std::isfinite(total)) return root(total);
  each(look);  // powers beyond the range, or no digits left: again, of values scaled into it
  const double unit = p > 0 ? largest : smallest;
  if (nan || unit == 0 || std::isinf(unit)) return root(total);
  total = 0;
  each([&](double v) { total += std::pow(std::abs(v) / unit, p); });
  return unit * root(total);
}

template <class F>
Tensor scan(const char* op, const Tensor& x, Index asked, F f) {
  const Index axis = wrap_axis(op, asked, x.rank());
  return dispatch(x.dtype(), [&]<class T>() {
    Tensor y(x.shape(), dtype_of<Stored<T>>());
    if (x.numel() == 0) return y;
    const T* in = x.read<T>();
    Stored<T>* out = y.template write<Stored<T>>();
    const Index n = x.shape()[axis], in_step = x.strides()[axis], out_step = y.strides()[axis];
    const Shape lines = reduced_shape(x.shape(), {axis}, true);
    kernels::for_rows<2>(lines, {y.strides(), x.strides()}, [&](auto& at, Index m, auto& by) {
      const bool side_by_side = by[0] == 1 && by[1] == 1;  // lines that go together, a row of them at a time
      constexpr Index most = 256;
      for (Index k = 0; k < m; k += side_by_side ? most : 1) {
        const T* from = in + at[1] + k * by[1];
        Stored<T>* to = out + at[0] + k * by[0];
        Wide<T> total[most];
        const Index width = side_by_side ? std::min(most, m - k) : 1;
        for (Index j = 0; j < width; ++j) to[j] = static_cast<Stored<T>>(total[j] = static_cast<Wide<T>>(from[j]));
        if (width == 1) {
          Wide<T> sum = total[0];
          for (Index i = 1; i < n; ++i)
            to[i * out_step] = static_cast<Stored<T>>(sum = f(sum, static_cast<Wide<T>>(from[i * in_step])));
        } else {
          for (Index i = 1; i < n; ++i)
            for (Index j = 0; j < width; ++j)
              to[i * out_step + j] =
                  static_cast<Stored<T>>(total[j] = f(total[j], static_cast<Wide<T>>(from[i * in_step + j])));
        }
      }
    });
    return y;
  });
}

}  // namespace

namespace {
/// The variance, or its root: taken before it is rounded, since it may be in T's range where the variance is not.
Tensor spread(const char* op, const Tensor& x, const Axes& axes, double correction, bool keepdim, bool root) {
  if (!(correction >= 0) || !std::isfinite(correction))
    fail<ValueError>(op, ": the correction must be finite and at least 0: got ", correction);
  return dispatch_floating(x.dtype(), op, [&]<class T>() {
    check_not_empty(op, x, axes);
    const auto n = static_cast<double>(count_of(op, x, axes));
    return kernels::fold<T, T>(op, x, axes, keepdim, [=](auto each) {
      // Distances from the first value: where all are equal the result is exactly 0.
      double origin = 0, sum = 0;
      bool first = true;
      each([&](T v) {
        if (first) origin = static_cast<double>(v);
        first = false;
        sum += static_cast<double>(v) - origin;
      });
      const double mean = origin + sum / n, freedom = std::max(0.0, n - correction);
      const auto deviations = [&](auto g) { each([&](T v) { g(static_cast<double>(v) - mean); }); };
      if (root) return static_cast<T>(norm_of(2, deviations) / std::sqrt(freedom));
      double squares = 0;
      deviations([&](double d) { squares += d * d; });
      return static_cast<T>(squares / freedom);
    });
  });
}
}  // namespace
Tensor var(const Tensor& x) { return var(x, all_axes(x.rank())); }
Tensor var(const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  return spread("var", x, axes, correction, keepdim, false);
}
Tensor stddev(const Tensor& x) { return stddev(x, all_axes(x.rank())); }
Tensor stddev(const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  return spread("stddev", x, axes, correction, keepdim, true);
}

Tensor prod(const Tensor& x) { return prod(x, all_axes(x.rank())); }
Tensor prod(const Tensor& x, const Axes& axes, bool keepdim) {
  return dispatch(x.dtype(), [&]<class T>() {
    return kernels::fold<T, Stored<T>>("prod", x, axes, keepdim, [](auto each) {
      Wide<T> product = 1;
      each([&](T v) { product *= static_cast<Wide<T>>(v); });
      return static_cast<Stored<T>>(product);
    });
  });
}

Tensor amax(const Tensor& x, const Axes& axes, bool keepdim) {
  return extreme("amax", x, axes, keepdim, [](auto a, auto b) { return a > b; });
}
Tensor amin(const Tensor& x, const Axes& axes, bool keepdim) {
  return extreme("amin", x, axes, keepdim, [](auto a, auto b) { return a < b; });
}

Tensor norm(const Tensor& x, double p) { return norm(x, p, all_axes(x.rank())); }
Tensor norm(const Tensor& x, double p, const Axes& axes, bool keepdim) {
  if (std::isnan(p)) fail<ValueError>("norm: the order is NaN");
  return dispatch_floating(x.dtype(), "norm", [&]<class T>() {
    if (std::isinf(p)) check_not_empty("norm", x, axes);
    return kernels::fold<T, T>("norm", x, axes, keepdim, [=](auto each) {
      return static_cast<T>(norm_of(p, [&](auto g) { each([&](T v) { g(static_cast<double>(v)); }); }));
    });
  });
}

Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdim) {
  return dispatch_floating(x.dtype(), "logsumexp", [&]<class T>() {
    return kernels::fold<T, T>("logsumexp", x, axes, keepdim, [](auto each) {
      double largest = -infinity, sum = 0;
      bool nan = false;
      each([&](T v) {
        nan |= v != v;
        largest = std::max(largest, static_cast<double>(v));
      });
      if (nan) return std::numeric_limits<T>::quiet_NaN();
      if (std::isinf(largest)) return static_cast<T>(largest);
      each([&](T v) { sum += std::exp(static_cast<double>(v) - largest); });
      return static_cast<T>(largest + std::log(sum));
    });
  });
}

Tensor cumsum(const Tensor& x, Index axis) { return scan("cumsum", x, axis, std::plus()); }
Tensor cumprod(const Tensor& x, Index axis) { return scan("cumprod", x, axis, std::multiplies()); }

}  // namespace gradus
