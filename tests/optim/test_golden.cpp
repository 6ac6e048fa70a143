// Trajectories of PyTorch, step by step.
#include "catch.hpp"
#include "optim/golden_options.hpp"

#include <cmath>

using namespace gradus;
using nlohmann::json;

namespace {

Variable sine_free_cos(const Variable& x) {  // 1 - cos(5 x), differentiated by hand: the library has no cosine yet
  Tensor value = copy(x.data()), slope = copy(x.data());
  for (double& v : value.mutable_span<double>()) v = 1 - std::cos(5 * v);
  for (double& v : slope.mutable_span<double>()) v = 5 * std::sin(5 * v);
  return record("one_minus_cos", value,
                edge(
                    x, [](auto& g, auto& s) { return g * s; }, Variable(slope)));
}
Variable loss_of(const std::string& problem, const json& c, const std::vector<Variable>& theta) {
  const auto term = [](const Variable& v, Index i) { return select(v, 0, i); };
  if (problem == "bumps" || problem == "quadratic" || !c.empty()) {
    Variable total = scalar_tensor(0, DType::f64);
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const Tensor curvature = reshape(tensor(c[i].get<std::vector<double>>()), theta[i].shape());
      total = total + sum(pow(theta[i], 2) * curvature / 2);
      if (problem == "bumps") total = total + sum(sine_free_cos(theta[i])) * 0.06;
    }
    return total;
  }
  const Variable x = term(theta[0], 0), y = term(theta[0], 1);
  if (problem == "rosenbrock") return pow(1 - x, 2) + pow(y - x * x, 2) * 100;
  if (problem == "beale")
    return pow(1.5 - x + x * y, 2) + pow(2.25 - x + x * y * y, 2) + pow(2.625 - x + x * y * y * y, 2);
  if (problem == "himmelblau") return pow(x * x + y - 11, 2) + pow(x + y * y - 7, 2);
  throw std::runtime_error("golden: no problem " + problem);
}

std::vector<Variable> start_of(const json& c) {
  std::vector<Variable> theta;
  for (std::size_t i = 0; i < c["start"].size(); ++i) {
    Shape shape;
    for (const auto& n : c["shapes"][i]) shape.push_back(n.get<Index>());
    theta.push_back(leaf(tensor(c["start"][i].get<std::vector<double>>(), shape)));
  }
  return theta;
}

bool close(double got, double wanted, double rtol) { return std::abs(got - wanted) <= 1e-15 + rtol * std::abs(wanted); }
/// Line searches amplify rounding: near 0 their parameters agree only to the absolute tolerance.
bool close_parameter(double got, double wanted, double rtol, bool searched) {
  return close(got, wanted, rtol) || (searched && std::abs(got - wanted) <= rtol);
}

template <class Optimizer>
void follow(const json& all, const json& test_case, double rtol) {
  const json& problem = all["problems"][test_case["problem"].get<std::string>()];
  const auto theta = start_of(problem);
  Optimizer optimizer(theta, golden::options<typename Optimizer::Options>(test_case["options"]));
  const auto absent = test_case.value("absent", std::vector<int>{});
  const auto lr_at = test_case.value("lr_at", std::map<std::string, double>{});
  INFO(test_case["optimizer"] << " " << test_case["options"] << " on " << test_case["problem"]);
  for (std::size_t k = 0; k < test_case["trajectory"].size(); ++k) {
    INFO("step " << k);
    if (const auto lr = lr_at.find(std::to_string(k)); lr != lr_at.end()) optimizer.set(0, "lr", lr->second);
    const Variable loss = optimizer.step([&] {
      optimizer.zero_grad();
      Variable l = loss_of(test_case["problem"], problem.value("c", json::array()), theta);
      l.backward();
      if (std::find(absent.begin(), absent.end(), static_cast<int>(k)) != absent.end()) theta[1].grad() = Tensor();
      return l;
    });
    CHECK(close(loss.item(), test_case["losses"][k].get<double>(), rtol));
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const auto wanted = test_case["trajectory"][k][i].get<std::vector<double>>();
      const auto got = theta[i].data().to_vector<double>();
      for (std::size_t j = 0; j < wanted.size(); ++j) {
        INFO("parameter " << i << " element " << j << ": " << got[j] << " instead of " << wanted[j]);
        REQUIRE(close_parameter(got[j], wanted[j], rtol, std::is_same_v<Optimizer, optim::LBFGS>));
      }
    }
    if constexpr (std::is_same_v<Optimizer, optim::LBFGS>)
      CHECK(optimizer.function_evaluations() == test_case["evals"][k].get<Index>());
  }
}

}  // namespace

TEST_CASE("SGD and AdamW follow PyTorch over all combinations of options", "[optim][golden]") {
  const json all = golden::json("optim.json");
  int cases = 0;
  for (const json& c : all["cases"]) {
    if (c["optimizer"] == "SGD") follow<optim::SGD>(all, c, 1e-12);
    else if (c["optimizer"] == "AdamW") follow<optim::AdamW>(all, c, 1e-12);
    else continue;
    ++cases;
  }
  CHECK(cases >= 40);
}

TEST_CASE("L-BFGS follows PyTorch with and without line search", "[optim][golden]") {
  const json all = golden::json("optim.json");
  int cases = 0;
  for (const json& c : all["cases"]) {
    if (c["optimizer"] != "LBFGS") continue;
    follow<optim::LBFGS>(all, c, 1e-10);
    ++cases;
  }
  CHECK(cases >= 8);
}
