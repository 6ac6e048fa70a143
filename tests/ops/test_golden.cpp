// Values and gradients of PyTorch at the places where implementations differ: zeros, infinities, NaN, ties.
#include "catch.hpp"
#include "autograd_layer.hpp"
#include "golden.hpp"

#include <cmath>

using namespace gradus;

namespace {

const std::map<std::string, Tensor>& all() {
  static const TensorFile file = golden::tensors("ops.safetensors");
  return file.tensors;
}
/// Equal, both NaN, or close: PyTorch's own functions are a few units off, and give 0 for subnormal results.
void check_same(const Tensor& got, const Tensor& wanted, double rtol, double f32_atol = 2e-38) {
  REQUIRE(got.shape() == wanted.shape());
  const auto a = got.to_vector<double>(), b = wanted.to_vector<double>();
  const double atol = got.dtype() == DType::f32 ? f32_atol : 1e-15;
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("element " << i << ": " << a[i] << " instead of " << b[i]);
    CHECK((a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) || std::abs(a[i] - b[i]) <= atol + rtol * std::abs(b[i])));
  }
}
double tolerance(DType d) { return d == DType::f32 ? 2e-6 : 1e-12; }

/// Runs f on "<name>.<dtype>.input" and compares with ".value" and ".grad".
int compare(const std::string& name, const std::function<Variable(const Variable&, const std::string&)>& f, double f32_atol = 2e-38) {
  int found = 0;
  for (const char* dtype : {"f32", "f64"}) {
    const std::string key = name + "." + dtype;
    if (!all().contains(key + ".input")) continue;
    ++found;
    INFO(key);
    const Variable x = leaf(copy(all().at(key + ".input")));
    const Variable y = f(x, key);
    check_same(y.data(), all().at(key + ".value"), tolerance(x.dtype()), f32_atol);
    const auto cotangent = all().find(key + ".cotangent");
    y.backward({.gradient = cotangent == all().end() ? ones(y.shape(), y.dtype()) : to(cotangent->second, y.dtype())});
    check_same(x.grad(), all().at(key + ".grad"), 4 * tolerance(x.dtype()), f32_atol);
  }
  return found;
}

}  // namespace

TEST_CASE("element-wise functions agree with PyTorch at the edges", "[ops][golden]") {
  CHECK(compare("relu.edges", [](auto& x, auto&) { return relu(x); }) == 2);
  CHECK(compare("sigmoid.edges", [](auto& x, auto&) { return sigmoid(x); }) == 2);
  CHECK(compare("tanh.edges", [](auto& x, auto&) { return tanh(x); }) == 2);
  CHECK(compare("exp.edges", [](auto& x, auto&) { return exp(x); }) == 2);
  CHECK(compare("log.edges", [](auto& x, auto&) { return log(x); }) == 2);
  CHECK(compare("sqrt.edges", [](auto& x, auto&) { return sqrt(x); }) == 2);
}

TEST_CASE("log softmax and cross entropy agree with PyTorch", "[ops][golden]") {
  CHECK(compare("log_softmax.dim1", [](auto& x, auto&) { return log_softmax(x, 1); }, 3e-7) == 2);
  CHECK(compare("log_softmax.last", [](auto& x, auto&) { return log_softmax(x, -1); }, 3e-7) == 2);
  int cases = 0;
  for (const auto& [name, reduction] : {std::pair{"mean", Reduction::mean}, {"sum", Reduction::sum}, {"none", Reduction::none}})
    for (const auto& [smooth, s] : {std::pair{"smooth0", 0.0}, {"smooth01", 0.1}})
      for (const char* ignore : {"", ".ignore3"}) {
        CrossEntropyOptions o{.reduction = reduction, .label_smoothing = s};
        if (*ignore) o.ignore_index = 3;
        cases += compare(join("cross_entropy.", name, ".", smooth, ignore),
                         [&](auto& x, auto& key) { return cross_entropy(x, all().at(key + ".target"), o); }, 3e-7);
      }
  CHECK(cases == 24);
}

TEST_CASE("max picks the element that PyTorch picks", "[ops][golden]") {
  for (const Index axis : {0, 1, 2})
    CHECK(compare(join("max.dim", axis), [&](auto& x, auto& key) {
            const auto m = max(x, axis);
            check_same(m.indices, all().at(key + ".indices"), 0);
            return m.values;
          }) == 2);
}
