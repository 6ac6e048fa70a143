#include "ops/table.hpp"

#include <cmath>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
Variable some(const Shape& s) { return leaf(ones(s)); }
const Tensor labels = tensor<Index>({1, 0, 2, 2});

std::vector<double> log_probabilities(const Tensor& x) {  // rows of a matrix
  auto v = x.to_vector<double>();
  const std::size_t n = static_cast<std::size_t>(x.size(1));
  for (std::size_t r = 0; r < v.size(); r += n) {
    double sum = 0;
    for (std::size_t c = 0; c < n; ++c) sum += std::exp(v[r + c]);
    for (std::size_t c = 0; c < n; ++c) v[r + c] -= std::log(sum);
  }
  return v;
}
Reference loss_reference(CrossEntropyOptions o) {
  return [o](const std::vector<Tensor>& x) {
    const auto lp = log_probabilities(x[0]);
    const std::size_t n = static_cast<std::size_t>(x[0].size(1));
    std::vector<double> losses;
    double total = 0, weights = 0;
    for (std::size_t r = 0; r < 4; ++r) {
      const auto y = static_cast<std::size_t>(labels.read<Index>()[r]);
      const auto w = [&](std::size_t c) { return o.weight.defined() ? o.weight.read<double>()[c] : 1.0; };
      double l = 0;
      if (static_cast<Index>(y) != o.ignore_index) {
        l = -(1 - o.label_smoothing) * w(y) * lp[r * n + y];
        for (std::size_t c = 0; c < n; ++c) l -= o.label_smoothing / static_cast<double>(n) * w(c) * lp[r * n + c];
        weights += w(y);
      }
      losses.push_back(l);
      total += l;
    }
    if (o.reduction == Reduction::none) return losses;
    return std::vector<double>{o.reduction == Reduction::sum ? total : total / weights};
  };
}
OpRow loss_row(CrossEntropyOptions o, std::vector<ErrorRow> errors = {}) {
  return {"cross_entropy", [o](V x) { return cross_entropy(x[0], labels, o); }, {{{4, 3}}, {{4, 5}}}, -2, 2, loss_reference(o), std::move(errors), !o.weight.defined()};
}
}  // namespace

std::vector<OpRow> loss_rows() {
  const Reference rows = [](const std::vector<Tensor>& x) { return log_probabilities(x[0]); };
  std::vector<OpRow> table = {
      {"log_softmax", [](V x) { return log_softmax(x[0], 1); }, {{{2, 3}}, {{1, 1}}, {{3, 33}}}, -2, 2, rows,
       {{[] { log_softmax(some({2}), 1); }, "log_softmax: axis is out of range: axis is 1"},
        {[] { log_softmax(Variable(ones({2}, DType::i64)), 0); }, "log_softmax: needs f32 or f64: got i64"}}},
      {"log_softmax", [](V x) { return transpose(log_softmax(transpose(x[0]), 0)); }, {{{2, 3}}, {{4, 20}}}, -2, 2, rows, {}},
      {"softmax", [](V x) { return softmax(x[0], -1); }, {{{2, 3}}, {{1, 1}}, {{3, 33}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         auto v = log_probabilities(x[0]);
         for (double& a : v) a = std::exp(a);
         return v;
       },
       {{[] { softmax(some({2}), -2); }, "softmax: axis is out of range: axis is -2"},
        {[] { softmax(Variable(ones({2}, DType::u8)), 0); }, "softmax: needs f32 or f64: got u8"}}},
  };
  table.push_back(loss_row({}, {
      {[] { cross_entropy(some({2, 10}), tensor<Index>({1, 10})); }, "cross_entropy: a label is out of range: label 10 in row 1, there are 10 classes"},
      {[] { cross_entropy(some({1, 10}), tensor<Index>({-1})); }, "cross_entropy: a label is out of range: label -1 in row 0"},
      {[] { cross_entropy(some({0, 10}), empty({0}, DType::i64)); }, "cross_entropy: the mean of no losses: 0 rows"},
      {[] { cross_entropy(some({2, 3}), tensor<Index>({1, 1}), {.ignore_index = 1}); }, "cross_entropy: the mean of no losses: 2 rows, none with a label that counts"},
      {[] { cross_entropy(some({2, 3}), labels); }, "cross_entropy: needs logits [n, classes] and labels [n]: logits are [2, 3], labels are [4]"},
      {[] { cross_entropy(some({2, 3}), full({2}, true, DType::boolean)); }, "cross_entropy: labels must be i64: got bool"},
      {[] { cross_entropy(some({2, 3}), ones({2})); }, "cross_entropy: probabilities must have the logits' shape: targets are [2], logits are [2, 3]"},
      {[] { cross_entropy(some({1, 3}), tensor<Index>({1}), {.weight = ones({2})}); }, "cross_entropy: the class weights do not fit: weights are f32 [2], logits are f32 [1, 3]"},
      {[] { cross_entropy(some({1, 3}), tensor<Index>({1}), {.label_smoothing = 1.5}); }, "cross_entropy: label_smoothing must lie in [0, 1]: got 1.5"},
  }));
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none})
    for (const double s : {0.0, 0.1}) table.push_back(loss_row({.reduction = r, .label_smoothing = s}));
  OpRow weighted = loss_row({.weight = tensor({0.5, 1.0, 2.0}), .ignore_index = 0, .label_smoothing = 0.2});
  weighted.samples = {{{4, 3}}};
  table.push_back(std::move(weighted));
  table.push_back({"cross_entropy", [](V x) { return cross_entropy(reshape(x[0], {2, 3, 2}), reshape(labels, {2, 2})); }, {{{12}}}, -2, 2,
                   [](const std::vector<Tensor>& x) {
                     const Tensor m = reshape(permute(reshape(x[0], {2, 3, 2}), {0, 2, 1}), {4, 3});
                     return loss_reference({})({m});
                   }, {}});
  return table;
}

}  // namespace optable
