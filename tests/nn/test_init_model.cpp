// Initial weights that concern a whole model: biases, LSUV; and the hook that LSUV looks through.
#include <gradus/gradus.hpp>

#include "catch.hpp"

#include <cmath>

using namespace gradus;
namespace init = nn::init;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Mlp : nn::Module<Mlp> {
  std::vector<nn::Linear> hidden;
  nn::Dropout drop{0.5};
  nn::Linear head, unused{3, 3};
  explicit Mlp(Index in = 20, Index width = 50, Index out = 4, DType d = DType::f64)
      : hidden{nn::Linear(in, width, {.dtype = d}), nn::Linear(width, width, {.dtype = d})},
        head(width, out, {.dtype = d}) {}
  Variable forward(const Variable& x) {
    Variable h = x;
    for (auto& layer : hidden) h = drop(relu(layer(h)));
    return head(h);
  }
  void fields(nn::Fields& f) {
    f("head", head);  // not the order in which they run
    f("unused", unused);
    f("hidden", hidden);
    f("drop", drop);
  }
};

double spread(const Variable& x) { return var(x.data(), all_axes(x.rank()), 0).item(); }
/// Variance of each hidden layer's outputs and the head's, measured without any hook, in evaluation mode.
std::vector<double> variances(Mlp& m, const Tensor& x) {
  const NoGrad off;
  const Variable a = m.hidden[0](x), b = m.hidden[1](relu(a)), c = m.head(relu(b));
  return {spread(a), spread(b), spread(c)};
}

struct Warnings {
  std::vector<std::string> texts;
  WarningHandler before = set_warning_handler([this](const std::string& text) { texts.push_back(text); });
  ~Warnings() { set_warning_handler(before); }
};

/// How a recurrent layer may name its parameters.
struct Cell : nn::Module<Cell> {
  nn::Parameter weight{ones({2, 2})}, bias_ih{ones({2})}, in_proj_bias{ones({2})}, biased{ones({2})};
  void fields(nn::Fields& f) {
    f("weight", weight);
    f("bias_ih_l0", bias_ih);
    f("in_proj_bias", in_proj_bias);
    f("biased", biased);
  }
};

}  // namespace

TEST_CASE("zero_biases sets all biases and nothing else", "[nn][init]") {
  Mlp m;
  const Tensor weight = copy(m.head.weight.data());
  init::zero_biases(m);
  for (const auto& [name, p] : m.named_parameters()) CHECK((max(abs(p.data())).item() == 0) == name.ends_with("bias"));
  CHECK(equal(m.head.weight.data(), weight));
  nn::Sequential s{nn::Linear(2, 3)};
  init::zero_biases(s);
  CHECK(max(abs(s.parameters()[1].data())).item() == 0);
  Cell cell;
  init::zero_biases(cell);
  CHECK(equal(cell.bias_ih.data(), zeros({2})));
  CHECK(equal(cell.in_proj_bias.data(), zeros({2})));
  CHECK(equal(cell.biased.data(), ones({2})));
  CHECK(equal(cell.weight.data(), ones({2, 2})));
}

TEST_CASE("with prior biases the first loss is the entropy of the targets", "[nn][init]") {
  manual_seed(3);
  const std::vector<double> counts{700, 200, 90, 10};
  std::vector<Index> labels;
  double entropy = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    labels.insert(labels.end(), static_cast<std::size_t>(counts[k]), static_cast<Index>(k));
    entropy -= counts[k] / 1000 * std::log(counts[k] / 1000);
  }
  for (const DType d : {DType::f32, DType::f64}) {
    Mlp m(20, 50, 4, d);
    m.eval();
    const Tensor x = randn({1000, 20}, d);
    const auto loss = [&] { return cross_entropy(m(x), tensor(labels)).item(); };
    init::normal_(m.head.weight, 0, 1e-7);
    init::zeros_(m.head.bias);
    CHECK(loss() == Approx(std::log(4)).epsilon(1e-6));
    init::softmax_prior_(m.head.bias, counts);
    CHECK(std::abs(loss() - entropy) < 1e-6);
  }
}

TEST_CASE("with a prior of one percent the first binary loss is far below log 2", "[nn][init]") {
  manual_seed(4);
  Mlp m(20, 50, 1);
  m.eval();
  init::zeros_(m.head.weight);
  init::sigmoid_prior_(m.head.bias, 0.01);
  CHECK(m.head.bias.item() == Approx(-4.59511985).epsilon(1e-8));
  const Variable p = sigmoid(m(randn({100, 20}, DType::f64)));
  Tensor y = zeros({100, 1}, DType::f64);
  y[37].fill(1);
  CHECK(std::abs(-mean(y * log(p) + (1 - y) * log(1 - p)).item() - 0.0560015) < 1e-6);
  nn::Parameter bias(zeros({3}, DType::f64));
  init::sigmoid_prior_(bias, {0.5, 0.01, 0.99});
  CHECK(allclose(sigmoid(bias.data()), tensor({0.5, 0.01, 0.99}), 1e-12));
}

TEST_CASE("the bias of the forget gate is the second quarter", "[nn][init]") {
  nn::Parameter bias(full({8}, 0.5));
  init::forget_bias_(bias);
  CHECK(equal(bias.data(), tensor({.5f, .5f, 1.f, 1.f, .5f, .5f, .5f, .5f})));
  CHECK_THROWS_WITH(init::forget_bias_(empty({6})), "forget_bias_: needs an LSTM's bias [4 * hidden]: bias is [6]");
  CHECK_THROWS_AS(init::forget_bias_(empty({4, 2})), ShapeError);
}

TEST_CASE("prior biases refuse what is no probability", "[nn][init]") {
  Tensor bias = zeros({3});
  for (const double p : {0.0, 1.0, -0.5, not_a_number})
    CHECK_THROWS_WITH(init::sigmoid_prior_(bias, p),
                      StartsWith("sigmoid_prior_: a probability must lie in (0, 1): got "));
  CHECK_THROWS_AS(init::sigmoid_prior_(bias, {0.5, 2, 0.5}), ValueError);
  CHECK_THROWS_WITH(
      init::softmax_prior_(bias, {3, 0, 1}),
      "softmax_prior_: counts must be finite and positive: one is 0 — give a class that was not seen a small one");
  CHECK_THROWS_AS(init::softmax_prior_(bias, {1, not_a_number, 1}), ValueError);
  CHECK_THROWS_AS(init::softmax_prior_(bias, {1e308, 1e308, 1}), ValueError);
  CHECK_THROWS_WITH(init::softmax_prior_(bias, {1, 2}),
                    "softmax_prior_: needs one value for each element of a bias [outputs]: 2 values, bias is [3]");
  CHECK_THROWS_AS(init::sigmoid_prior_(zeros({3}, DType::i64), 0.2), DTypeError);
  CHECK(equal(bias, zeros({3})));
}

TEST_CASE("LSUV brings the outputs of each layer to variance 1 in the order of calls", "[nn][init][lsuv]") {
  for (const double tolerance : {0.1, 1e-3}) {
    Generator g(5);
    Mlp m;
    const Tensor x = randn({300, 20}, DType::f64, g) * 40 + 3, unused = copy(m.unused.weight.data());
    CHECK(variances(m, x)[0] > 100);
    const auto layers = init::lsuv_(m, x, {.tolerance = tolerance}, g);
    REQUIRE(layers.size() == 3);
    const auto measured = variances(m, x);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(std::abs(measured[i] - 1) < tolerance);
      CHECK(layers[i].variance == Approx(measured[i]).epsilon(1e-9));
      CHECK(layers[i].iterations >= 1);
      CHECK(layers[i].iterations <= 10);
    }
    CHECK(layers[0].name == "hidden.0");
    CHECK(layers[1].name == "hidden.1");
    CHECK(layers[2].name == "head");
    CHECK(equal(m.unused.weight.data(), unused));
    // Still orthogonal, but for the scale.
    const Tensor w = m.hidden[1].weight.data(), square = matmul(w, transpose(w));
    CHECK(allclose(square / square[0][0].item(), eye(50, DType::f64), 1e-10, 1e-10));
  }
}

TEST_CASE("LSUV leaves modes and the tape and the biases as they were", "[nn][init][lsuv]") {
  manual_seed(6);
  Mlp m;
  m.train();
  m.hidden[1].eval();
  const Tensor x = randn({100, 20}, DType::f64), bias = copy(m.hidden[0].bias.data());
  Generator g(1), same(1);
  Mlp other = m;
  init::lsuv_(m, x, {}, g);
  CHECK(m.training());
  CHECK(m.drop.training());
  CHECK_FALSE(m.hidden[1].training());
  CHECK(equal(m.hidden[0].bias.data(), bias));
  CHECK(m.head.weight.is_leaf());
  CHECK(recording());
  // Through a function of one's own, and repeatable.
  init::lsuv_(
      other, [&] { other(x); }, {}, same);
  CHECK(equal(m.head.weight.data(), other.head.weight.data()));
}

TEST_CASE("LSUV can start from the weights that are there", "[nn][init][lsuv]") {
  manual_seed(7);
  nn::Linear layer(6, 5, {.bias = false, .dtype = DType::f64});
  const Tensor before = copy(layer.weight.data()), x = randn({50, 6}, DType::f64);
  const auto layers = init::lsuv_(layer, x, {.tolerance = 1e-9, .orthogonal = false});
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].name.empty());
  CHECK(layers[0].iterations == 1);  // without a bias one scaling is exact
  const Tensor ratio = layer.weight.data() / before;
  CHECK(allclose(ratio, full({5, 6}, ratio[0][0].item(), DType::f64), 1e-12));
}

TEST_CASE("LSUV scales outputs whose variance leaves the range of f32", "[nn][init][lsuv]") {
  for (const double size : {1e25, 1e-25}) {
    manual_seed(7);
    nn::Linear layer(6, 5, {.bias = false});
    const Tensor x = randn({50, 6});
    mul_(layer.weight.data(), size);
    init::lsuv_(layer, x, {.orthogonal = false});
    CHECK(spread(layer(x)) == Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("LSUV takes the first call of a layer that runs twice", "[nn][init][lsuv]") {
  struct Twice : nn::Module<Twice> {
    nn::Linear layer{8, 8, {.bias = false, .dtype = DType::f64}};
    Variable forward(const Variable& x) { return layer(layer(x) * 30.0); }
    void fields(nn::Fields& f) { f("layer", layer); }
  } model;
  Generator g(2);
  const Tensor x = randn({200, 8}, DType::f64, g) * 5;
  CHECK(init::lsuv_(model, x, {.tolerance = 1e-6}, g)[0].name == "layer");
  CHECK(spread(model.layer(x)) == Approx(1).epsilon(1e-5));
}

TEST_CASE("LSUV warns where a bias keeps the variance up and refuses what has none", "[nn][init][lsuv]") {
  manual_seed(8);
  nn::Linear layer(6, 5, {.dtype = DType::f64});
  const Tensor x = randn({50, 6}, DType::f64);
  {
    Warnings warnings;
    init::normal_(layer.bias, 0, 10);
    const auto layers = init::lsuv_(layer, x, {.max_iterations = 3});
    CHECK(layers[0].iterations == 3);
    CHECK(layers[0].variance > 1.1);
    REQUIRE(warnings.texts.size() == 1);
    CHECK_THAT(warnings.texts[0], StartsWith("lsuv_: layer  still has variance "));
  }
  nn::Sequential model{nn::Linear(6, 5, {.bias = false, .dtype = DType::f64}), nn::Dropout(0.5)};
  const std::string text = "lsuv_: an output cannot be scaled to variance 1: layer 0 has variance ";
  CHECK_THROWS_WITH(init::lsuv_(model, zeros({4, 6}, DType::f64)), StartsWith(text + "0"));
  CHECK_THROWS_WITH(init::lsuv_(model, zeros({0, 6}, DType::f64)), StartsWith(text + "0"));
  CHECK_THROWS_WITH(init::lsuv_(model, full({4, 6}, not_a_number, DType::f64)), StartsWith(text + "nan"));
  CHECK(model[1].module().training());  // also after an error
  CHECK(recording());
  CHECK_THROWS_WITH(init::lsuv_(model, [] {}),
                    "lsuv_: no layer to scale: Sequential has 1 modules with a weight of two or more axes, and the "
                    "forward pass called none of them");
  for (const double tolerance : {0.0, -1.0, not_a_number})
    CHECK_THROWS_AS(init::lsuv_(model, x, {.tolerance = tolerance}), ValueError);
  CHECK_THROWS_AS(init::lsuv_(model, x, {.max_iterations = 0}), ValueError);
}

TEST_CASE("a forward hook sees what every module answers until its scope ends", "[nn][hook]") {
  manual_seed(9);
  Mlp m;
  m.eval();
  const Tensor x = ones({2, 20}, DType::f64);
  std::vector<const nn::ModuleBase*> seen;
  Tensor last;
  {
    const nn::ForwardHook hook([&](nn::ModuleBase& module, const Variable& y) {
      seen.push_back(&module);
      last = y.data();
    });
    const Variable y = m(x);
    CHECK(seen == std::vector<const nn::ModuleBase*>{&m.hidden[0], &m.drop, &m.hidden[1], &m.drop, &m.head, &m});
    CHECK(last.shares_memory_with(y.data()));
    int inner = 0;
    {
      const nn::ForwardHook second([&](nn::ModuleBase&, const Variable&) {
        if (++inner == 1) m.head(ones({1, 50}, DType::f64));  // does not call the hooks again
      });
      m.head(ones({1, 50}, DType::f64));
    }
    CHECK(inner == 1);
    CHECK(seen.size() == 7);
  }
  m(x);
  CHECK(seen.size() == 7);
}

TEST_CASE("an exception from a forward hook leaves the call and the hook stays", "[nn][hook]") {
  nn::Sequential s{nn::ReLU(), nn::ReLU()};
  int calls = 0;
  const nn::ForwardHook hook([&](nn::ModuleBase&, const Variable&) {
    if (++calls == 1) fail<ValueError>("hook: no");
  });
  CHECK_THROWS_WITH(s(ones({1})), "hook: no (in module 0)");
  CHECK(gradus::detail::module_path == nullptr);
  s(ones({1}));
  CHECK(calls == 1 + 3);
  CHECK_THROWS_WITH(nn::ForwardHook({}), "ForwardHook: needs a function: it is empty");
}
