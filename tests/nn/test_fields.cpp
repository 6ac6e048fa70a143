// Weights that fields() does not list: found at the first call, and nothing else is taken for one.
#include <gradus/autograd/checkpoint.hpp>
#include <gradus/autograd/ops.hpp>
#include <gradus/nn/activation.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/elementwise.hpp>

#include "catch.hpp"

#include <array>
#include <memory>
#include <optional>
using namespace gradus;

namespace {
const Tensor x = ones({1, 4});

// A model whose fields() list only the first of two parts. Part: whatever holds a weight of shape [4, 4].
template <class Part>
struct Forgetful : nn::Module<Forgetful<Part>> {
  nn::Linear first{4, 4};
  Part second;
  explicit Forgetful(Part part) : second(std::move(part)) {}
  Variable forward(const Variable& in) { return run(second, first(in)); }
  void fields(nn::Fields& f) { f("first", first); }

  static Variable run(nn::Parameter& p, const Variable& in) { return linear(in, p); }
  template <class M>
    requires std::derived_from<M, nn::ModuleBase>
  static Variable run(M& m, const Variable& in) { return m(in); }
  template <class List>
    requires requires(List& l) { l.begin(); }
  static Variable run(List& parts, const Variable& in) {
    Variable y = in;
    for (auto& part : parts) y = run(part, y);
    return y;
  }
  template <class Pointer>
    requires requires(Pointer& p) { *p; }
  static Variable run(Pointer& part, const Variable& in) { return run(*part, in); }
};
template <class Part>
void check_forgotten(Part part) {
  Forgetful<Part> model(std::move(part));
  INFO(model.type_name());
  const std::string wanted = join(model.type_name(), "::fields() does not list a weight that forward uses: f32 [4, 4]");
  for (int call = 0; call < 2; ++call) CHECK_THROWS_WITH(model(x), StartsWith(wanted));
  const NoGrad off;
  CHECK_NOTHROW(model(x));
}
nn::Linear layer() { return {4, 4, {.bias = false}}; }

struct Block : nn::Module<Block> {
  nn::Linear wide{4, 8}, narrow{8, 4};
  Variable forward(const Variable& in) { return narrow(wide(in)); }
  void fields(nn::Fields& f) { f("wide", wide); }
};
struct Net : nn::Module<Net> {
  std::vector<Block> blocks = std::vector<Block>(2);
  Variable forward(const Variable& in) { return blocks[1](blocks[0](in)); }
  void fields(nn::Fields& f) { f("blocks", blocks); }
};
struct Misspelt : nn::Module<Misspelt> {
  nn::Linear fc{4, 4};
  std::pair<Variable, int> forward(const Variable& in) { return {fc(in), 1}; }
  void field(nn::Fields& f) { f("fc", fc); }
};
}  // namespace

TEST_CASE("a weight that fields() forgets is an error at the first call, wherever it lies", "[nn][fields]") {
  check_forgotten(nn::Parameter(ones({4, 4})));
  check_forgotten(layer());
  check_forgotten(nn::Sequential(nn::ReLU(), layer()));
  check_forgotten(std::vector(2, layer()));
  check_forgotten(std::array{layer(), layer()});
  check_forgotten(std::vector{nn::Parameter(ones({4, 4}))});
  check_forgotten(std::optional(layer()));
}

TEST_CASE("the error names the class that forgets, its place and all that is missing", "[nn][fields]") {
  const char* hint = " — name it there, or use it under NoGrad if it is not to be trained";
  CHECK_THROWS_WITH(Net()(x), join("Block::fields() does not list a weight that forward uses: f32 [4, 8], f32 [4] in "
                                   "module blocks.0",
                                   hint));
  CHECK_THROWS_WITH(Block()(x),
                    join("Block::fields() does not list a weight that forward uses: f32 [4, 8], f32 [4]", hint));
  CHECK_THROWS_WITH(Misspelt()(x),
                    join("Misspelt::fields() does not list a weight that forward uses: f32 [4, 4], f32 [4]", hint));
}

TEST_CASE("weights that belong to others are not taken for forgotten ones", "[nn][fields]") {
  nn::Linear outside = layer();
  SECTION("a module elsewhere, by pointer") { CHECK_NOTHROW(Forgetful<nn::Linear*>(&outside)(x)); }
  SECTION("a shared module") { CHECK_NOTHROW(Forgetful(std::make_shared<nn::Linear>(4, 4))(x)); }
  SECTION("a tied weight, by reference") {
    struct Tied : nn::Module<Tied> {
      nn::Parameter& weight;
      explicit Tied(nn::Parameter& p) : weight(p) {}
      Variable forward(const Variable& in) { return linear(in, weight); }
    };
    CHECK_NOTHROW(Tied(outside.weight)(x));
  }
  SECTION("an input that was computed from another model, or needs a gradient itself") {
    nn::Linear model = layer();
    CHECK_NOTHROW(model(outside(x)));
    nn::Linear fresh = layer();
    CHECK_NOTHROW(fresh(leaf(ones({1, 4}))));
  }
  SECTION("a teacher of its own, run under NoGrad") {
    struct Student : nn::Module<Student> {
      nn::Linear model = layer(), teacher = layer();
      Variable forward(const Variable& in) {
        const Variable wanted = no_grad([&] { return teacher(in); });
        return model(in) - wanted;
      }
      void fields(nn::Fields& f) { f("model", model); }
    };
    CHECK_NOTHROW(Student()(x));
  }
  SECTION("the same weight under two names, and a checkpointed part") {
    struct Twice : nn::Module<Twice> {
      nn::Linear a = layer();
      Variable forward(const Variable& in) {
        return a(checkpoint([this](const Variable& v) { return a(v); }, a(in)));
      }
      void fields(nn::Fields& f) {
        f("a", a);
        f("b", a);
      }
    };
    CHECK_NOTHROW(Twice()(x));
  }
}

TEST_CASE("the look for forgotten weights copies a model at most once, and not into its weights", "[nn][fields]") {
  static int copies = 0;
  struct Fresh : nn::Module<Fresh> {
    nn::Linear own = layer();
    nn::Linear* other;
    explicit Fresh(nn::Linear* m) : other(m) {}
    Fresh(const Fresh& from) : Module(from), own(from.own), other(from.other) {
      ++copies;
      own.weight.data().fill(7);
    }
    Variable forward(const Variable& in) { return own((*other)(in)); }
    void fields(nn::Fields& f) { f("own", own); }
  };
  nn::Linear other = layer();
  Fresh model(&other);
  const Tensor before = copy(model.own.weight.data());
  for (int call = 0; call < 3; ++call) model(x);
  CHECK(copies == 1);
  CHECK(equal(model.own.weight.data(), before));
  Fresh copied = model;
  copied(x);
  CHECK(copies == 2);
  nn::Linear plain = layer();
  plain(x);
  CHECK(copies == 2);
}

TEST_CASE("a model that cannot be copied works, and its parts are looked at", "[nn][fields]") {
  struct Unique : nn::Module<Unique> {
    std::unique_ptr<nn::Linear> layer = std::make_unique<nn::Linear>(4, 4);
    Block block;
    bool with_block = false;
    Variable forward(const Variable& in) { return with_block ? block((*layer)(in)) : (*layer)(in); }
    void fields(nn::Fields& f) {
      f("layer", *layer);
      f("block", block);
    }
  };
  Unique model, other;
  CHECK(model(x).shape() == Shape{1, 4});
  CHECK(model.parameters().size() == 4);
  other.with_block = true;
  CHECK_THROWS_WITH(other(x), StartsWith("Block::fields() does not list"));
}

TEST_CASE("a constant model can be read", "[nn][fields]") {
  const nn::Sequential model(layer(), nn::ReLU());
  CHECK(model.state_dict().size() == 1);
  CHECK(model.parameter_count() == 16);
  CHECK(model.parameters().size() == model.named_parameters().size());
  CHECK(model.summary().find("(0): Linear") != std::string::npos);
}

TEST_CASE("vectors of parameters, and of vectors, are named by their positions", "[nn][fields]") {
  struct Lists : nn::Module<Lists> {
    std::vector<nn::Parameter> scales = std::vector<nn::Parameter>(2, nn::Parameter(ones({4})));
    std::vector<std::vector<nn::Linear>> grid = {{layer()}, {layer(), layer()}};
    void fields(nn::Fields& f) {
      f("scales", scales);
      f("grid", grid);
    }
  };
  std::string names;
  for (const auto& [name, p] : Lists().named_parameters()) names += name + " ";
  CHECK(names == "scales.0 scales.1 grid.0.0.weight grid.1.0.weight grid.1.1.weight ");
}

TEST_CASE("functions stand in a Sequential, by name, as lambdas and as Lambda", "[nn][sequential]") {
  const auto twice = [](const Variable& in) { return in * 2; };
  nn::Sequential model(layer(), relu, twice, nn::Lambda(tanh), nn::Sequential(sin), [](auto& in) { return in; });
  CHECK(model.size() == 6);
  CHECK(model.state_dict().begin()->first == "0.weight");
  model[0] = [](const Variable& in) { return in; };
  const Tensor in = tensor({-1.f, 0.5f});
  CHECK(equal(model(in).data(), sin(tanh(relu(in) * 2))));
  nn::Sequential copied = model;
  CHECK(equal(copied(in).data(), model(in).data()));
  CHECK(equal(nn::Sequential(relu)(in).data(), relu(in)));
}
TEST_CASE("an empty function is refused", "[nn][sequential]") {
  CHECK_THROWS_WITH(nn::Lambda(std::function<Variable(const Variable&)>()), "Lambda: the function is empty");
}
