#include "ops/table.hpp"

namespace optable {
using V = const std::vector<Variable>&;

namespace {
Variable some(const Shape& s) { return leaf(ones(s)); }
/// The values taken in the order that `position` gives for each element of the result shape.
Reference pick(std::function<Shape(const Shape&)> result, std::function<Index(Index, const Shape&)> position) {
  return [=](const std::vector<Tensor>& x) {
    const auto v = x[0].to_vector<double>();
    std::vector<double> out;
    for (Index n = 0; n < result(x[0].shape()).numel(); ++n) {
      const Index p = position(n, x[0].shape());
      out.push_back(p < 0 ? 0 : v[static_cast<std::size_t>(p)]);
    }
    return out;
  };
}
Reference same_order() {
  return [](const std::vector<Tensor>& x) { return x[0].to_vector<double>(); };
}
const std::vector<std::vector<Shape>> matrices = {{{2, 3}}, {{4, 1}}, {{1, 5}}, {{3, 33}}};
const Tensor columns = tensor<Index>({{0, 2, 1}, {1, 1, 0}});
const Tensor places = tensor<Index>({2, 0, 2, 1, 2}), ends = tensor<Index>({{0, -1}, {1, 0}}), nothing = zeros({0}, DType::i64);
const Tensor mask = tensor<Index>({1, 0, 1}) == 1, planes_mask = tensor<Index>({{1, 0, 1}, {0, 1, 1}}) == 1;
Values at_places(const Values& v) { return {v[2], v[0], v[2], v[1], v[2]}; }
Values masked(const Values& v) { return {v[0], v[2]}; }
}  // namespace

std::vector<OpRow> shape_rows() {
  return {
      {"reshape", [](V x) { return reshape(x[0], {-1, 2}); }, {{{2, 3}}, {{4}}, {{3, 2, 2}}, {{0, 2}}}, -2, 2, same_order(),
       {{[] { reshape(some({6}), {4, 2}); }, "reshape: the number of elements differs: from [6] to [4, 2]"},
        {[] { reshape(some({6}), {-1, -1}); }, "reshape: only one extent may be -1: shape is [-1, -1]"},
        {[] { reshape(some({6}), {-1, 4}); }, "reshape: no extent fits for -1: from [6] to [-1, 4]"}}},
      {"transpose", [](V x) { return transpose(x[0]); }, matrices, -2, 2,
       pick([](const Shape& s) { return s; }, [](Index n, const Shape& s) { return n % s[0] * s[1] + n / s[0]; }),
       {{[] { transpose(some({3})); }, "transpose: needs at least two axes: shape is [3]"},
        {[] { transpose(some({3, 2}), 0, 2); }, "transpose: axis is out of range: axis is 2"}}},
      {"transpose", [](V x) { return transpose(x[0] * x[0], 0, 1); }, {{{2, 2}}}, 1, 1.5, [](const std::vector<Tensor>& x) {
         const auto v = x[0].to_vector<double>();
         return std::vector<double>{v[0] * v[0], v[2] * v[2], v[1] * v[1], v[3] * v[3]};
       }, {}},
      {"permute", [](V x) { return permute(x[0], {2, 0, 1}); }, {{{2, 3, 4}}, {{1, 3, 2}}, {{0, 1, 2}}}, -2, 2,
       pick([](const Shape& s) { return s; }, [](Index n, const Shape& s) {
         const Index j = n % s[1], i = n / s[1] % s[0], k = n / s[1] / s[0];
         return (i * s[1] + j) * s[2] + k;
       }),
       {{[] { permute(some({2, 3}), {0}); }, "permute: every axis must be named once: axes are [0], shape is [2, 3]"},
        {[] { permute(some({2, 3}), {0, 0}); }, "permute: an axis is named twice: axes are [0, 0]"}}},
      {"expand", [](V x) { return expand(x[0], {2, 4, 3}); }, {{{3}}, {{4, 3}}, {{2, 1, 3}}, {{}}}, -2, 2,
       pick([](const Shape&) { return Shape{2, 4, 3}; }, [](Index n, const Shape& s) { return broadcast_position(n, {2, 4, 3}, s); }),
       {{[] { expand(some({2}), {3}); }, "expand: the shape cannot be expanded: from [2] to [3]"},
        {[] { expand(some({2, 3}), {3}); }, "expand: the shape cannot be expanded: from [2, 3] to [3]"},
        {[] { expand(some({1}), {-1}); }, "expand: negative extent: shape is [-1]"}}},
      {"squeeze", [](V x) { return squeeze(x[0], 1); }, {{{2, 1}}, {{3, 1, 2}}, {{0, 1}}}, -2, 2, same_order(),
       {{[] { squeeze(some({2, 3}), 1); }, "squeeze: the axis does not have extent 1: axis 1 of [2, 3]"},
        {[] { squeeze(some({2}), 3); }, "squeeze: axis is out of range: axis is 3"}}},
      {"unsqueeze", [](V x) { return unsqueeze(x[0], -1); }, {{{2, 3}}, {{}}, {{0}}}, -2, 2, same_order(),
       {{[] { unsqueeze(some({2, 3}), 4); }, "unsqueeze: axis is out of range: axis is 4"},
        {[] { unsqueeze(some({1, 1, 1, 1, 1, 1}), 0); }, "shape: too many axes: at most 6 are possible"}}},
      {"slice", [](V x) { return slice(x[0], 1, 1, to_end, 2); }, {{{2, 7}}, {{3, 2}}, {{1, 33}}}, -2, 2,
       pick([](const Shape& s) { return Shape{s[0], s[1] / 2}; }, [](Index n, const Shape& s) { return n / (s[1] / 2) * s[1] + n % (s[1] / 2) * 2 + 1; }),
       {{[] { slice(some({4}), 0, 0, 4, 0); }, "slice: the step must be at least 1: got 0"},
        {[] { slice(some({4}), 1, 0, 4); }, "slice: axis is out of range: axis is 1"},
        {[] { select(some({4}), 0, 4); }, "select: position is out of range: 4 on axis 0 of [4]"}}},
      {"embed", [](V x) { return embed(x[0], {5}, 0, 1, 2); }, {{{2}}, {{1}}}, -2, 2,
       pick([](const Shape&) { return Shape{5}; }, [](Index n, const Shape& s) { return n % 2 && n / 2 < s[0] ? n / 2 : -1; }),
       {{[] { embed(some({3}), {4}, 0, 0, 2); }, "embed: the tensor does not fit: [3] into [4] from 0 in steps of 2"},
        {[] { embed(some({3}), {4}, 0, 0, to_end / 2); }, "embed: the tensor does not fit"},
        {[] { embed(some({1}), {4}, 0, 4, 1); }, "embed: the tensor does not fit"},
        {[] { embed(some({3}), {4, 4}, 0, 0, 1); }, "embed: the tensor does not fit"}}},
      {"concat", [](V x) { return concat({x[0], x[1], x[0]}, 0); }, {{{2, 3}, {1, 3}}, {{1}, {2}}, {{0, 2}, {2, 2}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         auto v = x[0].to_vector<double>();
         const auto first = v, second = x[1].to_vector<double>();
         v.insert(v.end(), second.begin(), second.end());
         v.insert(v.end(), first.begin(), first.end());
         return v;
       },
       {{[] { concat(std::vector<Variable>{}, 0); }, "concat: no tensors were given"},
        {[] { concat({some({2, 3}), some({2, 4})}, 0); }, "concat: shapes differ beside axis 0: [2, 3] and [2, 4]"},
        {[] { concat({some({2}), some({2})}, 1); }, "concat: axis is out of range: axis is 1"},
        {[] { stack({some({2}), some({3})}, 0); }, "stack: shapes differ: [2] and [3]"}}},
      {"gather", [](V x) { return gather(x[0], 1, columns); }, {{{2, 3}}, {{4, 3}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         const auto v = x[0].to_vector<double>();
         return std::vector<double>{v[0], v[2], v[1], v[4], v[4], v[3]};
       },
       {{[] { gather(some({2, 2}), 1, columns); }, "gather: a position is out of range: 2 on axis 1 of [2, 2]"},
        {[] { gather(some({2, 3}), 1, ones({2, 3})); }, "gather: the index must be i64: got f32"},
        {[] { gather(some({1, 3}), 1, columns); }, "gather: the index does not fit: index is [2, 3], x is [1, 3]"}}},
      {"scatter_add", [](V x) { return scatter_add(x[0], 1, columns, x[1]); }, {{{2, 3}, {2, 3}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         auto v = x[0].to_vector<double>();
         const auto s = x[1].to_vector<double>();
         const std::size_t to[] = {0, 2, 1, 4, 4, 3};
         for (std::size_t i = 0; i < 6; ++i) v[to[i]] += s[i];
         return v;
       },
       {{[] { scatter_add(some({2, 2}), 1, columns, some({2, 3})); }, "scatter_add: a position is out of range: 2 on axis 1 of [2, 2]"},
        {[] { scatter_add(some({2, 3}), 1, columns, some({2, 2})); }, "scatter_add: the source does not fit: source is f32 [2, 2]"}}},
  };
}

std::vector<OpRow> index_rows() {
  return {
      {"view", [](V x) { return view(x[0], {-1, 2}); }, {{{4}}, {{0, 2}}}, -2, 2, same_order(),
       {{[] { view(transpose(some({2, 3})), {6}); }, "view: no strides show this shape: from [3, 2] with strides [1, 3] to [6] — use reshape"},
        {[] { view(some({6}), {4, 2}); }, "view: the number of elements differs: from [6] to [4, 2]"},
        {[] { view(some({6}), {-1, -1}); }, "view: only one extent may be -1: shape is [-1, -1]"}}},
      {"narrow", [](V x) { return narrow(x[0], -1, 1, 2); }, {{{5}}, {{2, 3}}, {{2, 33}}, {{2, 3, 4}}, {{0, 3}}}, -2, 2,
       by_lines({{-1, [](const Values& v) { return Values{v[1], v[2]}; }}}),
       {{[] { narrow(some({4}), 0, 2, 3); }, "narrow: the range leaves the axis: 3 from 2 on axis 0 of [4]"},
        {[] { narrow(some({4}), 0, 1, INT64_MAX); }, "narrow: the range leaves the axis: 9223372036854775807 from 1 on axis 0 of [4]"},
        {[] { narrow(some({4}), 0, 1, -1); }, "narrow: the range leaves the axis: -1 from 1 on axis 0 of [4]"},
        {[] { narrow(some({4}), 1, 0, 1); }, "narrow: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { narrow(Variable(), 0, 0, 1); }, "narrow: axis is out of range"}}},
      {"narrow", [](V x) { return narrow(x[0], 0, -2, 1); }, {{{5}}, {{2, 3}}, {{33, 1}}, {{2, 0}}}, -2, 2,
       by_lines({{0, [](const Values& v) { return Values{v[v.size() - 2]}; }}}), {}},
      {"index_select", [](V x) { return index_select(x[0], 0, places); }, {{{3}}, {{3, 2}}, {{33, 2}}, {{3, 2, 4}}, {{3, 0}}}, -2, 2,
       by_lines({{0, at_places}}),
       {{[] { index_select(some({2}), 0, places); }, "index_select: a position is out of range: 2 on axis 0 of [2]"},
        {[] { index_select(some({3}), 0, tensor<Index>({-1})); }, "index_select: a position is out of range: -1 on axis 0 of [3]"},
        {[] { index_select(some({3}), 0, ones({2})); }, "index_select: the index must be i64: got f32"},
        {[] { index_select(some({3}), 0, columns); }, "index_select: the index must have one axis: index is [2, 3]"},
        {[] { index_select(some({3}), 1, places); }, "index_select: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { index_select(some({3}), 0, Tensor()); }, "index_select: the index must be i64"},
        {[] { index_select(Variable(), 0, places); }, "index_select: axis is out of range"}}},
      {"index_select", [](V x) { return index_select(x[0], -1, places); }, {{{2, 3}}, {{2, 33}}, {{2, 1, 4}}, {{0, 3}}}, -2, 2,
       by_lines({{-1, at_places}}), {}},
      {"index_select", [](V x) { return index_select(x[0], 1, nothing); }, {{{2, 3}}, {{2, 0}}}, -2, 2,
       [](const std::vector<Tensor>&) { return Values(); }, {}},
      {"index_add", [](V x) { return index_add(x[0], 1, places, x[1]); }, {{{2, 3}, {2, 5}}, {{1, 33}, {1, 5}}, {{2, 4, 3}, {2, 5, 3}}, {{0, 3}, {0, 5}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         Values v = x[0].to_vector<double>();
         const auto add = x[1].to_vector<double>();
         const Index n = x[0].size(1), inner = x[0].rank() == 3 ? x[0].size(2) : 1;
         const Index to[] = {2, 0, 2, 1, 2};
         for (Index o = 0; o < x[0].size(0); ++o)
           for (Index i = 0; i < 5; ++i)
             for (Index k = 0; k < inner; ++k)
               v[static_cast<std::size_t>((o * n + to[i]) * inner + k)] += add[static_cast<std::size_t>((o * 5 + i) * inner + k)];
         return v;
       },
       {{[] { index_add(some({2}), 0, places, some({5})); }, "index_add: a position is out of range: 2 on axis 0 of [2]"},
        {[] { index_add(some({3}), 0, places, some({4})); }, "index_add: the source does not fit: source is f32 [4], index is [5], x is f32 [3]"},
        {[] { index_add(some({3}), 0, places, Variable(ones({5}, DType::f64))); }, "index_add: the source does not fit: source is f64 [5]"},
        {[] { index_add(Variable(ones({3}) > 0), 0, places, Variable(ones({5}) > 0)); }, "index_add: needs numbers: got bool"},
        {[] { index_add(some({3}), 0, places, Variable()); }, "index_add: the source does not fit"}}},
      {"index", [](V x) { return x[0][ends]; }, {{{2, 3}}, {{3}}, {{33, 2}}, {{2, 2, 3}}, {{2, 0}}}, -2, 2,
       by_lines({{0, [](const Values& v) { return Values{v[0], v.back(), v[1], v[0]}; }}}),
       {{[] { index(some({1, 3}), ends); }, "index: a position is out of range: 1 on axis 0 of [1, 3]"},
        {[] { index(some({2}), tensor<Index>({-3})); }, "index: a position is out of range: -3 on axis 0 of [2]"},
        {[] { index(some({}), ends); }, "index: a tensor without axes cannot be indexed"},
        {[] { index(some({2}), mask); }, "index: the mask does not fit: mask is [3], x is [2]"},
        {[] { index(some({3}), planes_mask); }, "index: the mask does not fit: mask is [2, 3], x is [3]"},
        {[] { index(some({3}), ones({3})); }, "index: needs i64 or a mask: got f32"},
        {[] { index(some({3}), Tensor()); }, "index: needs i64 or a mask: got an undefined tensor"}}},
      {"index", [](V x) { return x[0][mask]; }, {{{3}}, {{3, 2}}, {{3, 2, 4}}, {{3, 0}}}, -2, 2, by_lines({{0, masked}}), {}},
      {"index", [](V x) { return x[0][planes_mask]; }, {{{2, 3}}, {{2, 3, 2}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         return by_lines({{0, [](const Values& v) { return Values{v[0], v[2], v[4], v[5]}; }}})({reshape(x[0], {6, -1})});
       }, {}},
      {"index", [](V x) { return x[0][full({}, true, DType::boolean)]; }, {{{2, 3}}, {{}}}, -2, 2, same_order(), {}},
      {"masked_select", [](V x) { return masked_select(x[0], mask); }, {{{2, 3}}, {{3}}, {{2, 1, 3}}, {{0, 3}}}, -2, 2, by_lines({{-1, masked}}),
       {{[] { masked_select(some({2}), mask); }, "masked_select: shapes do not broadcast: a is [2], b is [3]"},
        {[] { masked_select(some({2}), ones({2})); }, "masked_select: the mask must be bool: got f32"},
        {[] { masked_select(Variable(), mask); }, "undefined tensor"}}},
      {"masked_select", [](V x) { return masked_select(x[0], mask); }, {{{2, 1}}, {{}}, {{1}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         Values out;
         for (const double v : x[0].to_vector<double>()) out.insert(out.end(), 2, v);
         return out;
       }, {}},
  };
}

std::vector<OpRow> linalg_rows() {
  // [m, k] x [k, n] by three loops; batches are checked through the broadcast form below.
  const Reference product = [](const std::vector<Tensor>& x) {
    const Index m = x[0].size(-2), k = x[0].size(-1), n = x[1].size(-1);
    Shape ba, bb;
    for (Index i = 0; i < x[0].rank() - 2; ++i) ba.push_back(x[0].shape()[i]);
    for (Index i = 0; i < x[1].rank() - 2; ++i) bb.push_back(x[1].shape()[i]);
    const Shape batch = broadcast_shapes("reference", ba, bb);
    const auto a = x[0].to_vector<double>(), b = x[1].to_vector<double>();
    std::vector<double> y;
    for (Index t = 0; t < batch.numel(); ++t) {
      const Index pa = broadcast_position(t, batch, ba) * m * k, pb = broadcast_position(t, batch, bb) * k * n;
      for (Index i = 0; i < m; ++i)
        for (Index j = 0; j < n; ++j) {
          double s = 0;
          for (Index p = 0; p < k; ++p)
            s += a[static_cast<std::size_t>(pa + i * k + p)] * b[static_cast<std::size_t>(pb + p * n + j)];
          y.push_back(s);
        }
    }
    return y;
  };
  const Reference affine = [](const std::vector<Tensor>& x) {
    const Index in = x[1].size(1), out = x[1].size(0);
    const auto v = x[0].to_vector<double>(), w = x[1].to_vector<double>(), b = x[2].to_vector<double>();
    std::vector<double> y;
    for (Index r = 0; r < x[0].numel() / in; ++r)
      for (Index o = 0; o < out; ++o) {
        double s = b[static_cast<std::size_t>(o)];
        for (Index i = 0; i < in; ++i) s += v[static_cast<std::size_t>(r * in + i)] * w[static_cast<std::size_t>(o * in + i)];
        y.push_back(s);
      }
    return y;
  };
  return {
      {"matmul", [](V x) { return matmul(x[0], x[1]); },
       {{{2, 3}, {3, 4}}, {{1, 1}, {1, 1}}, {{2, 3}, {5, 3, 4}}, {{5, 2, 3}, {3, 4}}, {{2, 1, 2, 3}, {3, 3, 2}}, {{33, 7}, {7, 33}}, {{0, 3}, {3, 2}}, {{2, 0}, {0, 3}}},
       -2, 2, product,
       {{[] { matmul(some({32, 784}), some({100, 10})); }, "matmul: inner dimensions differ: a is [32, 784], b is [100, 10]"},
        {[] { matmul(some({2, 2, 3}), some({3, 3, 2})); }, "matmul: shapes do not broadcast: a is [2], b is [3]"},
        {[] { matmul(some({}), some({2})); }, "matmul: needs at least one axis on both sides: a is [], b is [2]"},
        {[] { matmul(some({2, 2}), Variable(ones({2, 2}, DType::f64))); }, "matmul: dtypes differ: f32 and f64"},
        {[] { matmul(Variable(ones({2, 2}, DType::i64)), Variable(ones({2, 2}, DType::i64))); }, "matmul: needs f32 or f64: got i64"}}},
      {"matmul", [](V x) { return matmul(transpose(x[0]), transpose(x[1])); }, {{{3, 2}, {4, 3}}, {{7, 33}, {5, 7}}}, -2, 2,
       [product](const std::vector<Tensor>& x) { return product({transpose(x[0]), transpose(x[1])}); }, {}},
      {"matmul", [](V x) { return matmul(x[0], x[1]); }, {{{3}, {3}}}, -2, 2,
       [product](const std::vector<Tensor>& x) { return product({unsqueeze(x[0], 0), unsqueeze(x[1], 1)}); }, {}},
      {"matmul", [](V x) { return matmul(x[0], x[1]); }, {{{4, 3}, {3}}}, -2, 2,
       [product](const std::vector<Tensor>& x) { return product({x[0], unsqueeze(x[1], 1)}); }, {}},
      {"dot", [](V x) { return dot(x[0], x[1]); }, {{{3}, {3}}, {{1}, {1}}, {{33}, {33}}, {{0}, {0}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         const auto a = x[0].to_vector<double>(), b = x[1].to_vector<double>();
         double s = 0;
         for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
         return Values{s};
       },
       {{[] { dot(some({3}), some({2})); }, "dot: needs two vectors of one length: a is [3], b is [2]"},
        {[] { dot(some({3, 1}), some({3})); }, "dot: needs two vectors of one length: a is [3, 1], b is [3]"},
        {[] { dot(some({3}), Variable(ones({3}, DType::f64))); }, "dtypes differ: f32 and f64"},
        {[] { dot(Variable(ones({3}, DType::i64)), Variable(ones({3}, DType::i64))); }, "needs f32 or f64: got i64"},
        {[] { dot(Variable(), some({3})); }, "dot: needs two vectors of one length"}}},
      {"outer", [](V x) { return outer(x[0], x[1]); }, {{{3}, {2}}, {{1}, {5}}, {{33}, {1}}, {{0}, {2}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         Values out;
         for (const double a : x[0].to_vector<double>())
           for (const double b : x[1].to_vector<double>()) out.push_back(a * b);
         return out;
       },
       {{[] { outer(some({3, 1}), some({2})); }, "outer: needs two vectors: a is [3, 1], b is [2]"},
        {[] { outer(some({3}), some({})); }, "outer: needs two vectors: a is [3], b is []"},
        {[] { outer(Variable(mask), Variable(mask)); }, "needs numbers: got bool"},
        {[] { outer(Variable(), some({3})); }, "outer: needs two vectors"}}},
      {"linear", [](V x) { return linear(x[0], x[1], x[2]); }, {{{2, 3}, {4, 3}, {4}}, {{3}, {2, 3}, {2}}, {{2, 2, 3}, {1, 3}, {1}}, {{0, 3}, {2, 3}, {2}}},
       -2, 2, affine,
       {{[] { linear(some({2, 3}), some({4, 5})); }, "linear: the last axis of the input must be the weight's second: input is [2, 3], weight is [4, 5]"},
        {[] { linear(some({2, 3}), some({3})); }, "linear: the weight must have two axes [out, in]: weight is [3]"},
        {[] { linear(some({2, 3}), some({4, 3}), some({3})); }, "linear: the bias does not fit: bias is [3], weight is [4, 3]"}}},
      {"linear", [](V x) { return linear(x[0], x[1]); }, {{{2, 3}, {4, 3}}}, -2, 2,
       [affine](const std::vector<Tensor>& x) { return affine({x[0], x[1], zeros({x[1].size(0)}, DType::f64)}); }, {}},
  };
}

}  // namespace optable
