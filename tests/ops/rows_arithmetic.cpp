#include "ops/table.hpp"

#include <cmath>
#include <limits>

namespace optable {
using V = const std::vector<Variable>&;

namespace {
const std::vector<std::vector<Shape>> pairs = {{{2, 3}, {2, 3}}, {{2, 3}, {3}},    {{3, 1}, {1, 4}}, {{}, {2, 4}}, {{5}, {}}, {{}, {}},
                                               {{3, 1}, {2, 1, 4}}, {{33}, {33}}, {{0, 3}, {3}},   {{2, 0}, {1, 1}}};
const std::vector<std::vector<Shape>> singles = {{{2, 3}}, {{}}, {{1}}, {{33}}, {{0, 2}}, {{2, 3, 2}}};
Variable bad(const Shape& s) { return leaf(ones(s)); }
const Tensor flags = full({2}, true, DType::boolean), whole = ones({2}, DType::i64);
const double nan = std::numeric_limits<double>::quiet_NaN();
double modulo(double a, double b) { return a - b * std::floor(a / b); }
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
      {"maximum", [](V x) { return maximum(x[0], x[1]); }, pairs, -2, 2, each2([](double a, double b) { return a > b ? a : b; }),
       {{[] { maximum(bad({2, 3}), bad({2})); }, "maximum: shapes do not broadcast: a is [2, 3], b is [2]"},
        {[] { maximum(Variable(flags), Variable(flags)); }, "maximum: needs numbers: got bool"},
        {[] { maximum(Variable(), bad({2})); }, "undefined tensor"}}},
      {"minimum", [](V x) { return minimum(x[0], x[1]); }, pairs, -2, 2, each2([](double a, double b) { return a < b ? a : b; }),
       {{[] { minimum(bad({2, 3}), bad({2})); }, "minimum: shapes do not broadcast: a is [2, 3], b is [2]"},
        {[] { minimum(Variable(flags), Variable(flags)); }, "minimum: needs numbers: got bool"},
        {[] { minimum(bad({2}), Variable()); }, "undefined tensor"}}},
      {"clamp", [](V x) { return clamp(x[0], -1, 0.5); }, singles, -2, 2, each([](double a) { return a < -1 ? -1 : a > 0.5 ? 0.5 : a; }),
       {{[] { clamp(bad({2}), nan, 1); }, "clamp: a bound is NaN: low is nan, high is 1"},
        {[] { clamp(Variable(whole), 0.5, 1); }, "clamp: a fraction does not fit an integer tensor: tensor is i64, scalar is 0.5"},
        {[] { clamp(Variable(flags), 0, 1); }, "clamp: needs numbers: got bool"},
        {[] { clamp(Variable(to(whole, DType::u8)), -1, 1); }, "clamp: the number does not fit a u8 tensor: scalar is -1"},
        {[] { clamp(Variable(), 0, 1); }, "undefined tensor"}}},
      {"clamp", [](V x) { return clamp(x[0], 1, -1) + x[0]; }, singles, -2, 2, each([](double a) { return a - 1; }), {}},
      {"clamp_min", [](V x) { return clamp_min(x[0], -0.5); }, singles, -2, 2, each([](double a) { return a < -0.5 ? -0.5 : a; }),
       {{[] { clamp_min(bad({2}), nan); }, "clamp_min: a bound is NaN: it is nan"},
        {[] { clamp_min(Variable(flags), 0); }, "clamp_min: needs numbers: got bool"},
        {[] { clamp_min(Variable(), 0); }, "undefined tensor"}}},
      {"clamp_max", [](V x) { return clamp_max(x[0], 0.5); }, singles, -2, 2, each([](double a) { return a > 0.5 ? 0.5 : a; }),
       {{[] { clamp_max(bad({2}), nan); }, "clamp_max: a bound is NaN: it is nan"},
        {[] { clamp_max(Variable(whole), 0.5); }, "clamp_max: a fraction does not fit an integer tensor: tensor is i64, scalar is 0.5"},
        {[] { clamp_max(Variable(flags), 0); }, "clamp_max: needs numbers: got bool"},
        {[] { clamp_max(Variable(), 0); }, "undefined tensor"}}},
      {"remainder", [](V x) { return remainder(x[0], x[1]); }, pairs, 0.5, 2, each2(modulo),
       {{[] { remainder(bad({2, 3}), bad({2})); }, "remainder: shapes do not broadcast: a is [2, 3], b is [2]"},
        {[] { remainder(Variable(whole), Variable(whole * 0)); }, "remainder: whole numbers have no remainder of a division by 0"},
        {[] { remainder(Variable(flags), Variable(flags)); }, "remainder: needs numbers: got bool"},
        {[] { remainder(bad({2}), Variable()); }, "undefined tensor"}}},
      {"remainder", [](V x) { return remainder(-x[0], x[1]); }, pairs, 0.5, 2, each2([](double a, double b) { return modulo(-a, b); }), {}},
      {"remainder", [](V x) { return remainder(x[0], -x[1]); }, pairs, 0.5, 2, each2([](double a, double b) { return modulo(a, -b); }), {}},
      {"remainder_scalar", [](V x) { return remainder(x[0], 0.75); }, singles, -2, 2, each([](double a) { return modulo(a, 0.75); }),
       {{[] { remainder(Variable(whole), 0); }, "remainder: whole numbers have no remainder of a division by 0"},
        {[] { remainder(Variable(whole), 0.5); }, "remainder: a fraction does not fit an integer tensor: tensor is i64, scalar is 0.5"},
        {[] { remainder(Variable(flags), 1); }, "remainder: needs numbers: got bool"},
        {[] { remainder(Variable(), 1); }, "undefined tensor"}}},
      {"remainder_scalar", [](V x) { return remainder(x[0], -0.75); }, singles, -2, 2, each([](double a) { return modulo(a, -0.75); }), {}},
      {"atan2", [](V x) { return atan2(x[0], x[1]); }, pairs, -2, 2, each2([](double a, double b) { return std::atan2(a, b); }),
       {{[] { atan2(bad({2, 3}), bad({2})); }, "atan2: shapes do not broadcast: a is [2, 3], b is [2]"},
        {[] { atan2(Variable(), bad({2})); }, "undefined tensor"},
        {[] { atan2(bad({2}), Variable()); }, "undefined tensor"}}},
      {"where", [](V x) { return where(x[0] > x[1], x[0], x[1] * 2); }, pairs, -2, 2, each2([](double a, double b) { return a > b ? a : b * 2; }),
       {{[] { where(whole, bad({2}), bad({2})); }, "where: the mask must be bool: got i64"},
        {[] { where(Tensor(), bad({2}), bad({2})); }, "where: the mask must be bool: got an undefined tensor"},
        {[] { where(flags, bad({3}), bad({3})); }, "where: shapes do not broadcast: a is [2], b is [3]"},
        {[] { where(flags, Variable(), bad({2})); }, "undefined tensor"}}},
      {"where", [](V x) { return where(tensor<Index>({1, 0, 1}) == 1, x[0], x[1]); }, {{{2, 3}, {2, 1}}, {{}, {}}, {{1}, {2, 2, 1}}, {{0, 3}, {3}}}, -2, 2,
       [](const std::vector<Tensor>& x) {
         const Shape to = broadcast_shapes("reference", {3}, broadcast_shapes("reference", x[0].shape(), x[1].shape()));
         std::vector<double> out;
         for (Index n = 0; n < to.numel(); ++n) {
           const Tensor& from = x[n % 3 == 1];
           out.push_back(from.to_vector<double>()[static_cast<std::size_t>(broadcast_position(n, to, from.shape()))]);
         }
         return out;
       }, {}},
      {"masked_fill", [](V x) { return masked_fill(x[0], x[0] > 0.5, 0.25); }, singles, -2, 2, each([](double a) { return a > 0.5 ? 0.25 : a; }),
       {{[] { masked_fill(bad({2}), whole, 0); }, "masked_fill: the mask must be bool: got i64"},
        {[] { masked_fill(bad({}), flags, 0); }, "masked_fill: the mask does not fit: mask is [2], x is []"},
        {[] { masked_fill(bad({3}), flags, 0); }, "masked_fill: shapes do not broadcast: a is [2], b is [3]"},
        {[] { masked_fill(Variable(whole), flags, 0.5); }, "masked_fill: a fraction does not fit an integer tensor"},
        {[] { masked_fill(Variable(), full({}, true, DType::boolean), 0.5); }, "undefined tensor"}}},
      {"masked_fill", [](V x) { return masked_fill(x[0], tensor<Index>({1, 0, 1}) == 1, 2); }, {{{2, 3}}, {{3}}, {{0, 3}}, {{2, 1, 3}}}, -2, 2,
       by_lines({{-1, [](const Values& v) { return Values{2, v[1], 2}; }}}), {}},
      {"to", [](V x) { return to(x[0], DType::f32) * 1; }, {}, -2, 2, {}, {{[] { to(Variable(), DType::f64); }, "undefined tensor"}}},
  };
}

}  // namespace optable
