// What docs/optimizers.md says of weight decay and of SAM, measured on the digits with the MLP of the README.
#include <gradus/gradus.hpp>

#include "catch.hpp"

#include <cmath>
#include <memory>

using namespace gradus;

namespace {

struct Mlp : nn::Module<Mlp> {
  nn::Linear fc1{64, 64}, fc2{64, 10};
  Variable forward(const Variable& x) { return fc2(relu(fc1(flatten(x, 1)))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};
struct Result {
  double accuracy, first_norm, curvature;
};
/// The largest eigenvalue of the Hessian of the loss over all of the data, by the power method.
double curvature(Mlp& model, const Tensor& x, const Tensor& y) {
  const std::vector<Variable> ps = model.parameters();
  std::vector<Variable> v;
  for (const Variable& p : ps) v.push_back(Variable(randn(p.shape())));
  double value = 0;
  for (int i = 0; i < 15; ++i) {
    double squares = 0;
    for (const Variable& w : v) squares += sum(w.data() * w.data()).item();
    for (Variable& w : v) w = Variable(w.data() * (1 / std::sqrt(squares)));
    const auto g = grad({nn::cross_entropy(model(x), y)}, ps, {.create_graph = true});
    Variable along = sum(g[0] * v[0]);
    for (std::size_t k = 1; k < ps.size(); ++k) along = along + sum(g[k] * v[k]);
    const auto hv = grad({along}, ps);
    value = 0;
    for (std::size_t k = 0; k < ps.size(); ++k) {
      value += sum(hv[k].data() * v[k].data()).item();
      v[k] = hv[k].detach();
    }
  }
  return value;
}
template <class Make>
Result fit(std::uint64_t seed, const Make& make) {
  constexpr int epochs = 10;
  manual_seed(seed);
  auto parts = data::random_split(data::digits(), {1500, 297});
  auto batches = data::DataLoader(parts[0], {.batch_size = 32, .shuffle = true});
  auto all = data::DataLoader(parts[0], {.batch_size = 1500}), test = data::DataLoader(parts[1], {.batch_size = 297});
  Mlp model;
  const std::unique_ptr<optim::OptimizerBase> optimizer = make(model.parameters());
  optim::CosineAnnealingLR schedule(*optimizer, {.T_max = epochs * batches.size()});
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (auto [x, y] : batches) {
      optimizer->step([&] {
        optimizer->zero_grad();
        Variable loss = nn::cross_entropy(model(x), y);
        loss.backward();
        return loss;
      });
      schedule.step();
    }
  Result r{100 * train::evaluate(model, test).accuracy, norm(model.parameters()[0].data()).item(), 0};
  for (auto [x, y] : all) r.curvature = curvature(model, x, y);
  return r;
}

}  // namespace

TEST_CASE("decay inside the gradient of Adam is far stronger than AdamW's", "[optim][measured]") {
  for (const std::uint64_t seed : {1, 2}) {
    INFO(seed);
    const auto adam = [&](double decay) {
      return fit(seed, [=](const auto& ps) {
        return std::make_unique<optim::Adam>(ps, optim::AdamOptions{.lr = 3e-3, .weight_decay = decay});
      });
    };
    const Result without = adam(0), inside = adam(0.1),
                 beside = fit(seed, [](const auto&ps) {
                   return std::make_unique<optim::AdamW>(ps, optim::AdamWOptions{.lr = 3e-3, .weight_decay = 0.1});
                 });
    CHECK(without.accuracy > 95);
    CHECK(inside.accuracy < 85);
    CHECK(beside.accuracy > 94.5);
    CHECK(inside.first_norm < 0.3 * without.first_norm);
    CHECK(beside.first_norm > 0.9 * without.first_norm);
  }
}

TEST_CASE("SAM ends where the loss is less curved", "[optim][measured][sam]") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto sgd = [](const auto& ps) {
      return std::make_unique<optim::SGD>(ps, optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
    };
    const Result plain = fit(seed, sgd);
    for (const auto& [rho, share] : {std::pair{0.05, 0.9}, {0.2, 0.6}}) {
      const Result sam = fit(seed, [&, at = rho](const auto& ps) {
        return std::make_unique<optim::SAM>(sgd(ps), optim::SAMOptions{.rho = at});
      });
      INFO("seed " << seed << " rho " << rho << ": " << plain.curvature << " and " << sam.curvature);
      CHECK(sam.curvature < share * plain.curvature);
      CHECK(sam.accuracy > 97);
    }
  }
}
