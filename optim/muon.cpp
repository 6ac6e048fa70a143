#include <gradus/optim/element.hpp>
#include <gradus/optim/muon.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/matmul.hpp>
#include <gradus/tensor/statistics.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<MuonOptions>> MuonOptions::rows() {
  using O = MuonOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"weight_decay", &O::weight_decay},
                                       {"momentum", &O::momentum, unit_open},
                                       {"nesterov", &O::nesterov},
                                       {"a", &O::a, any_finite},
                                       {"b", &O::b, any_finite},
                                       {"c", &O::c, any_finite},
                                       {"eps", &O::eps},
                                       {"ns_steps", &O::ns_steps, {0, 100, true}},
                                       {"match_rms_adamw", &O::match_rms_adamw}};
  return table;
}

Tensor orthogonalize(const Tensor& x, Index steps, double a, double b, double c, double eps) {
  if (x.rank() < 2) fail<ShapeError>("orthogonalize: needs at least two axes: shape is ", x.shape());
  const bool tall = x.size(-2) > x.size(-1);
  Tensor y = tall ? transpose(x) : x;
  y = y / clamp_min(norm(y, 2, {-2, -1}, true), eps);
  for (Index i = 0; i < steps; ++i) {
    const Tensor square = matmul(y, transpose(y));
    y = y * a + matmul(square * b + matmul(square, square) * c, y);
  }
  return tall ? transpose(y) : y;
}

void MuonOptions::check_parameters(const std::vector<Variable>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].rank() < 2)
      fail<ValueError>("Muon: parameter ", i, " is no matrix: its shape is ", parameters[i].shape(),
                       " — give biases, gains and embeddings to AdamW, as muon_with_adamw does");
}

void Muon::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  Tensor direction = empty_like(p);
  ++state.step;
  // clang-format off
  for_each_element([=](auto g, auto& m, auto& u) {
    m = lerp(m, g, 1 - o.momentum);
    u = o.nesterov ? lerp(g, m, o.momentum) : m;
  }, g, state["momentum_buffer"], direction);
  // clang-format on
  const Index rows = p.size(0), columns = p.numel() / std::max<Index>(1, rows);
  const double ratio = static_cast<double>(rows) / static_cast<double>(std::max<Index>(1, columns));
  const double scale = o.match_rms_adamw ? 0.2 * std::sqrt(static_cast<double>(std::max(rows, columns)))
                                         : std::sqrt(std::max(1.0, ratio));
  const Tensor step = orthogonalize(reshape(direction, {rows, columns}), o.ns_steps, o.a, o.b, o.c, o.eps);
  p.copy_from(p * (1 - o.lr * o.weight_decay) - reshape(step, p.shape()) * (o.lr * scale));
}

}  // namespace gradus::optim
