#include "ops/table.hpp"

#include <cmath>

namespace optable {

Index broadcast_position(Index n, const Shape& to, const Shape& from) {
  Index position = 0, stride = 1;
  const Index lead = to.size() - from.size();
  for (Index i = to.size(); i-- > 0; n /= to[i]) {
    if (i < lead) continue;
    if (from[i - lead] != 1) position += n % to[i] * stride;
    stride *= from[i - lead];
  }
  return position;
}

Reference each(double (*f)(double)) {
  return [f](const std::vector<Tensor>& x) {
    auto values = x[0].to_vector<double>();
    for (double& v : values) v = f(v);
    return values;
  };
}
Reference each2(double (*f)(double, double)) {
  return [f](const std::vector<Tensor>& x) {
    const auto a = x[0].to_vector<double>(), b = x[1].to_vector<double>();
    const Shape to = broadcast_shapes("reference", x[0].shape(), x[1].shape());
    std::vector<double> values;
    for (Index n = 0; n < to.numel(); ++n)
      values.push_back(f(a[static_cast<std::size_t>(broadcast_position(n, to, x[0].shape()))],
                         b[static_cast<std::size_t>(broadcast_position(n, to, x[1].shape()))]));
    return values;
  };
}

Reference by_lines(std::vector<LineStep> steps) {
  return [steps = std::move(steps)](const std::vector<Tensor>& x) {
    Values values = x[0].to_vector<double>();
    Shape shape = x[0].shape();
    for (const LineStep& step : steps) {
      const Index axis = step.axis < 0 ? step.axis + shape.size() : step.axis, n = shape[axis];
      Index inner = 1, outer = 1;
      for (Index i = 0; i < shape.size(); ++i)
        if (i != axis) (i < axis ? outer : inner) *= shape[i];
      const auto m = static_cast<Index>(step.f(Values(static_cast<std::size_t>(n))).size());
      Values out(static_cast<std::size_t>(outer * m * inner));
      for (Index o = 0; o < outer; ++o)
        for (Index i = 0; i < inner; ++i) {
          Values line;
          for (Index k = 0; k < n; ++k) line.push_back(values[static_cast<std::size_t>((o * n + k) * inner + i)]);
          const Values changed = step.f(line);
          for (Index k = 0; k < m; ++k) out[static_cast<std::size_t>((o * m + k) * inner + i)] = changed[static_cast<std::size_t>(k)];
        }
      values = std::move(out);
      shape[axis] = m;
    }
    return values;
  };
}

Tensor sample_values(const Shape& shape, double low, double high, Generator& generator) {
  // A shuffled grid, jittered by less than half its step: distinct, and away from 0.
  const Index n = shape.numel();
  Tensor t(shape, DType::f64);
  const Tensor order = randperm(n, generator);
  double* out = t.write<double>();
  const double step = (high - low) / static_cast<double>(n + 1);
  for (Index i = 0; i < n; ++i) {
    const double place = static_cast<double>(order.read<Index>()[i]) + 0.75 + 0.5 * generator.next_double();
    double v = low + step * place;
    if (std::abs(v) < 0.02 * (high - low) / static_cast<double>(n + 1)) v += 0.1 * step;
    out[i] = v;
  }
  return t;
}

const std::vector<OpRow>& all_rows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> all;
    for (auto family : {arithmetic_rows, elementwise_rows, reduce_rows, statistics_rows, shape_rows, index_rows, rearrange_rows,
                        linalg_rows, decomposition_rows, loss_rows})
      for (OpRow& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return rows;
}

}  // namespace optable
