// Initial weights: distributions, scales and structure. Biases and what needs data are in test_init_model.cpp.
#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "golden.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

using namespace gradus;
namespace init = nn::init;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity(),
                 not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr Index samples = 1'000'000;

/// Mean and variance within 5 standard errors; kurtosis is E (x - mean)^4 / var^2: 3 for a normal distribution.
void check_moments(const Tensor& t, double mean_wanted, double variance, double kurtosis) {
  const auto n = static_cast<double>(t.numel());
  CHECK(std::abs(mean(t).item() - mean_wanted) < 5 * std::sqrt(variance / n));
  CHECK(std::abs(var(t, all_axes(t.rank()), 0).item() / variance - 1) < 5 * std::sqrt((kurtosis - 1) / n));
}

double density(double z) { return std::isinf(z) ? 0 : std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }
double below(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

/// Greatest element of |W W^T - gain^2 I| (rows) or |W^T W - gain^2 I| (columns), whichever is smaller, in f64.
double orthogonality_error(const Tensor& weight, double gain) {
  Tensor w = to(reshape(weight, {weight.size(0), -1}), DType::f64);
  if (w.size(0) < w.size(1)) w = transpose(w);
  return max(abs(matmul(transpose(w), w) - eye(w.size(1), DType::f64) * (gain * gain))).item();
}

Shape shape_of(const nlohmann::json& j) {
  Shape s;
  for (const Index n : j) s.push_back(n);
  return s;
}

/// Warnings while it lives.
struct Warnings {
  std::vector<std::string> texts;
  WarningHandler before = set_warning_handler([this](const std::string& text) { texts.push_back(text); });
  ~Warnings() { set_warning_handler(before); }
};

struct Rule {
  const char* name;
  std::function<void(Tensor&, Generator&)> fill;
};
/// Every rule that draws, as it stands for a matrix.
const std::vector<Rule>& drawing_rules() {
  static const std::vector<Rule> rules{
      {"uniform_", [](Tensor& t, Generator& g) { init::uniform_(t, -1, 2, g); }},
      {"normal_", [](Tensor& t, Generator& g) { init::normal_(t, 1, 2, g); }},
      {"trunc_normal_", [](Tensor& t, Generator& g) { init::trunc_normal_(t, 0, 1, -2, 1, g); }},
      {"xavier_uniform_", [](Tensor& t, Generator& g) { init::xavier_uniform_(t, 1, g); }},
      {"xavier_normal_", [](Tensor& t, Generator& g) { init::xavier_normal_(t, 1, g); }},
      {"kaiming_uniform_", [](Tensor& t, Generator& g) { init::kaiming_uniform_(t, {}, g); }},
      {"kaiming_normal_", [](Tensor& t, Generator& g) { init::kaiming_normal_(t, {}, g); }},
      {"residual_normal_", [](Tensor& t, Generator& g) { init::residual_normal_(t, 6, 0.02, g); }},
      {"orthogonal_", [](Tensor& t, Generator& g) { init::orthogonal_(t, 1, g); }},
      {"sparse_", [](Tensor& t, Generator& g) { init::sparse_(t, 0.5, 0.01, g); }},
  };
  return rules;
}

}  // namespace

TEST_CASE("gains and fans are those of PyTorch", "[nn][init]") {
  const auto file = golden::json("init.json");
  for (const auto& c : file["gains"]) {
    const std::string name = c["nonlinearity"];
    INFO(c.dump());
    const double gain = c.contains("a") ? init::calculate_gain(name, c["a"].get<double>()) : init::calculate_gain(name);
    CHECK(gain == Approx(c["gain"].get<double>()).epsilon(1e-15));
  }
  for (const auto& c : file["fans"]) {
    const init::Fan fan = init::fan(empty(shape_of(c["shape"])));
    CHECK(fan.in == c["in"].get<Index>());
    CHECK(fan.out == c["out"].get<Index>());
  }
}

TEST_CASE("scaled rules draw with the bounds and deviations of PyTorch", "[nn][init]") {
  const auto file = golden::json("init.json");
  for (const auto& c : file["scaled"]) {
    INFO(c.dump());
    const std::string rule = c["rule"];
    Generator g(5), same(5);
    Tensor w = empty(shape_of(c["shape"]), DType::f64);
    if (rule.starts_with("xavier")) {
      const double gain = c["gain"];
      rule == "xavier_uniform_" ? init::xavier_uniform_(w, gain, g) : init::xavier_normal_(w, gain, g);
    } else {
      const init::KaimingOptions o{c["a"], c["mode"] == "fan_in" ? init::FanMode::fan_in : init::FanMode::fan_out,
                                   init::to_nonlinearity(c["nonlinearity"].get<std::string>())};
      rule == "kaiming_uniform_" ? init::kaiming_uniform_(w, o, g) : init::kaiming_normal_(w, o, g);
    }
    const Tensor wanted = c.contains("low") ? uniform(w.shape(), c["low"], c["high"], DType::f64, same)
                                            : randn(w.shape(), DType::f64, same) * c["std"].get<double>();
    CHECK(allclose(w, wanted, 1e-12, 1e-15));
  }
}

TEST_CASE("a linear layer starts with the bounds of PyTorch", "[nn][init]") {
  const auto file = golden::json("init.json");
  for (const auto& c : file["linear"]) {
    const Index in = c["in"], out = c["out"];
    for (const DType d : {DType::f32, DType::f64}) {
      manual_seed(21);
      const nn::Linear layer(in, out, {.dtype = d});
      manual_seed(21);
      const double weight = c["weight"], bias = c["bias"];
      CHECK(allclose(layer.weight.data(), uniform({out, in}, -weight, weight, d), 1e-6, 1e-8));
      CHECK(allclose(layer.bias.data(), uniform({out}, -bias, bias, d), 1e-6, 1e-8));
    }
  }
}

TEST_CASE("draws have the moments and bounds of their distributions", "[nn][init]") {
  Generator g(31);
  for (const DType d : {DType::f32, DType::f64}) {
    Tensor w = empty({1000, samples / 1000}, d);
    init::uniform_(w, -1, 3, g);
    check_moments(w, 1, 16.0 / 12, 1.8);
    CHECK(min(w).item() >= -1);
    CHECK(max(w).item() < 3);
    init::normal_(w, -2, 0.5, g);
    check_moments(w, -2, 0.25, 3);
    init::xavier_uniform_(w, 3, g);
    check_moments(w, 0, 9.0 / 1000, 1.8);
    CHECK(max(abs(w)).item() <= std::sqrt(27.0 / 1000) * (1 + 1e-7));
    init::xavier_normal_(w, 3, g);
    check_moments(w, 0, 9.0 / 1000, 3);
    init::kaiming_normal_(w, {.nonlinearity = init::Nonlinearity::relu}, g);
    check_moments(w, 0, 2.0 / 1000, 3);
    init::kaiming_uniform_(w, {.a = 2}, g);
    check_moments(w, 0, 2.0 / 5 / 1000, 1.8);
    init::residual_normal_(w, 12, 0.02, g);
    check_moments(w, 0, 4e-4 / 24, 3);
  }
  Tensor same = empty({100});
  CHECK(equal(init::uniform_(same, 0.5, 0.5), full({100}, 0.5)));
  CHECK(equal(init::normal_(same, 0.5, 0), full({100}, 0.5)));
}

TEST_CASE("truncated normals keep their bounds and have the moments of the closed form", "[nn][init]") {
  const double cases[][4] = {{0, 1, -2, 2},  {0, 0.02, -0.04, 0.04},     {1, 2, 0, 5},       {0, 1, 0, infinite},
                             {0, 1, 1.5, 4}, {0, 1, -infinite, -1},      {-3, 2, -100, 100}, {0, 1, -0.1, 0.1},
                             {0, 1, 5, 9},   {0, 1, -infinite, infinite}};
  Generator g(41);
  Warnings warnings;  // of {0, 1, 5, 9}
  for (const auto& [m, s, a, b] : cases) {
    INFO("mean " << m << " std " << s << " a " << a << " b " << b);
    const double l = (a - m) / s, u = (b - m) / s;
    const double mass = l > 0 ? below(-l) - below(-u) : below(u) - below(l);  // without cancellation in the upper tail
    const auto edge = [](double z) { return std::isinf(z) ? 0 : z * density(z); };
    const double shift = (density(l) - density(u)) / mass;
    const double variance = s * s * (1 + (edge(l) - edge(u)) / mass - shift * shift);
    for (const DType d : {DType::f32, DType::f64}) {
      Tensor w = empty({samples}, d);
      init::trunc_normal_(w, m, s, a, b, g);
      check_moments(w, m + s * shift, variance, 9);  // 9: the kurtosis of the exponential-like tail, the largest here
      const bool single = d == DType::f32;
      CHECK(min(w).item() >= (single ? static_cast<float>(a) : a));
      CHECK(max(w).item() <= (single ? static_cast<float>(b) : b));
    }
  }
  Tensor w = empty({samples}, DType::f64);
  init::trunc_normal_(w, 0, 1, -2, 2, g);
  CHECK(std::sqrt(var(w, all_axes(w.rank()), 0).item()) == Approx(0.87962566).epsilon(0.003));
  CHECK(equal(init::trunc_normal_(w, 0, 1, 0.25, 0.25, g), full({samples}, 0.25, DType::f64)));
}

TEST_CASE("a mean far outside the bounds of a truncated normal warns and then throws", "[nn][init]") {
  Tensor w = empty({10});
  Warnings warnings;
  init::trunc_normal_(w, 0, 0.02, -2, 2);
  init::trunc_normal_(w, 0, 1, 2, 3);
  CHECK(warnings.texts.empty());
  init::trunc_normal_(w, 0, 1, 2.5, 3);
  init::trunc_normal_(w, 6, 1, 2, 3);
  CHECK(warnings.texts == std::vector<std::string>{"trunc_normal_: the mean 0 lies more than 2 std outside [2.5, 3] — "
                                                   "the bounds are values, not multiples of std",
                                                   "trunc_normal_: the mean 6 lies more than 2 std outside [2, 3] — "
                                                   "the bounds are values, not multiples of std"});
  CHECK_THROWS_WITH(init::trunc_normal_(w, 0, 1, 8, 9),
                    "trunc_normal_: [a, b] is too far from the mean to draw from: a is 8, b is 9, mean is 0, std is 1");
  CHECK_THROWS_AS(init::trunc_normal_(w, 0, 1, -9, -8), ValueError);
}

TEST_CASE("orthogonal weights are orthogonal in every shape and carry the gain", "[nn][init]") {
  Generator g(51);
  for (const Shape& s : {Shape{64, 64}, Shape{300, 40}, Shape{40, 300}, Shape{1, 9}, Shape{9, 1}, Shape{16, 8, 3, 3},
                         Shape{200, 4, 3, 3}, Shape{5, 2, 2}, Shape{1, 1}}) {
    for (const double gain : {1.0, 0.5, 5.0 / 3}) {
      INFO("shape " << join(s) << " gain " << gain);
      const Tensor f = init::orthogonal_(empty(s), gain, g), d = init::orthogonal_(empty(s, DType::f64), gain, g);
      CHECK(orthogonality_error(f, gain) < 1e-6 * gain * gain);
      CHECK(orthogonality_error(d, gain) < 1e-12 * gain * gain);
    }
  }
}

TEST_CASE("orthogonal matrices are drawn uniformly", "[nn][init]") {
  // Of a uniform 2 x 2 matrix the first column's angle is uniform and the determinant is 1 or -1 equally often; the
  // factor as LAPACK leaves it always has the same determinant and a negative first element of r.
  Generator g(61);
  const int n = 4000;
  double cosine = 0, sine = 0, cosine_of_double = 0, determinant = 0;
  for (int i = 0; i < n; ++i) {
    const auto w = init::orthogonal_(empty({2, 2}, DType::f64), 1, g).to_vector<double>();
    cosine += w[0];
    sine += w[2];
    cosine_of_double += w[0] * w[0] - w[2] * w[2];
    determinant += w[0] * w[3] - w[1] * w[2];
  }
  const double root = std::sqrt(static_cast<double>(n));
  CHECK(std::abs(cosine) < 5 * root / std::numbers::sqrt2);
  CHECK(std::abs(sine) < 5 * root / std::numbers::sqrt2);
  CHECK(std::abs(cosine_of_double) < 5 * root / std::numbers::sqrt2);
  CHECK(std::abs(determinant) < 5 * root);
}

TEST_CASE("sparse weights have the same number of zeros in each column", "[nn][init]") {
  const auto file = golden::json("init.json");
  Generator g(71);
  const auto zeros_in_columns = [](const Tensor& w) { return sum(to(w == 0, DType::i64), {0}); };
  for (const auto& c : file["sparse"]) {
    for (const DType d : {DType::f32, DType::f64}) {
      const Tensor w = init::sparse_(empty({c["rows"].get<Index>(), 6}, d), c["sparsity"], 1, g);
      CHECK(equal(zeros_in_columns(w), full({6}, c["zeros"].get<Index>(), DType::i64)));
    }
  }
  const Tensor w = init::sparse_(empty({1000, 1000}), 0.25, 0.01, g);
  CHECK(equal(zeros_in_columns(w), full({1000}, 250, DType::i64)));
  CHECK(std::abs(mean(w * w).item() / 0.75e-4 - 1) < 0.02);
  const Tensor in_rows = sum(to(w == 0, DType::f64), {1});  // 250 +- 13.7 each: the places are spread over the rows
  CHECK(min(in_rows).item() > 250 - 6 * 13.7);
  CHECK(max(in_rows).item() < 250 + 6 * 13.7);
}

TEST_CASE("eye and dirac put ones where PyTorch does", "[nn][init]") {
  const auto file = golden::json("init.json");
  for (const char* rule : {"eye", "dirac"}) {
    for (const auto& c : file[rule]) {
      INFO(c.dump());
      for (const DType d : {DType::f32, DType::f64}) {
        Tensor w = full(shape_of(c["shape"]), 7, d), wanted = zeros({w.numel()}, d);
        for (const Index place : c["ones"]) wanted[place].fill(1);
        c.contains("groups") ? init::dirac_(w, c["groups"].get<Index>()) : init::eye_(w);
        CHECK(equal(w, reshape(wanted, w.shape())));
      }
    }
  }
}

TEST_CASE("rules write into tensors and views and parameters and count as changes in place", "[nn][init]") {
  nn::Parameter p(zeros({3, 4}));
  Tensor t = zeros({3, 4}), transposed = transpose(t);
  const auto version = p.data().version();
  CHECK(init::ones_(p).shares_memory_with(p.data()));
  CHECK(p.data().version() > version);
  CHECK(equal(p.data(), ones({3, 4})));
  CHECK(equal(init::constant_(transpose(t), 2.5), full({4, 3}, 2.5)));
  CHECK(equal(t, full({3, 4}, 2.5)));
  CHECK(equal(init::zeros_(t), zeros({3, 4})));
  CHECK(equal(init::constant_(zeros({2}, DType::i64), 3), tensor({3, 3})));
  for (const Rule& rule : drawing_rules()) {
    INFO(rule.name);
    Generator a(3), b(3);
    Tensor dense = empty({4, 3});
    rule.fill(dense, a);
    rule.fill(transposed, b);
    CHECK(equal(transposed, dense));
  }
  const nn::Parameter made{init::xavier_uniform_(empty({4, 2}))};
  CHECK(made.shape() == Shape{4, 2});
  CHECK(made.is_leaf());
  CHECK(made.requires_grad());
}

TEST_CASE("the seed alone decides whatever the number of threads", "[nn][init]") {
  const int threads = num_threads();
  for (const Rule& rule : drawing_rules()) {
    for (const DType d : {DType::f32, DType::f64}) {
      INFO(rule.name);
      Tensor one = empty({400, 300}, d), two = empty({400, 300}, d), other = empty({400, 300}, d);
      Generator a(7), b(7), c(8);
      set_num_threads(1);
      rule.fill(one, a);
      set_num_threads(threads);
      rule.fill(two, b);
      rule.fill(other, c);
      CHECK(equal(one, two));
      CHECK(a.state() == b.state());
      CHECK_FALSE(equal(one, other));
      manual_seed(7);
      rule.fill(other, default_generator());
      CHECK(equal(one, other));
    }
  }
  Tensor w = empty({30, 20}), v = empty({30, 20});
  manual_seed(9);
  init::orthogonal_(w);
  Generator g(9);
  CHECK(equal(w, init::orthogonal_(v, 1, g)));  // without a generator: the default one
}

TEST_CASE("weights without elements are left alone and rules that scale by a fan say so", "[nn][init]") {
  Warnings warnings;
  for (const Shape& s : {Shape{0, 3}, Shape{3, 0}, Shape{0, 0}}) {
    Tensor w = empty(s);
    Generator g(1);
    for (const Rule& rule : drawing_rules()) CHECK_NOTHROW(rule.fill(w, g));
    CHECK_NOTHROW(init::eye_(w));
    CHECK_NOTHROW(init::zeros_(w));
  }
  CHECK_NOTHROW(init::dirac_(empty({4, 2, 0})));
  REQUIRE(warnings.texts.size() == 3 * 4);
  CHECK(warnings.texts[0] == "xavier_uniform_: a weight without elements is left as it is: shape is [0, 3]");
  CHECK_THROWS_AS(init::kaiming_normal_(empty({0})), ShapeError);
}

TEST_CASE("initial weights refuse what makes no sense", "[nn][init]") {
  Tensor flat = empty({3}), matrix = empty({3, 4}), whole = empty({3, 4}, DType::i64);
  CHECK_THROWS_WITH(init::zeros_(Tensor()), "init: there is no tensor to write into — a layer without bias?");
  CHECK_THROWS_AS(init::zeros_(nn::Linear(2, 2, {.bias = false}).bias), ValueError);
  const std::string fan = "init: a fan needs at least two axes [out, in, ...]: weight is [3]";
  CHECK_THROWS_WITH(init::fan(flat), fan);
  CHECK_THROWS_WITH(init::xavier_uniform_(flat), fan);
  CHECK_THROWS_WITH(init::xavier_normal_(flat), fan);
  CHECK_THROWS_WITH(init::kaiming_uniform_(flat), fan);
  CHECK_THROWS_WITH(init::kaiming_normal_(flat), fan);
  CHECK_THROWS_WITH(
      init::calculate_gain("gelu"),
      "init: no nonlinearity of this name: got gelu — there are linear, sigmoid, tanh, relu, leaky_relu, selu, conv1d, "
      "conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d");
  CHECK_THROWS_WITH(init::calculate_gain(static_cast<init::Nonlinearity>(99)),
                    "calculate_gain: no such nonlinearity: got number 99");
  CHECK_THROWS_WITH(init::kaiming_normal_(matrix, {.a = not_a_number}),
                    "calculate_gain: the negative slope must be finite: a is nan");
  for (const double gain : {0.0, -1.0, not_a_number, infinite}) {
    CHECK_THROWS_WITH(init::xavier_uniform_(matrix, gain), StartsWith("init: the gain must be finite and positive"));
    CHECK_THROWS_WITH(init::xavier_normal_(matrix, gain), StartsWith("init: the gain must be finite and positive"));
    CHECK_THROWS_WITH(init::orthogonal_(matrix, gain), StartsWith("orthogonal_: the gain must be finite and positive"));
  }
  CHECK_THROWS_WITH(init::uniform_(matrix, 2, 1), "uniform: needs finite bounds with low <= high: low is 2, high is 1");
  for (const double std : {-1.0, not_a_number, infinite}) {
    CHECK_THROWS_WITH(init::normal_(matrix, 0, std), StartsWith("normal_: needs a finite mean and std >= 0"));
    CHECK_THROWS_WITH(init::trunc_normal_(matrix, 0, std),
                      StartsWith("trunc_normal_: needs a finite mean and std > 0"));
  }
  CHECK_THROWS_AS(init::normal_(matrix, not_a_number), ValueError);
  CHECK_THROWS_AS(init::trunc_normal_(matrix, infinite), ValueError);
  CHECK_THROWS_AS(init::trunc_normal_(matrix, 0, 0), ValueError);
  CHECK_THROWS_WITH(init::trunc_normal_(matrix, 0, 1, 2, -2), "trunc_normal_: needs a <= b: a is 2, b is -2");
  CHECK_THROWS_WITH(init::normal_(matrix, 0, 1e38), "normal_: f32 cannot hold the draws: mean is 0, std is 1e+38");
  CHECK_THROWS_WITH(init::trunc_normal_(matrix, 1e39), StartsWith("trunc_normal_: f32 cannot hold the draws"));
  CHECK_THROWS_WITH(init::uniform_(matrix, -1e39, 0), "uniform: the bounds do not fit f32: low is -1e+39, high is 0");
  CHECK_THROWS_AS(init::trunc_normal_(matrix, 0, 1, not_a_number, 2), ValueError);
  CHECK_THROWS_WITH(init::orthogonal_(flat), "orthogonal_: needs at least two axes [out, in, ...]: weight is [3]");
  CHECK_THROWS_WITH(init::sparse_(empty({3, 4, 5}), 0.5), "sparse_: needs two axes [out, in]: weight is [3, 4, 5]");
  for (const double sparsity : {-0.1, 1.0, not_a_number})
    CHECK_THROWS_WITH(init::sparse_(matrix, sparsity), StartsWith("sparse_: sparsity must lie in [0, 1): got "));
  CHECK_THROWS_WITH(init::eye_(flat), "eye_: needs two axes [out, in]: shape is [3]");
  CHECK_THROWS_WITH(init::dirac_(matrix),
                    "dirac_: needs a convolution's weight [out, in, k...] of 3 to 5 axes: shape is [3, 4]");
  for (const Index groups : {2, 0, -3})
    CHECK_THROWS_WITH(init::dirac_(empty({3, 4, 5}), groups),
                      StartsWith("dirac_: groups must divide the outputs: 3 outputs, groups is "));
  for (const Rule& rule : drawing_rules()) {
    INFO(rule.name);
    Generator g(1);
    CHECK_THROWS_AS(rule.fill(whole, g), DTypeError);
  }
}

TEST_CASE("residual weights shrink with the root of the number of branches", "[nn][init]") {
  CHECK(init::residual_std(12) == Approx(0.02 / std::sqrt(24)).epsilon(1e-15));
  CHECK(init::residual_std(1, 1, 1) == 1);
  CHECK(init::residual_std(9, 0.3, 1) == Approx(0.1).epsilon(1e-15));
  CHECK_THROWS_WITH(
      init::residual_std(0),
      "residual_std: needs at least 1 block and branch and a finite std > 0: 0 blocks of 2 branches, std is 0.02");
  CHECK_THROWS_AS(init::residual_std(1, not_a_number), ValueError);
  CHECK_THROWS_AS(init::residual_std(1, 1, 0), ValueError);
}
