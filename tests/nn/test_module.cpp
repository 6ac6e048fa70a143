#include <gradus/gradus.hpp>

#include "catch.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>

using namespace gradus;

namespace {

struct Mlp : nn::Module<Mlp> {
  nn::Linear fc1{7, 5}, fc2{5, 2};
  Variable forward(const Variable& x) { return fc2(relu(fc1(x))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};
struct Deep : nn::Module<Deep> {
  nn::Linear in{4, 4};
  std::vector<nn::Linear> blocks{3, nn::Linear(4, 4, {.bias = false})};
  nn::Buffer mean{full({4}, 0.5)};
  nn::Sequential head{nn::Linear(4, 3), nn::ReLU()};
  Variable forward(const Variable& x) {
    Variable h = in(x)-mean;
    for (auto& b : blocks) h = b(h);
    return head(matmul(h, transpose(in.weight)));  // a weight used twice
  }
  void fields(nn::Fields& f) {
    f("in", in);
    f("blocks", blocks);
    f("mean", mean);
    f("head", head);
  }
};
struct Clash : nn::Module<Clash> {
  nn::Linear a{1, 1}, b{1, 1};
  void fields(nn::Fields& f) {
    f("a", a);
    f("a", b);
  }
};

double fit(Mlp& model, optim::AdamW& optimizer, int steps) {
  const Tensor x = ones({3, 7}), target = full({3, 2}, 0.7);
  double last = 0;
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    const Variable loss = nn::mse_loss(model(x), target, Reduction::sum);
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  return last;
}
double result_of(Deep& m) { return sum(m(ones({1, 4}))).item(); }

}  // namespace

TEST_CASE("a model goes on training after it was moved or assigned to", "[nn][values]") {
  manual_seed(1);
  Mlp model;
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-2});
  const Mlp start = model;
  const double first = fit(model, optimizer, 1);
  CHECK(fit(model, optimizer, 200) < 1e-3 * first);
  model = start;  // written in place: the optimizer still holds these weights
  CHECK(fit(model, optimizer, 1) == Approx(first).epsilon(1e-5));
  CHECK(fit(model, optimizer, 300) < 1e-2 * first);
  Mlp moved = std::move(model);
  const double before = fit(moved, optimizer, 1);
  CHECK(before < 1e-2 * first);
  Mlp teacher = moved;
  const double kept = sum(teacher(ones({1, 7}))).item();
  moved = start;
  CHECK(sum(teacher(ones({1, 7}))).item() == kept);
}

TEST_CASE("copies of modules have weights of their own", "[nn][values]") {
  Deep m, c = m;
  CHECK(result_of(m) == result_of(c));
  for (const Variable& p : m.parameters()) Variable(p).data().fill(0.3);
  CHECK(result_of(m) != result_of(c));
  c.load_state_dict(m.state_dict());
  CHECK(result_of(m) == result_of(c));
  const std::vector<nn::Linear> layers(3, nn::Linear(2, 2));
  CHECK(layers[0].weight.node().get() != layers[1].weight.node().get());
  CHECK(equal(layers[0].weight.data(), layers[1].weight.data()));
  nn::Sequential s{Mlp(), nn::ReLU(), nn::Sequential(nn::Linear(2, 2))}, t = s;
  CHECK(s(ones({1, 7})).shape() == Shape{1, 2});
  CHECK(t.parameters()[0].node().get() != s.parameters()[0].node().get());
  static_assert(std::is_nothrow_move_constructible_v<Deep> && std::is_copy_assignable_v<Deep>);
}

TEST_CASE("names come from fields", "[nn][names]") {
  Deep m;
  std::string names;
  for (const auto& [name, t] : m.state_dict()) names += name + " ";
  CHECK(names == "blocks.0.weight blocks.1.weight blocks.2.weight head.0.bias head.0.weight in.bias in.weight mean ");
  CHECK(m.named_parameters()[0].first == "in.weight");
  CHECK(m.parameter_count() == 16 + 4 + 3 * 16 + 12 + 3);
  CHECK_THROWS_WITH(Clash().state_dict(), "state_dict: Clash::fields() gives a name twice: a.weight");
  CHECK(m.summary().find("  (in): Linear(in_features=4, out_features=4, bias=true)\n") != std::string::npos);
  CHECK(m.summary().find("  (blocks.1): Linear(in_features=4, out_features=4, bias=false)\n") != std::string::npos);
}

TEST_CASE("loading a state is all or nothing and lists everything that does not fit", "[nn][state]") {
  Deep m;
  const double before = result_of(m);
  auto state = m.state_dict();
  for (auto& [name, t] : state) t = t * 2.0;
  state["in.bias"] = zeros({5});
  state["extra"] = zeros({1});
  state.erase("mean");
  state["head.0.bias"] = zeros({3}, DType::f64);
  CHECK_THROWS_WITH(
      m.load_state_dict(state),
      "load_state_dict: the state does not fit Deep: head.0.bias is f32, given f64 (cast converts it); in.bias is "
      "[4], given [5]; missing mean; unexpected extra");
  CHECK(result_of(m) == before);
  state["in.bias"] = zeros({4});
  const auto result = m.load_state_dict(state, {.strict = false, .cast = true});
  CHECK(result.missing == std::vector<std::string>{"mean"});
  CHECK(result.unexpected == std::vector<std::string>{"extra"});
  CHECK(sum(m.in.bias).item() == 0);
}

TEST_CASE("errors and tape nodes carry the path of the module that was running", "[nn][names]") {
  Deep m;
  CHECK_THROWS_WITH(m(ones({2, 5})), ContainsSubstring("weight is [4, 4] (in module in)"));
  m.head[0] = nn::Linear(9, 3);  // a new layer, not named yet
  CHECK_THROWS_WITH(m(ones({2, 4})), ContainsSubstring("(in module head.0)"));
  CHECK(gradus::detail::module_path == nullptr);
  Deep good;
  bool found = false;
  for (const auto& entry : tape(good(ones({1, 4})))) found |= entry.module == "blocks.2" && entry.op == "linear";
  CHECK(found);
  CHECK_THROWS_WITH(good.in(ones({2, 5})), EndsWith("weight is [4, 4]"));  // called by itself it is the root
  Deep copied = good;
  CHECK_THROWS_WITH(copied(ones({2, 3})), ContainsSubstring("(in module in)"));
}

TEST_CASE("training mode and conversion reach all children", "[nn][modes]") {
  Deep m;
  m.eval();
  CHECK_FALSE(m.head[0].module().training());
  CHECK_FALSE(m.blocks[2].training());
  m.train();
  CHECK(m.blocks[2].training());
  m.to(DType::f64);
  CHECK(m.mean.dtype() == DType::f64);
  CHECK(m(ones({1, 4}, DType::f64)).dtype() == DType::f64);
  CHECK_THROWS_AS(m.to(DType::i64), DTypeError);
  sum(m(ones({1, 4}, DType::f64))).backward();
  CHECK(m.in.weight.grad().defined());
  m.zero_grad();
  CHECK_FALSE(m.in.weight.grad().defined());
}

TEST_CASE("a model survives a round trip through a file", "[nn][state][io]") {
  const auto path = std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "_gradus_model.safetensors");
  manual_seed(3);
  Deep m, other;
  CHECK(result_of(m) != result_of(other));
  nn::save(m, path);
  nn::load(other, path);
  CHECK(result_of(m) == result_of(other));
  Mlp wrong;
  CHECK_THROWS_WITH(nn::load(wrong, path), ContainsSubstring("the state does not fit Mlp: missing fc1.bias"));
  std::filesystem::remove(path);
  CHECK_THROWS_AS(nn::load(m, path), IoError);
}

TEST_CASE("linear layers take any number of leading axes", "[nn][layers]") {
  nn::Linear l(3, 2);
  for (const Shape& s : {Shape{3}, Shape{4, 3}, Shape{2, 4, 3}, Shape{0, 3}}) {
    Shape wanted = s;
    wanted[wanted.size() - 1] = 2;
    CHECK(l(ones(s)).shape() == wanted);
  }
  CHECK_FALSE(nn::Linear(3, 2, {.bias = false}).bias.defined());
  CHECK_THROWS_WITH(nn::Linear(-1, 2), "Linear: sizes must be at least 0: in is -1, out is 2");
  CHECK(nn::Linear(0, 2)(ones({1, 0})).shape() == Shape{1, 2});
}

TEST_CASE("dropout keeps the mean in training and does nothing in evaluation", "[nn][layers]") {
  manual_seed(5);
  nn::Dropout drop(0.3);
  const Tensor x = ones({100'000});
  const Tensor y = drop(x).data();
  CHECK(std::abs(mean(y).item() - 1) < 5 * std::sqrt(0.3 / 0.7 / 1e5));
  CHECK(sum(to(y == 0, DType::i64)).item() == Approx(30'000).epsilon(0.05));
  drop.eval();
  CHECK(equal(drop(x).data(), x));
  CHECK(max(nn::Dropout(1)(x)).item() == 0);
  CHECK(equal(nn::Dropout(0)(x).data(), x));
  CHECK_THROWS_WITH(nn::Dropout(2), "Dropout: p must lie in [0, 1]: got 2");
  CHECK_THROWS_AS(nn::Dropout(std::nan("")), ValueError);
}

TEST_CASE("initial weights have their bounds and moments and follow the seed", "[nn][init]") {
  manual_seed(9);
  nn::Linear a(400, 2500);
  manual_seed(9);
  nn::Linear b(400, 2500);
  CHECK(equal(a.weight.data(), b.weight.data()));
  CHECK(max(abs(a.weight.data())).item() <= 0.05);
  CHECK(max(abs(a.weight.data())).item() > 0.0499);
  CHECK(mean(a.weight.data() * a.weight.data()).item() == Approx(0.0025 / 3).epsilon(0.01));
  CHECK(max(abs(a.bias.data())).item() <= 0.05);
  Tensor w = empty({1000, 500});
  const auto variance = [&] { return mean(w * w).item(); };
  nn::init::kaiming_normal_(w, {.nonlinearity = nn::init::Nonlinearity::relu});
  CHECK(variance() == Approx(2.0 / 500).epsilon(0.02));
  nn::init::kaiming_uniform_(w, {.mode = nn::init::FanMode::fan_out});
  CHECK(variance() == Approx(2.0 / 1000).epsilon(0.02));
  nn::init::xavier_normal_(w, 2);
  CHECK(variance() == Approx(4 * 2.0 / 1500).epsilon(0.02));
  nn::init::xavier_uniform_(w);
  CHECK(max(w).item() <= std::sqrt(6.0 / 1500));
  CHECK(variance() == Approx(2.0 / 1500).epsilon(0.02));
  CHECK(nn::init::calculate_gain(nn::init::Nonlinearity::tanh) == Approx(5.0 / 3));
  nn::init::zero_biases(a);
  CHECK(max(abs(a.bias.data())).item() == 0);
  Tensor flat = empty({3});
  CHECK_THROWS_WITH(nn::init::xavier_uniform_(flat), ContainsSubstring("a fan needs at least two axes"));
  CHECK_THROWS_WITH(nn::init::normal_(flat, 0, -1), ContainsSubstring("normal_: needs a finite mean and std >= 0"));
}

TEST_CASE("losses refuse shapes that would broadcast", "[nn][loss]") {
  CHECK(nn::mse_loss(ones({2}), tensor({3.f, 1.f})).item() == 2);
  CHECK(nn::mse_loss(ones({2}), tensor({3.f, 1.f}), Reduction::none).shape() == Shape{2});
  CHECK_THROWS_WITH(nn::mse_loss(ones({2, 1}), ones({2})),
                    "mse_loss: shapes differ: prediction is [2, 1], target is [2]");
}
