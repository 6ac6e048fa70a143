#include "ops/table.hpp"

#include <cmath>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
const std::vector<std::vector<Shape>> pairs = {{{2, 3}, {2, 3}}, {{2, 3}, {3}},    {{3, 1}, {1, 4}}, {{}, {2, 4}}, {{5}, {}}, {{}, {}},
                                               {{3, 1}, {2, 1, 4}}, {{33}, {33}}, {{0, 3}, {3}},   {{2, 0}, {1, 1}}};
const std::vector<std::vector<Shape>> singles = {{{2, 3}}, {{}}, {{1}}, {{33}}, {{0, 2}}, {{2, 3, 2}}};
Variable bad(const Shape& s) { return leaf(ones(s)); }
const Tensor flags = full({2}, true, DType::boolean), whole = ones({2}, DType::i64);
}  // namespace

std::vector<OpRow> arithmetic_rows() {
  return {
      {"add", [](V x) { return x[0] + x[1]; }, pairs, -2, 2, each2([](double a, double b) { return a + b; }),
       {{[] { bad({2, 3}) + bad({4}); }, "add: shapes do not broadcast: a is [2, 3], b is [4]"},
        {[] { Variable(flags) + flags; }, "add: needs numbers: got bool"},
        {[] { Variable() + bad({2}); }, "undefined tensor"}}},
      {"sub", [](V x) { return x[0] - x[1]; }, pairs, -2, 2, each2([](double a, double b) { return a - b; }),
       {{[] { bad({3}) - bad({2}); }, "sub: shapes do not broadcast: a is [3], b is [2]"},
        {[] { Variable(flags) - flags; }, "sub: needs numbers: got bool"},
        {[] { bad({2}) - Variable(); }, "undefined tensor"}}},
      {"mul", [](V x) { return x[0] * x[1]; }, pairs, -2, 2, each2([](double a, double b) { return a * b; }),
       {{[] { bad({2, 2}) * bad({3, 2}); }, "mul: shapes do not broadcast: a is [2, 2], b is [3, 2]"},
        {[] { Variable(flags) * flags; }, "mul: needs numbers: got bool"},
        {[] { Variable() * Variable(); }, "undefined tensor"}}},
      {"div", [](V x) { return x[0] / x[1]; }, pairs, 0.5, 2, each2([](double a, double b) { return a / b; }),
       {{[] { bad({2, 3}) / bad({2}); }, "div: shapes do not broadcast: a is [2, 3], b is [2]"},
        {[] { bad({2, 3, 2}) / bad({4, 2}); }, "div: shapes do not broadcast"},
        {[] { Variable() / bad({2}); }, "undefined tensor"}}},
      {"pow", [](V x) { return pow(x[0], x[1]); }, pairs, 0.5, 2, each2([](double a, double b) { return std::pow(a, b); }),
       {{[] { pow(bad({2, 3}), bad({2})); }, "pow: shapes do not broadcast: a is [2, 3], b is [2]"},
        {[] { pow(Variable(flags), Variable(flags)); }, "pow: needs numbers: got bool"},
        {[] { pow(Variable(), bad({2})); }, "undefined tensor"}}},
      {"neg", [](V x) { return -x[0]; }, singles, -2, 2, each([](double a) { return -a; }),
       {{[] { -Variable(flags); }, "neg: needs numbers: got bool"}, {[] { -Variable(); }, "undefined tensor"}}},
      {"add_scalar", [](V x) { return x[0] + 1.5; }, singles, -2, 2, each([](double a) { return a + 1.5; }),
       {{[] { Variable(whole) + 0.5; }, "add: a fraction does not fit an integer tensor: tensor is i64, scalar is 0.5"},
        {[] { Variable(flags) + 1; }, "add: needs numbers: got bool"}}},
      {"sub_scalar", [](V x) { return x[0] - 1.5; }, singles, -2, 2, each([](double a) { return a - 1.5; }),
       {{[] { Variable(whole) - 0.5; }, "sub: a fraction does not fit an integer tensor"},
        {[] { Variable(flags) - 1; }, "sub: needs numbers: got bool"}}},
      {"scalar_sub", [](V x) { return 1.5 - x[0]; }, singles, -2, 2, each([](double a) { return 1.5 - a; }),
       {{[] { 0.5 - Variable(whole); }, "sub: a fraction does not fit an integer tensor"},
        {[] { 1 - Variable(flags); }, "sub: needs numbers: got bool"}}},
      {"mul_scalar", [](V x) { return x[0] * 2.5; }, singles, -2, 2, each([](double a) { return a * 2.5; }),
       {{[] { Variable(whole) * 0.5; }, "mul: a fraction does not fit an integer tensor"},
        {[] { Variable(flags) * 2; }, "mul: needs numbers: got bool"}}},
      {"div_scalar", [](V x) { return x[0] / 2.5; }, singles, -2, 2, each([](double a) { return a / 2.5; }),
       {{[] { Variable() / 2; }, "undefined tensor"}}},
      {"scalar_div", [](V x) { return 2.5 / x[0]; }, singles, 0.5, 2, each([](double a) { return 2.5 / a; }),
       {{[] { 2 / Variable(); }, "undefined tensor"}}},
      {"pow_scalar", [](V x) { return pow(x[0], 3.5); }, singles, 0.5, 2, each([](double a) { return std::pow(a, 3.5); }),
       {{[] { pow(Variable(whole), 0.5); }, "pow: a fraction does not fit an integer tensor"},
        {[] { pow(Variable(flags), 3); }, "pow: needs numbers: got bool"}}},
      {"pow_scalar", [](V x) { return pow(x[0], 2); }, singles, -2, 2, each([](double a) { return a * a; }), {}},
      {"pow_scalar", [](V x) { return pow(x[0], 0); }, singles, -2, 2, each([](double) { return 1.0; }), {}},
      {"pow_scalar", [](V x) { return pow(x[0], -1); }, singles, 0.5, 2, each([](double a) { return 1 / a; }), {}},
      {"to", [](V x) { return to(x[0], DType::f32) * 1; }, {}, -2, 2, {}, {{[] { to(Variable(), DType::f64); }, "undefined tensor"}}},
  };
}

}  // namespace optable
