#include "ops/table.hpp"

#include <algorithm>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
const std::vector<std::vector<Shape>> lines = {{{5}}, {{2, 3}}, {{4, 1}}, {{3, 33}}, {{2, 3, 4}}, {{0, 3}}};
const std::vector<std::vector<Shape>> planes = {{{2, 3}}, {{4, 1}}, {{1, 5}}, {{2, 33}}, {{2, 3, 4}}, {{0, 3}}};
Variable some(const Shape& s) { return leaf(ones(s)); }

Values part(const Values& v, std::size_t from, std::size_t to) {
  return {v.begin() + static_cast<std::ptrdiff_t>(std::min(from, v.size())), v.begin() + static_cast<std::ptrdiff_t>(std::min(to, v.size()))};
}
Values joined(Values a, const Values& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Values reversed(const Values& v) { return {v.rbegin(), v.rend()}; }
std::function<Values(const Values&)> margin(std::size_t before, std::size_t behind, double value) {
  return [=](const Values& v) { return joined(joined(Values(before, value), v), Values(behind, value)); };
}
std::function<Values(const Values&)> times(int n) {
  return [=](const Values& v) {
    Values out;
    for (int i = 0; i < n; ++i) out = joined(out, v);
    return out;
  };
}
/// Elements of the last two axes where keep(row, column), else 0.
Reference where_kept(bool (*keep)(Index, Index)) {
  return [=](const std::vector<Tensor>& x) {
    auto values = x[0].to_vector<double>();
    const Index rows = x[0].size(-2), columns = x[0].size(-1);
    for (std::size_t n = 0; n < values.size(); ++n)
      if (const auto i = static_cast<Index>(n); !keep(i / columns % rows, i % columns)) values[n] = 0;
    return values;
  };
}
/// x[.., i + down, i + right] for i below `length`.
Reference diagonal_of(Index down, Index right, Index (*length)(Index, Index)) {
  return [=](const std::vector<Tensor>& x) {
    const auto values = x[0].to_vector<double>();
    const Index rows = x[0].size(-2), columns = x[0].size(-1);
    Values out;
    for (Index start = 0; start < x[0].numel(); start += rows * columns)
      for (Index i = 0; i < length(rows, columns); ++i)
        out.push_back(values[static_cast<std::size_t>(start + (i + down) * columns + i + right)]);
    return out;
  };
}
Reference on_diagonal(Index down, Index right, Index rows, Index columns) {
  return [=](const std::vector<Tensor>& x) {
    const auto values = x[0].to_vector<double>();
    const Index n = x[0].size(-1), r = rows < 0 ? n : rows, c = columns < 0 ? n : columns, count = n ? x[0].numel() / n : 0;
    Values out(static_cast<std::size_t>(count * r * c));
    for (Index b = 0; b < count; ++b)
      for (Index i = 0; i < n; ++i)
        out[static_cast<std::size_t>(b * r * c + (i + down) * c + i + right)] = values[static_cast<std::size_t>(b * n + i)];
    return out;
  };
}
}  // namespace

std::vector<OpRow> rearrange_rows() {
  return {
      {"split", [](V x) { const auto p = split(x[0], 2, -1); return concat({p.back(), p.front()}, -1); }, lines, -2, 2,
       by_lines({{-1, [](const Values& v) { return joined(part(v, (v.size() - 1) / 2 * 2, v.size()), part(v, 0, 2)); }}}),
       {{[] { split(some({4}), 0); }, "split: the size must be at least 1: got 0"},
        {[] { split(some({4}), 2, 1); }, "split: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { split(some({4}), {1, 2}); }, "split: the sizes must add up to the extent: they make 3, axis 0 of [4]"},
        {[] { split(some({4}), {5, -1}); }, "split: a size is negative: -1"},
        {[] { split(Variable(), 1); }, "split: axis is out of range"}}},
      {"split", [](V x) { const auto p = split(x[0], {1, 0, x[0].size(0) - 1}, 0); return concat({p[2], p[1], p[0]}, 0); },
       {{{2, 3}}, {{1}}, {{33, 2}}, {{3, 0}}}, -2, 2,
       by_lines({{0, [](const Values& v) { return joined(part(v, 1, v.size()), part(v, 0, 1)); }}}), {}},
      {"chunk", [](V x) { const auto p = chunk(x[0], 3, -1); return p.back() * static_cast<double>(p.size()); }, lines, -2, 2,
       by_lines({{-1, [](const Values& v) {
          const std::size_t size = (v.size() + 2) / 3, count = (v.size() + size - 1) / size;
          Values last = part(v, (count - 1) * size, v.size());
          for (double& a : last) a *= static_cast<double>(count);
          return last;
        }}}),
       {{[] { chunk(some({4}), 0); }, "chunk: the number of chunks must be at least 1: got 0"},
        {[] { chunk(some({4}), 2, -2); }, "chunk: axis is out of range: axis is -2, the tensor has 1 axis"},
        {[] { chunk(Variable(), 1); }, "chunk: axis is out of range"}}},

      {"pad", [](V x) { return pad(x[0], {1, 2}, 0.5); }, lines, -2, 2, by_lines({{-1, margin(1, 2, 0.5)}}),
       {{[] { pad(some({2, 3}), {1}); }, "pad: needs two numbers per axis, from the last axis on: got 1 for [2, 3]"},
        {[] { pad(some({2}), {1, 1, 1, 1}); }, "pad: needs two numbers per axis, from the last axis on: got 4 for [2]"},
        {[] { pad(some({2}), {1, -1}); }, "pad: a margin is negative: -1 — use slice to cut"},
        {[] { pad(some({2}), {INT64_MAX, 1}); }, "pad: the margin is too large: 9223372036854775807"},
        {[] { pad(Variable(ones({2}, DType::i64)), {1, 1}, 0.5); }, "pad: a fraction does not fit an integer tensor"},
        {[] { pad(Variable(), {}); }, "undefined tensor"}}},
      {"pad", [](V x) { return pad(x[0], {0, 1, 2, 0}); }, planes, -2, 2, by_lines({{-1, margin(0, 1, 0)}, {-2, margin(2, 0, 0)}}), {}},
      {"pad", [](V x) { return pad(x[0], {}, 3) * x[0]; }, {{{}}, {{2, 3}}, {{33}}}, -2, 2, each([](double a) { return a * a; }), {}},
      {"pad_reflect", [](V x) { return pad(x[0], {2, 1}, PadMode::reflect); }, {{{5}}, {{2, 3}}, {{3, 33}}, {{2, 3, 4}}, {{0, 3}}}, -2, 2,
       by_lines({{-1, [](const Values& v) { return joined(joined({v[2], v[1]}, v), {v[v.size() - 2]}); }}}),
       {{[] { pad(some({3}), {3, 0}, PadMode::reflect); }, "pad: the axis is too short for this margin: extent 3, margins 3 and 0"},
        {[] { pad(some({0}), {0, 1}, PadMode::replicate); }, "pad: the axis is too short for this margin: extent 0, margins 0 and 1"},
        {[] { pad(some({2}), {0, 3}, PadMode::circular); }, "pad: the axis is too short for this margin: extent 2, margins 0 and 3"},
        {[] { pad(some({2}), {1}, PadMode::circular); }, "pad: needs two numbers per axis"}}},
      {"pad_replicate", [](V x) { return pad(x[0], {3, 1, 0, 2}, PadMode::replicate); }, {{{2, 3}}, {{4, 1}}, {{1, 5}}, {{2, 33}}, {{0, 2, 3}}}, -2, 2,
       by_lines({{-1, [](const Values& v) { return joined(joined(Values(3, v[0]), v), {v.back()}); }},
                 {-2, [](const Values& v) { return joined(v, Values(2, v.back())); }}}), {}},
      {"pad_circular", [](V x) { return pad(x[0], {1, 2}, PadMode::circular); }, {{{5}}, {{2, 3}}, {{3, 2}}, {{2, 33}}, {{0, 3}}}, -2, 2,
       by_lines({{-1, [](const Values& v) { return joined(joined({v.back()}, v), {v[0], v[1]}); }}}), {}},

      {"flip", [](V x) { return flip(x[0], {-1}); }, lines, -2, 2, by_lines({{-1, reversed}}),
       {{[] { flip(some({2}), {1}); }, "flip: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { flip(some({2, 2}), {1, -1}); }, "flip: an axis is named twice: axes are [1, -1]"},
        {[] { flip(Variable(), {}); }, "undefined tensor"}}},
      {"flip", [](V x) { return flip(x[0], {0, -1}); }, {{{2, 3}}, {{1, 5}}, {{33, 2}}, {{2, 3, 4}}, {{2, 0}}}, -2, 2,
       by_lines({{0, reversed}, {-1, reversed}}), {}},
      {"flip", [](V x) { return flip(x[0], {}) * x[0]; }, {{{}}, {{2, 3}}}, -2, 2, each([](double a) { return a * a; }), {}},
      {"roll", [](V x) { return roll(x[0], 2, -1); }, lines, -2, 2,
       by_lines({{-1, [](const Values& v) {
          Values out(v.size());
          for (std::size_t i = 0; i < v.size(); ++i) out[(i + 2) % v.size()] = v[i];
          return out;
        }}}),
       {{[] { roll(some({2}), 1, 1); }, "roll: axis is out of range: axis is 1, the tensor has 1 axis"},
        {[] { roll(some({}), 1, 0); }, "roll: axis is out of range: axis is 0, the tensor has 0 axes"},
        {[] { roll(Variable(), 1, -1); }, "roll: axis is out of range"}}},
      {"roll", [](V x) { return roll(x[0], -7, 0); }, {{{2, 3}}, {{1}}, {{33}}, {{0, 2}}, {{2, 0}}}, -2, 2,
       by_lines({{0, [](const Values& v) {
          Values out(v.size());
          for (std::size_t i = 0; i < v.size(); ++i) out[i] = v[(i + 7) % v.size()];
          return out;
        }}}), {}},
      {"repeat", [](V x) { return repeat(x[0], {3}); }, {{{5}}, {{1}}, {{33}}, {{}}, {{0}}}, -2, 2,
       [](const std::vector<Tensor>& x) { return times(3)(x[0].to_vector<double>()); },
       {{[] { repeat(some({2, 3}), {2}); }, "repeat: needs a number for every axis: got [2] for [2, 3]"},
        {[] { repeat(some({2}), {-1}); }, "repeat: a number is negative: [-1]"},
        {[] { repeat(some({2}), {INT64_MAX}); }, "repeat: the size overflows: [9223372036854775807] times [2]"},
        {[] { repeat(Variable(), {2}); }, "undefined tensor"}}},
      {"repeat", [](V x) { return repeat(x[0], {2, 1, 3}); }, {{{2, 3}}, {{33}}, {{2, 1, 4}}, {{0, 3}}}, -2, 2,
       [f = by_lines({{-1, times(3)}})](const std::vector<Tensor>& x) { return times(2)(f(x)); }, {}},
      {"repeat", [](V x) { return repeat(x[0], {2, 0}); }, {{{2, 3}}, {{3}}}, -2, 2, [](const std::vector<Tensor>&) { return Values(); }, {}},

      {"tril", [](V x) { return tril(x[0]); }, planes, -2, 2, where_kept([](Index r, Index c) { return c <= r; }),
       {{[] { tril(some({3})); }, "tril: needs at least two axes: shape is [3]"},
        {[] { tril(some({})); }, "tril: needs at least two axes: shape is []"},
        {[] { tril(Variable()); }, "tril: needs at least two axes"}}},
      {"tril", [](V x) { return tril(x[0], -1); }, planes, -2, 2, where_kept([](Index r, Index c) { return c <= r - 1; }), {}},
      {"triu", [](V x) { return triu(x[0]); }, planes, -2, 2, where_kept([](Index r, Index c) { return c >= r; }),
       {{[] { triu(some({3})); }, "triu: needs at least two axes: shape is [3]"},
        {[] { triu(some({})); }, "triu: needs at least two axes: shape is []"},
        {[] { triu(Variable()); }, "triu: needs at least two axes"}}},
      {"triu", [](V x) { return triu(x[0], 2); }, planes, -2, 2, where_kept([](Index r, Index c) { return c >= r + 2; }), {}},
      {"diagonal", [](V x) { return diagonal(x[0]); }, planes, -2, 2, diagonal_of(0, 0, [](Index r, Index c) { return std::min(r, c); }),
       {{[] { diagonal(some({3})); }, "diagonal: axis is out of range: axis is -2, the tensor has 1 axis"},
        {[] { diagonal(some({3, 3}), 0, 1, -1); }, "diagonal: the axes are the same: 1 and -1 of [3, 3]"},
        {[] { diagonal(Variable()); }, "diagonal: axis is out of range"}}},
      {"diagonal", [](V x) { return diagonal(x[0], 1); }, planes, -2, 2, diagonal_of(0, 1, [](Index r, Index c) { return std::min(r, c - 1); }), {}},
      {"diagonal", [](V x) { return diagonal(transpose(x[0], 0, 1), -1, 1, 0); }, {{{2, 3}}, {{1, 5}}, {{33, 2}}}, -2, 2,
       diagonal_of(1, 0, [](Index r, Index c) { return std::max<Index>(0, std::min(r - 1, c)); }), {}},
      {"embed_diagonal", [](V x) { return embed_diagonal(x[0], {5, 4}, -2); }, {{{3}}}, -2, 2, on_diagonal(2, 0, 5, 4),
       {{[] { embed_diagonal(some({3}), {2, 2}); }, "embed_diagonal: the tensor does not fit: [3] on the diagonal 0 of [2, 2]"},
        {[] { embed_diagonal(some({3}), {3}); }, "diagonal: axis is out of range"},
        {[] { embed_diagonal(some({3}), {3, 3}, 0, 0, 0); }, "diagonal: the axes are the same: 0 and 0 of [3, 3]"},
        {[] { embed_diagonal(some({3}), {-3, 3}); }, "negative extent: shape is [-3, 3]"},
        {[] { embed_diagonal(Variable(), {1, 1}); }, "embed_diagonal: the tensor does not fit"}}},
      {"embed_diagonal", [](V x) { return embed_diagonal(x[0], {2, 3, 3}); }, {{{2, 3}}}, -2, 2, on_diagonal(0, 0, 3, 3), {}},
      {"diag", [](V x) { return diag(x[0]); }, {{{3}}, {{1}}, {{33}}, {{0}}}, -2, 2, on_diagonal(0, 0, -1, -1),
       {{[] { diag(some({2, 2})); }, "diag: needs one axis: shape is [2, 2] — use diagonal to read one"},
        {[] { diag(some({})); }, "diag: needs one axis: shape is []"},
        {[] { diag(Variable()); }, "diag: needs one axis"}}},
  };
}

}  // namespace optable
