#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/ops/loss.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus {

Variable log_softmax(const Variable& x, Index axis) {
  return record("log_softmax", log_softmax(x.data(), axis), edge(x, [axis](auto& g, auto& y) {
                  return g - exp(y) * sum(g, {axis}, true);
                }, output));
}
Variable softmax(const Variable& x, Index axis) {
  return record("softmax", softmax(x.data(), axis), edge(x, [axis](auto& g, auto& y) {
                  return (g - sum(g * y, {axis}, true)) * y;
                }, output));
}

namespace {

/// logits [n, classes, d...] -> [n * d..., classes].
Variable class_rows(const Variable& logits) {
  if (logits.rank() == 2) return logits;
  Axes order{0};
  for (Index i = 2; i < logits.rank(); ++i) order.push_back(i);
  order.push_back(1);
  return reshape(permute(logits, order), {-1, logits.size(1)});
}

/// Brings logits and labels to [n, classes] and [n], and the loss back to the labels' shape.
template <class Loss>
Variable by_rows(const Variable& logits, const Tensor& labels, Reduction reduction, Loss loss) {
  if (logits.rank() == 2) return loss(logits, labels);
  if (logits.rank() == 1 && labels.rank() == 0) {
    const Variable y = loss(unsqueeze(logits, 0), unsqueeze(labels, 0));
    return reduction == Reduction::none ? squeeze(y, 0) : y;
  }
  bool fits = logits.rank() > 2 && labels.rank() == logits.rank() - 1 && labels.shape()[0] == logits.shape()[0];
  for (Index i = 2; fits && i < logits.rank(); ++i) fits = labels.shape()[i - 1] == logits.shape()[i];
  if (!fits)
    fail<ShapeError>("cross_entropy: needs logits [n, classes, ...] and labels [n, ...]: logits are ", logits.shape(),
                     ", labels are ", labels.shape());
  if (logits.numel() == 0) fail<ValueError>("cross_entropy: no losses: logits are ", logits.shape());
  const Variable y = loss(class_rows(logits), reshape(labels, {labels.numel()}));
  return reduction == Reduction::none ? reshape(y, labels.shape()) : y;
}

/// Targets that are probabilities: -sum_c w_c t_c log softmax(x)_c, the mean over the rows.
Variable with_probabilities(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& o) {
  if (!(targets.shape() == logits.shape()) || logits.rank() < 1)
    fail<ShapeError>("cross_entropy: probabilities must have the logits' shape: targets are ", targets.shape(),
                     ", logits are ", logits.shape());
  if (o.ignore_index)
    fail<ValueError>("cross_entropy: ignore_index needs labels, the targets are probabilities: got ", *o.ignore_index,
                     " and ", targets.dtype(), " ", targets.shape(), " — leave those rows out of both");
  if (!(o.label_smoothing >= 0 && o.label_smoothing <= 1))
    fail<ValueError>("cross_entropy: label_smoothing must lie in [0, 1]: got ", o.label_smoothing);
  const Index axis = logits.rank() == 1 ? 0 : 1, classes = logits.size(axis);
  Tensor t = to(targets, logits.dtype()) * (1 - o.label_smoothing) + o.label_smoothing / static_cast<double>(classes);
  if (o.weight.defined()) {
    Shape shape;
    for (Index i = 0; i < logits.rank(); ++i) shape.push_back(i == axis ? classes : 1);
    t = t * reshape(o.weight, shape);
  }
  const Variable losses = -sum(log_softmax(logits, axis) * t, {axis});
  return o.reduction == Reduction::none ? losses : o.reduction == Reduction::sum ? sum(losses) : mean(losses);
}

/// Whether the loss of a row reads the log-softmax of a class: that of the label, with label smoothing all.
Tensor classes_read(const Tensor& labels, const Shape& logits, const CrossEntropySettings& s) {
  const Tensor column = unsqueeze(labels, 1), row = unsqueeze(arange(logits[1], DType::i64), 0);
  const Tensor read = s.label_smoothing > 0 ? expand(row >= 0, logits) : row == column;
  return s.ignore_index ? read & (column != *s.ignore_index) : read;
}

CrossEntropySettings settings_of(const CrossEntropyOptions& o) { return {o.ignore_index, o.reduction, o.label_smoothing}; }

}  // namespace

Variable cross_entropy(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& o) {
  if (is_floating(targets.dtype())) return with_probabilities(logits, targets, o);
  return by_rows(logits, targets, o.reduction, [&](const Variable& x, const Tensor& labels) {
    const CrossEntropySettings s = settings_of(o);
    CrossEntropyResult result = cross_entropy_forward(x.data(), labels, o.weight, s);
    const double denominator = result.denominator;
    const auto formula = [s, denominator](auto& g, auto& x, auto& labels, auto& weight, auto&) {
      const Tensor t = cross_entropy_targets(labels.data(), weight.data(), x.size(1), x.dtype(), s);
      const Variable row = s.reduction == Reduction::none ? unsqueeze(g, 1) : g / denominator;
      // Masked, as 0 times an infinite gradient or a NaN in a row that does not count would be NaN.
      const Variable to_log_softmax = where(classes_read(labels.data(), x.shape(), s), row * t, scalar_tensor(0, x.dtype()));
      const Variable counting = s.ignore_index ? masked_fill(x, unsqueeze(labels.data(), 1) == *s.ignore_index, 0) : x;
      return exp(log_softmax(counting, 1)) * sum(to_log_softmax, {1}, true) - to_log_softmax;
    };
    const auto kernel = [s, denominator](auto& g, auto& x, auto& labels, auto& weight, auto& normaliser) -> Variable {
      return cross_entropy_backward(g.data(), x.data(), labels.data(), weight.data(), normaliser.data(), s, denominator);
    };
    return record("cross_entropy", std::move(result.loss), edge(x, fused(formula, kernel), x, Variable(labels),
                  Variable(o.weight), Variable(result.normaliser)));
  });
}

Variable composed_cross_entropy(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& o) {
  if (is_floating(targets.dtype())) return with_probabilities(logits, targets, o);
  return by_rows(logits, targets, o.reduction, [&](const Variable& x, const Tensor& labels) {
    const CrossEntropySettings s = settings_of(o);
    const double denominator = cross_entropy_forward(x.data(), labels, o.weight, s).denominator;
    const Tensor t = cross_entropy_targets(labels, o.weight, x.size(1), x.dtype(), s);
    const Variable losses = -sum(log_softmax(x, 1) * t, {1});
    return s.reduction == Reduction::none ? losses : sum(losses) / denominator;
  });
}

}  // namespace gradus
