#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/kernels/vecmath.hpp>
#include <gradus/tensor/softmax.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {
namespace {

/// The largest value of a row, and log(sum(e^(x - largest))): nothing overflows. They stay two numbers: their sum would be
/// rounded, at 1e8 by more than log_sum itself.
template <class T>
struct LogSumExp {
  T largest, log_sum;
  T log_softmax(T x) const { return (x - largest) - log_sum; }
};
/// f(0) + ... + f(n - 1) in many lanes, since compilers may not reorder sums themselves.
template <class F>
double sum_of(Index n, F f) {
  constexpr Index lanes = 16;
  double sum = 0;
  Index i = 0;
  if (n >= lanes) {
    double lane[lanes] = {};
    for (; i + lanes <= n; i += lanes)
      for (Index l = 0; l < lanes; ++l) lane[l] += static_cast<double>(f(i + l));
    for (const double part : lane) sum += part;
  }
  for (; i < n; ++i) sum += static_cast<double>(f(i));
  return sum;
}
template <class T>
LogSumExp<T> row_log_sum_exp(const T* x, Index n) {
  T largest = -std::numeric_limits<T>::infinity();
  for (Index i = 0; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
  if (largest == -std::numeric_limits<T>::infinity()) return {T(0), std::numeric_limits<T>::quiet_NaN()};
  const double sum = sum_of(n, [=](Index i) GRADUS_INLINED { return kernels::vec_exp(x[i] - largest); });
  return {largest, static_cast<T>(std::log(sum))};
}

template <class F>
Tensor by_rows(const char* op, const Tensor& x, Index asked, F row) {
  const Index axis = wrap_axis(op, asked, x.rank());
  if (axis != x.rank() - 1) return contiguous(transpose(by_rows(op, transpose(x, axis, -1), -1, row), axis, -1));
  const Tensor in = contiguous(x);
  Tensor y(x.shape(), x.dtype());
  const Index n = x.shape().back(), rows = n ? x.numel() / n : 0;
  dispatch_floating(x.dtype(), op, [&]<class T>() {
    const T* from = in.read<T>();
    T* to = y.write<T>();
    parallel_for(rows, std::max<Index>(1, 4096 / std::max<Index>(1, n)), [=](Index begin, Index end) {
      simd::run([=] {
        for (Index r = begin; r < end; ++r) row(to + r * n, from + r * n, n);
      });
    });
  });
  return y;
}

struct Checked {
  Index rows, classes;
};
Checked check(const Tensor& logits, const Tensor& labels, const Tensor& weight, const CrossEntropySettings& s) {
  if (logits.rank() != 2 || !(labels.shape() == Shape{logits.shape()[0]}))
    fail<ShapeError>("cross_entropy: needs logits [n, classes] and labels [n]: logits are ", logits.shape(),
                     ", labels are ", labels.shape());
  if (labels.dtype() != DType::i64) fail<DTypeError>("cross_entropy: labels must be i64: got ", labels.dtype());
  if (weight.defined() && (!(weight.shape() == Shape{logits.shape()[1]}) || weight.dtype() != logits.dtype()))
    fail<ShapeError>("cross_entropy: the class weights do not fit: weights are ", weight.dtype(), " ", weight.shape(),
                     ", logits are ", logits.dtype(), " ", logits.shape());
  if (!(s.label_smoothing >= 0 && s.label_smoothing <= 1))
    fail<ValueError>("cross_entropy: label_smoothing must lie in [0, 1]: got ", s.label_smoothing);
  const Tensor dense = contiguous(labels);
  const auto values = dense.span<Index>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != s.ignore_index && (values[i] < 0 || values[i] >= logits.shape()[1]))
      fail<IndexError>("cross_entropy: a label is out of range: label ", values[i], " in row ", i, ", there are ",
                       logits.shape()[1], " classes");
  return {logits.shape()[0], logits.shape()[1]};
}

/// t_ic of one row is `base(c)`, plus `peak` at the label; `total` is its sum.
template <class T>
struct RowTargets {
  const T* weight;  // or null
  T smoothing, share, weight_sum;

  RowTargets(const Tensor& w, Index classes, double s)
      : weight(w.defined() ? w.read<T>() : nullptr), smoothing(static_cast<T>(s)),
        share(static_cast<T>(s / static_cast<double>(classes))), weight_sum(static_cast<T>(classes)) {
    if (!weight) return;
    weight_sum = 0;
    for (Index c = 0; c < classes; ++c) weight_sum += weight[c];
  }
  T weight_of(Index c) const { return weight ? weight[c] : T(1); }
  T base(Index c) const { return share * weight_of(c); }
  T peak(Index label) const { return (T(1) - smoothing) * weight_of(label); }
  T total(Index label) const { return peak(label) + share * weight_sum; }
};

}  // namespace

Tensor softmax(const Tensor& x, Index axis) {
  return by_rows("softmax", x, axis, []<class T>(T* y, const T* in, Index n) {
    const auto normaliser = row_log_sum_exp(in, n);
    for (Index i = 0; i < n; ++i) y[i] = kernels::vec_exp(normaliser.log_softmax(in[i]));
  });
}
Tensor log_softmax(const Tensor& x, Index axis) {
  return by_rows("log_softmax", x, axis, []<class T>(T* y, const T* in, Index n) {
    const auto normaliser = row_log_sum_exp(in, n);
    for (Index i = 0; i < n; ++i) y[i] = normaliser.log_softmax(in[i]);
  });
}

CrossEntropyResult cross_entropy_forward(const Tensor& logits, const Tensor& labels, const Tensor& weight,
                                         const CrossEntropySettings& settings) {
  const auto [rows, classes] = check(logits, labels, weight, settings);
  CrossEntropyResult result{Tensor({rows}, logits.dtype()), Tensor({rows, 2}, logits.dtype()), 1};
  const Tensor x = contiguous(logits), y = contiguous(labels), w = weight.defined() ? contiguous(weight) : weight;
  dispatch_floating(logits.dtype(), "cross_entropy", [&, rows = rows, classes = classes]<class T>() {
    const RowTargets<T> t(w, classes, settings.label_smoothing);
    const T* in = x.read<T>();
    const Index* label = y.read<Index>();
    T *loss = result.loss.write<T>(), *normaliser = result.normaliser.write<T>();
    double sum = 0, weights = 0;
    for (Index r = 0; r < rows; ++r) {
      const T* row = in + r * classes;
      LogSumExp<T> l{};
      simd::run([&] { l = row_log_sum_exp(row, classes); });
      const auto loss_at = [&](Index c) {  // in double, where no difference of two floats overflows
        return static_cast<double>(l.largest) - static_cast<double>(row[c]) + static_cast<double>(l.log_sum);
      };
      double value = 0;
      if (label[r] != settings.ignore_index) {
        value = static_cast<double>(t.peak(label[r])) * loss_at(label[r]);
        if (t.share != T(0))
          simd::run([&] {
            value +=
                sum_of(classes, [&](Index c) GRADUS_INLINED { return static_cast<double>(t.base(c)) * loss_at(c); });
          });
        weights += static_cast<double>(t.weight_of(label[r]));
      }
      normaliser[2 * r] = l.largest;
      normaliser[2 * r + 1] = l.log_sum;
      loss[r] = static_cast<T>(value);
      sum += value;
    }
    if (settings.reduction == Reduction::none) return;
    if (settings.reduction == Reduction::mean) {
      if (weights == 0)
        fail<ValueError>("cross_entropy: the mean of no losses: ", rows, " rows, none with a label that counts");
      result.denominator = weights;
    }
    result.loss = full({}, static_cast<T>(sum / result.denominator), logits.dtype());
  });
  return result;
}

Tensor cross_entropy_backward(const Tensor& g, const Tensor& logits, const Tensor& labels, const Tensor& weight,
                              const Tensor& normaliser, const CrossEntropySettings& settings, double denominator) {
  const Index rows = logits.shape()[0], classes = logits.shape()[1];
  Tensor gradient(logits.shape(), logits.dtype());
  const Tensor x = contiguous(logits), y = contiguous(labels), w = weight.defined() ? contiguous(weight) : weight;
  const Tensor upstream = expand(g, {rows});
  dispatch_floating(logits.dtype(), "cross_entropy", [&]<class T>() {
    const RowTargets<T> t(w, classes, settings.label_smoothing);
    const T *in = x.read<T>(), *from = normaliser.read<T>(), *up = upstream.read<T>();
    const Index* label = y.read<Index>();
    const Index up_step = upstream.strides()[0];
    const auto ignored = settings.ignore_index;
    T* out = gradient.write<T>();
    parallel_for(rows, std::max<Index>(1, 4096 / std::max<Index>(1, classes)), [&](Index begin, Index end) {
      simd::run([&] {
        for (Index r = begin; r < end; ++r) {
          const T* row = in + r * classes;
          T* to = out + r * classes;
          if (label[r] == ignored) {
            std::fill(to, to + classes, T(0));
            continue;
          }
          const T scale = up[r * up_step] / static_cast<T>(denominator), total = scale * t.total(label[r]);
          const T share = t.share == T(0) ? T(0) : scale * t.share;  // no 0 * inf
          const LogSumExp<T> l{from[2 * r], from[2 * r + 1]};
          for (Index c = 0; c < classes; ++c)
            to[c] = total * kernels::vec_exp(l.log_softmax(row[c])) - share * t.weight_of(c);
          to[label[r]] -= scale * t.peak(label[r]);
        }
      });
    });
  });
  return gradient;
}

Tensor cross_entropy_targets(const Tensor& labels, const Tensor& weight, Index classes, DType dtype,
                             const CrossEntropySettings& settings) {
  Tensor targets = zeros({labels.shape()[0], classes}, dtype);
  const Tensor y = contiguous(labels), w = weight.defined() ? contiguous(weight) : weight;
  dispatch_floating(dtype, "cross_entropy", [&]<class T>() {
    const RowTargets<T> t(w, classes, settings.label_smoothing);
    T* out = targets.write<T>();
    const Index* label = y.read<Index>();
    for (Index r = 0; r < labels.shape()[0]; ++r) {
      if (label[r] == settings.ignore_index) continue;
      for (Index c = 0; c < classes; ++c) out[r * classes + c] = t.base(c) + (c == label[r] ? t.peak(c) : T(0));
    }
  });
  return targets;
}

}  // namespace gradus
