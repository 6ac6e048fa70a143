#include <gradus/optim/adafactor.hpp>
#include <gradus/optim/element.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::optim {
namespace {
struct Limits {
  double epsilon, smallest, largest;
};
Limits limits_of(DType dtype) {
  return dispatch_floating(dtype, "Adafactor", [&]<class T>() {
    using L = std::numeric_limits<T>;
    return Limits{L::epsilon(), L::min(), L::max()};
  });
}
}  // namespace

std::span<const OptionRow<AdafactorOptions>> AdafactorOptions::rows() {
  using O = AdafactorOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"beta2_decay", &O::beta2_decay, {-std::numeric_limits<double>::infinity(), 0}},
                                       {"eps1", &O::eps1},
                                       {"eps2", &O::eps2},
                                       {"d", &O::d, {1}},
                                       {"weight_decay", &O::weight_decay},
                                       {"maximize", &O::maximize}};
  return table;
}

std::vector<OptimizerBase::StateRow> Adafactor::state_rows(const Shape& p) const {
  if (p.size() < 2) return {{"variance", p}};
  return {{"row_var", reduced_shape(p, {p.size() - 1}, true)}, {"col_var", reduced_shape(p, {p.size() - 2}, true)}};
}

void Adafactor::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  if (p.numel() == 0) return;  // no means to take
  const auto t = static_cast<double>(++state.step);
  const double forget = std::pow(t, o.beta2_decay), root_n = std::sqrt(std::max(1.0, static_cast<double>(p.numel())));
  const auto [epsilon, smallest, largest] = limits_of(p.dtype());
  const double eps1 = o.eps1 > 0 ? std::max(o.eps1, smallest) : epsilon, most = largest;
  const double step_size = std::max(o.eps2, norm(p).item() / root_n) * std::min(o.lr, 1 / std::sqrt(t));
  const auto towards = [&](Tensor& mean, const Tensor& value) {
    mean.copy_from(mean * (1 - forget) + clamp_max(value, most) * forget);  // infinite ones would have no ratio
  };
  const Tensor squares = g * g;
  Tensor variance;
  if (p.rank() > 1) {
    Tensor& rows = state.slot("row_var", reduced_shape(p.shape(), {p.rank() - 1}, true));
    Tensor& columns = state.slot("col_var", reduced_shape(p.shape(), {p.rank() - 2}, true));
    towards(rows, mean(squares, {-1}, true));
    towards(columns, mean(squares, {-2}, true));
    variance = rows * (columns / clamp_min(mean(rows, {-2}, true), eps1));  // the product of both may overflow
  } else {
    towards(state["variance"], squares);
    variance = state["variance"];
  }
  const Tensor update = g / clamp_min(sqrt(variance), eps1);
  const double scale = step_size / std::max(1.0, norm(update).item() / (root_n * o.d)) * (o.maximize ? -1 : 1);
  p.copy_from(p * (1 - o.lr * o.weight_decay) - update * scale);
}

}  // namespace gradus::optim
