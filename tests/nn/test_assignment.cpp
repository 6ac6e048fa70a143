// Assignment writes into the memory that is there; an optimizer whose weights were replaced says so at its next step.
#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "optim/all_optimizers.hpp"
using namespace gradus;

namespace {
struct Net : nn::Module<Net> {
  nn::Linear first{3, 4};
  nn::Sequential body{nn::Linear(4, 4), relu, nn::Linear(4, 2)};
  std::array<nn::Linear, 2> pair{nn::Linear(2, 2), nn::Linear(2, 2)};
  nn::Buffer shift{full({2}, 0.5)};
  Variable forward(const Variable& in) { return pair[1](pair[0](body(first(in)))) + shift; }
  void fields(nn::Fields& f) {
    f("first", first);
    f("body", body);
    f("pair0", pair[0]);
    f("pair1", pair[1]);
    f("shift", shift);
  }
};
const Tensor x = ones({2, 3});

Net make(std::uint64_t seed) {
  manual_seed(seed);
  return {};
}
std::vector<const Node*> nodes(const Net& model) {
  std::vector<const Node*> all;
  for (const Variable& p : model.parameters()) all.push_back(p.node().get());
  return all;
}
void train_step(Net& model, optim::OptimizerBase& optimizer, const Tensor& in = x) {
  optimizer.zero_grad();
  sum(square(model(in))).backward();
  optimizer.step();
}
const char* replaced = "is no module's weight any more";
}  // namespace

TEST_CASE("assigning models of the same shapes keeps weights and buffers where they are", "[nn][values]") {
  Net model = make(1);
  const auto before = nodes(model);
  const Tensor shift = model.shift;
  const Net other = make(2);
  const Tensor wanted = no_grad([&] { return make(2)(x).data(); });
  SECTION("a copy") { model = other; }
  SECTION("a temporary") { model = make(2); }
  SECTION("a moved model") {
    Net source = make(2);
    model = std::move(source);
    source = make(3);
  }
  SECTION("any layer by layer") {
    Net source = make(2);
    model.first = std::move(source.first);
    for (std::size_t i : {0, 2}) model.body[i] = std::move(source.body[i]);
    model.pair = std::move(source.pair);
  }
  CHECK(nodes(model) == before);
  CHECK(model.shift.shares_memory_with(shift));
  CHECK(equal(no_grad([&] { return model(x).data(); }), wanted));
}

TEST_CASE("moving keeps the handles: a model from a function, a growing vector, a reordered one", "[nn][values]") {
  std::vector<Net> models;
  models.push_back(make(1));
  const auto before = nodes(models[0]);
  optim::SGD optimizer(models[0].parameters(), {.lr = 0.01});
  for (std::uint64_t i = 2; i < 9; ++i) models.push_back(make(i));
  CHECK(nodes(models[0]) == before);
  train_step(models[0], optimizer);
  std::swap(models[0], models[5]);  // the weights travel; whoever trains them goes on
  CHECK(nodes(models[5]) == before);
  train_step(models[5], optimizer);
}

TEST_CASE("every optimizer says at its next step that its weights were replaced", "[nn][values][optim]") {
  const std::vector<std::function<void(Net&, Net&)>> ways = {
      [](Net& m, Net&) { m.to(DType::f64); },
      [](Net& m, Net& other) { std::swap(m, other); },
      [](Net& m, Net&) { m.first = nn::Linear(3, 5); },
      [](Net& m, Net&) { m.body = nn::Sequential(nn::Linear(4, 2)); },
  };
  for (const auto& kind : all_optimizers::kinds()) {
    for (std::size_t way = 0; way < ways.size(); ++way) {
      INFO(kind.name << ", way " << way);
      Net model = make(1), other = make(2);
      auto parameters = model.parameters();
      if (kind.matrices_only()) std::erase_if(parameters, [](auto& p) { return p.rank() != 2; });
      const auto optimizer = kind.make(parameters, {});
      ways[way](model, other);
      const auto closure = [&] {
        optimizer->zero_grad();
        const Variable loss =
            sum(square(way == 2 ? model.body(zeros({1, 4})) : model(to(x, model.first.weight.dtype()))));
        loss.backward();
        return loss;
      };
      CHECK_THROWS_WITH(optimizer->step(closure), ContainsSubstring(replaced));
    }
  }
}
TEST_CASE("vectors in an assigned temporary move as a whole, which is said; copies are written in place",
          "[nn][values]") {
  struct Stack : nn::Module<Stack> {
    std::vector<nn::Linear> layers = std::vector<nn::Linear>(2, nn::Linear(2, 2));
    Variable forward(const Variable& in) { return layers[1](layers[0](in)); }
    void fields(nn::Fields& f) { f("layers", layers); }
  };
  Stack model, other;
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const Node* before = model.layers[0].weight.node().get();
  model = other;
  CHECK(model.layers[0].weight.node().get() == before);
  model = Stack();
  sum(model(ones({1, 2}))).backward();
  CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring(replaced));
}
TEST_CASE("a layer that is replaced by one of another class or size is said too", "[nn][values][optim]") {
  nn::Sequential model(nn::Linear(2, 2), nn::Linear(2, 2));
  optim::AdamW optimizer(model.parameters());
  model[1] = relu;
  sum(model(ones({1, 2}))).backward();
  CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring(replaced));
}

TEST_CASE("weights replaced between backward and step are no longer stepped", "[nn][values][optim]") {
  Net model = make(1);
  optim::SGD optimizer(model.parameters(), {.lr = 0.01});
  sum(square(model(x))).backward();
  model.to(DType::f64);
  CHECK_THROWS_WITH(
      optimizer.step(),
      "step: a parameter is no module's weight any more: f32 [4, 3] was replaced — make the optimizer or average anew "
      "after to(), std::swap or an assignment that changes shapes");
}

TEST_CASE("an average of weights that were replaced says so", "[nn][values][optim]") {
  Net model = make(1);
  optim::WeightAverage average(model.parameters());
  average.update();
  model.to(DType::f64);
  CHECK_THROWS_WITH(average.update(), ContainsSubstring(replaced));
}
