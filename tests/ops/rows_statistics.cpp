#include "ops/table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::vector<Shape>> several = {{{2, 3}}, {{33}}, {{2, 3, 4}}, {{2, 1}}};       // for all axes
const std::vector<std::vector<Shape>> any = {{{2, 3}}, {{33}}, {{2, 3, 4}}, {{2, 1}}, {{}}, {{1}}};
const std::vector<std::vector<Shape>> last = {{{2, 3}}, {{4, 2}}, {{3, 33}}, {{2, 3, 4}}, {{0, 3}}, {{3, 2, 1, 2}}};
const std::vector<std::vector<Shape>> cubes = {{{2, 3, 4}}, {{1, 5, 3}}, {{2, 1, 33}}, {{2, 0, 3}}};  // for axes 0 and 2
const std::vector<std::vector<Shape>> lines = {{{5}}, {{2, 3}}, {{4, 1}}, {{3, 33}}, {{2, 3, 4}}, {{0, 3}}, {{2, 0}}};
Variable some(const Shape& s) { return leaf(ones(s)); }
const Tensor flags = full({2}, true, DType::boolean), whole = ones({2}, DType::i64);

using Reduce = std::function<double(const Values&)>;
/// Naive reduction: f gets the values of each group in row-major order. No axes stand for all.
Reference over(const Axes& axes, const Reduce& f) {
  return [=](const std::vector<Tensor>& x) {
    const auto values = x[0].to_vector<double>();
    Shape kept = x[0].shape();
    for (Index i = 0; i < kept.size(); ++i)
      if (axes.empty() || axes.contains(i) || axes.contains(i - kept.size())) kept[i] = 1;
    std::vector<Values> groups(static_cast<std::size_t>(kept.numel()));
    for (std::size_t n = 0; n < values.size(); ++n)
      groups[static_cast<std::size_t>(broadcast_position(static_cast<Index>(n), x[0].shape(), kept))].push_back(values[n]);
    Values out;
    for (const Values& group : groups) out.push_back(f(group));
    return out;
  };
}
Reduce variance(double correction) {
  return [=](const Values& v) {
    double mean = 0, squares = 0;
    for (const double a : v) mean += a / static_cast<double>(v.size());
    for (const double a : v) squares += (a - mean) * (a - mean);
    return squares / (static_cast<double>(v.size()) - correction);
  };
}
Reduce deviation(double correction) {
  return [f = variance(correction)](const Values& v) { return std::sqrt(f(v)); };
}
double product(const Values& v) {
  double y = 1;
  for (const double a : v) y *= a;
  return y;
}
double largest(const Values& v) { return v.empty() ? 0 : *std::max_element(v.begin(), v.end()); }
double smallest(const Values& v) { return v.empty() ? 0 : *std::min_element(v.begin(), v.end()); }
double log_of_sum(const Values& v) {
  double s = 0;
  for (const double a : v) s += std::exp(a);
  return std::log(s);
}
Reduce p_norm(double p) {
  return [=](const Values& v) {
    double total = 0, most = 0, least = inf;
    for (const double a : v) {
      total += p == 0 ? a != 0 : std::pow(std::abs(a), p);
      most = std::max(most, std::abs(a));
      least = std::min(least, std::abs(a));
    }
    return p == inf ? most : p == -inf ? least : p == 0 ? total : std::pow(total, 1 / p);
  };
}
Function norm_all(double p) {
  return [=](V x) { return norm(x[0], p); };
}
Values running(const Values& v, double start, double (*f)(double, double)) {
  Values out;
  for (const double a : v) out.push_back(start = f(start, a));
  return out;
}
Values sums(const Values& v) { return running(v, 0, [](double a, double b) { return a + b; }); }
Values products(const Values& v) { return running(v, 1, [](double a, double b) { return a * b; }); }
Reference recurred() {
  return [](const std::vector<Tensor>& x) {
    const auto a = x[0].to_vector<double>();
    Values y = x[1].to_vector<double>();
    const auto n = static_cast<std::size_t>(x[1].size(-1));
    for (std::size_t i = 0; i < y.size(); ++i)
      if (i % n) y[i] += a[i / n * (n - 1) + i % n - 1] * y[i - 1];
    return y;
  };
}
/// The first k in order.
std::function<Values(const Values&)> ordered(Index k, bool descending) {
  return [=](Values v) {
    for (std::size_t i = 0; i < v.size(); ++i)  // a sort that anyone can see is right
      for (std::size_t j = i + 1; j < v.size(); ++j)
        if (descending ? v[j] > v[i] : v[j] < v[i]) std::swap(v[i], v[j]);
    if (k >= 0) v.resize(static_cast<std::size_t>(k));
    return v;
  };
}
}  // namespace

std::vector<OpRow> statistics_rows() {
  return {
      {"var", [](V x) { return var(x[0]); }, several, -2, 2, over({}, variance(1)),
       {{[] { var(Variable(whole)); }, "var: needs f32 or f64: got i64"},
        {[] { var(some({2, 3}), {2}); }, "var: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { var(some({0, 3})); }, "var: no elements: axes [0, 1] of [0, 3]"},
        {[] { var(some({2}), {0}, -1); }, "var: the correction must be finite and at least 0: got -1"},
        {[] { var(some({2}), {0}, nan); }, "var: the correction must be finite and at least 0: got nan"},
        {[] { var(Variable()); }, "undefined tensor"}}},
      {"var", [](V x) { return var(x[0], {0, -1}, 0, true); }, cubes, -2, 2, over({0, -1}, variance(0)), {}},
      {"var", [](V x) { return var(x[0], {-1}, 0); }, last, -2, 2, over({-1}, variance(0)), {}},
      {"var", [](V x) { return var(x[0], all_axes(x[0].rank()), 0); }, any, -2, 2, over({}, variance(0)), {}},
      {"stddev", [](V x) { return stddev(x[0]); }, several, -2, 2, over({}, deviation(1)),
       {{[] { stddev(Variable(whole)); }, "stddev: needs f32 or f64: got i64"},
        {[] { stddev(some({2, 3}), {0, -2}); }, "stddev: an axis is named twice: axes are [0, -2]"},
        {[] { stddev(some({2, 0}), {1}); }, "stddev: no elements: axes [1] of [2, 0]"},
        {[] { stddev(some({2}), {0}, inf); }, "stddev: the correction must be finite and at least 0: got inf"},
        {[] { stddev(Variable()); }, "undefined tensor"}}},
      {"stddev", [](V x) { return stddev(x[0], {0}, 0, true); }, {{{2, 3}}, {{33, 2}}, {{2, 3, 4}}, {{2, 0}}}, -2, 2, over({0}, deviation(0)), {}},
      {"stddev", [](V x) { return stddev(x[0], {-1}, 1); }, {{{2, 3}}, {{2, 33}}, {{2, 3, 4}}, {{0, 2}}}, -2, 2, over({-1}, deviation(1)), {}},

      {"prod", [](V x) { return prod(x[0]); }, any, 0.5, 2, over({}, product),
       {{[] { prod(some({2, 3}), {2}); }, "prod: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { prod(some({2, 3}), {0, -2}); }, "prod: an axis is named twice: axes are [0, -2]"},
        {[] { prod(Variable()); }, "undefined tensor"}}},
      {"prod", [](V x) { return prod(x[0], {0, 2}); }, {{{2, 3, 4}}, {{1, 5, 3}}, {{2, 0, 3}}, {{0, 3, 2}}}, -2, 2, over({0, 2}, product), {}},
      {"prod", [](V x) { return prod(x[0], {1}, true); }, {{{2, 3}}, {{4, 1}}, {{2, 3, 4}}, {{0, 3}}, {{2, 0}}}, -2, 2, over({1}, product), {}},

      {"amax", [](V x) { return amax(x[0], all_axes(x[0].rank())); }, any, -2, 2, over({}, largest),
       {{[] { amax(some({2, 3}), {2}); }, "amax: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { amax(some({2, 0}), {1}); }, "amax: no elements: axes [1] of [2, 0]"},
        {[] { amax(Variable(flags), {0}); }, "amax: needs numbers: got bool"},
        {[] { amax(Variable(), {}); }, "undefined tensor"}}},
      {"amax", [](V x) { return amax(x[0], {0, -1}, true); }, cubes, -2, 2, over({0, -1}, largest), {}},
      {"amin", [](V x) { return amin(x[0], {-1}); }, last, -2, 2, over({-1}, smallest),
       {{[] { amin(some({2}), {-2}); }, "amin: axis is out of range: axis is -2, the tensor has 1 axis"},
        {[] { amin(some({0, 2}), {0, 1}); }, "amin: no elements: axes [0, 1] of [0, 2]"},
        {[] { amin(Variable(flags), {0}); }, "amin: needs numbers: got bool"},
        {[] { amin(Variable(), {}); }, "undefined tensor"}}},
      {"amin", [](V x) { return amin(x[0], {0, 2}); }, cubes, -2, 2, over({0, 2}, smallest), {}},

      {"norm", norm_all(2), any, -2, 2, over({}, p_norm(2)),
       {{[] { norm(Variable(whole)); }, "norm: needs f32 or f64: got i64"},
        {[] { norm(some({2}), nan); }, "norm: the order is NaN"},
        {[] { norm(some({2, 3}), 2, {2}); }, "norm: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { norm(some({2, 0}), inf, {1}); }, "norm: no elements: axes [1] of [2, 0]"},
        {[] { norm(Variable()); }, "undefined tensor"}}},
      {"norm", norm_all(0), any, -2, 2, over({}, p_norm(0)), {}},
      {"norm", norm_all(1), any, -2, 2, over({}, p_norm(1)), {}},
      {"norm", norm_all(3), any, -2, 2, over({}, p_norm(3)), {}},
      {"norm", norm_all(0.5), any, 0.5, 2, over({}, p_norm(0.5)), {}},
      {"norm", norm_all(-1), any, 0.5, 2, over({}, p_norm(-1)), {}},
      {"norm", norm_all(inf), any, -2, 2, over({}, p_norm(inf)), {}},
      {"norm", norm_all(-inf), any, -2, 2, over({}, p_norm(-inf)), {}},
      {"norm", [](V x) { return norm(x[0], 2, {0, 2}, true); }, cubes, -2, 2, over({0, 2}, p_norm(2)), {}},
      {"norm", [](V x) { return norm(x[0], 1, {-1}); }, last, -2, 2, over({-1}, p_norm(1)), {}},
      {"norm", [](V x) { return norm(x[0], 3, {0}, true); }, {{{2, 3}}, {{33, 2}}, {{2, 3, 4}}, {{2, 0}}}, -2, 2, over({0}, p_norm(3)), {}},
      {"norm", [](V x) { return norm(x[0], inf, {-1}); }, last, -2, 2, over({-1}, p_norm(inf)), {}},

      {"logsumexp", [](V x) { return logsumexp(x[0], {-1}); }, last, -2, 2, over({-1}, log_of_sum),
       {{[] { logsumexp(Variable(whole), {0}); }, "logsumexp: needs f32 or f64: got i64"},
        {[] { logsumexp(some({2}), {1}); }, "logsumexp: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { logsumexp(some({2, 2}), {1, -1}); }, "logsumexp: an axis is named twice: axes are [1, -1]"},
        {[] { logsumexp(Variable(), {}); }, "undefined tensor"}}},
      {"logsumexp", [](V x) { return logsumexp(x[0], {0, 2}, true); }, {{{2, 3, 4}}, {{1, 5, 3}}, {{2, 0, 3}}}, -2, 2, over({0, 2}, log_of_sum), {}},
      {"logsumexp", [](V x) { return logsumexp(x[0], all_axes(x[0].rank())); }, any, -2, 2, over({}, log_of_sum), {}},

      {"cumsum", [](V x) { return cumsum(x[0], -1); }, lines, -2, 2, by_lines({{-1, sums}}),
       {{[] { cumsum(some({2, 3}), 2); }, "cumsum: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { cumsum(some({}), 0); }, "cumsum: axis is out of range: axis is 0, the tensor has 0 axes"},
        {[] { cumsum(Variable(), 0); }, "cumsum: axis is out of range"}}},
      {"cumsum", [](V x) { return cumsum(x[0], 0); }, lines, -2, 2, by_lines({{0, sums}}), {}},
      {"cumprod", [](V x) { return cumprod(x[0], -1); }, lines, 0.5, 2, by_lines({{-1, products}}),
       {{[] { cumprod(some({2, 3}), -3); }, "cumprod: axis is out of range: axis is -3, the tensor has 2 axes"},
        {[] { cumprod(some({}), 0); }, "cumprod: axis is out of range: axis is 0, the tensor has 0 axes"},
        {[] { cumprod(Variable(), 0); }, "cumprod: axis is out of range"}}},
      {"cumprod", [](V x) { return cumprod(x[0], 0); }, lines, -2, 2, by_lines({{0, products}}), {}},
      {"recurrence", [](V x) { return recurrence(x[0], x[1], -1); },
       {{{4}, {5}}, {{2, 2}, {2, 3}}, {{3, 0}, {3, 1}}, {{2, 3, 4}, {2, 3, 5}}, {{0, 2}, {0, 3}}, {{2, 0}, {2, 0}}}, -2, 2, recurred(),
       {{[] { recurrence(some({3}), some({3}), 0); }, "recurrence: the factors do not fit: a is [3], b is [3] — a must be [2]"},
        {[] { recurrence(some({1}), some({2}), 1); }, "recurrence: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { recurrence(Variable(whole), Variable(ones({3}, DType::i64)), 0); }, "recurrence: needs f32 or f64: got i64"},
        {[] { recurrence(some({1}), Variable(whole), 0); }, "recurrence: dtypes differ: a is f32, b is i64"}}},
      {"recurrence", [](V x) { return transpose(recurrence(transpose(x[0]), transpose(x[1]), 0)); }, {{{4, 2}, {4, 3}}}, -2, 2, recurred(), {}},

      {"sort", [](V x) { return sort(x[0]).values; }, lines, -2, 2, by_lines({{-1, ordered(-1, false)}}),
       {{[] { sort(some({2, 3}), 2); }, "sort: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { sort(some({}), 1); }, "sort: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { sort(Variable()); }, "undefined tensor"}}},
      {"sort", [](V x) { return sort(x[0], 0, true).values; }, lines, -2, 2, by_lines({{0, ordered(-1, true)}}), {}},
      {"sort", [](V x) { return sort(x[0]).values; }, {{{}}}, -2, 2, each([](double a) { return a; }), {}},
      {"topk", [](V x) { return topk(x[0], 2).values; }, {{{5}}, {{2, 3}}, {{3, 33}}, {{2, 3, 4}}, {{0, 3}}}, -2, 2,
       by_lines({{-1, ordered(2, true)}}),
       {{[] { topk(some({2, 3}), 4); }, "topk: k is out of range: k is 4, axis -1 of [2, 3]"},
        {[] { topk(some({2, 3}), -1); }, "topk: k is out of range: k is -1, axis -1 of [2, 3]"},
        {[] { topk(some({2, 3}), 1, 2); }, "topk: axis is out of range: axis is 2, the tensor has 2 axes"},
        {[] { topk(Variable(), 1); }, "undefined tensor"}}},
      {"topk", [](V x) { return topk(x[0], 1, 0, false).values; }, {{{5}}, {{2, 3}}, {{33, 2}}, {{2, 0}}}, -2, 2,
       by_lines({{0, ordered(1, false)}}), {}},
      {"topk", [](V x) { return topk(x[0], 1).values; }, {{{}}}, -2, 2, each([](double a) { return a; }), {}},
  };
}

}  // namespace optable
