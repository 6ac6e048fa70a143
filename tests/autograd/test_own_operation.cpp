// An operation that a user records, as autograd/README.md shows it.
#include <gradus/gradus.hpp>

#include "catch.hpp"

using namespace gradus;

namespace {
Variable softplus(const Variable& x) {
  const auto formula = [](auto& g, auto& x) { return g * sigmoid(x); };
  const auto kernel = [](auto& g, auto& x) -> Variable { return g.data() * sigmoid(x.data()); };
  return record("softplus", log1p(exp(x.data())), edge(x, fused(formula, kernel), x));
}
}  // namespace

TEST_CASE("an operation of a user with a fused rule passes both derivative checks", "[autograd][own]") {
  const Function f = [](const std::vector<Variable>& x) { return softplus(x[0]); };
  const std::vector<Tensor> x{tensor({{0.3, -1.2}, {2.5, 0.01}})};
  CHECK(gradcheck(f, x).ok);
  CHECK(gradgradcheck(f, x, {.rtol = 1e-5, .atol = 1e-7}).ok);
}

TEST_CASE("both forms of a fused rule of a user give the same gradient", "[autograd][own]") {
  const Variable x = leaf(tensor({0.3, -1.2, 4.0}));
  sum(softplus(x) * x).backward();
  CHECK(allclose(x.grad(), grad(sum(softplus(x) * x), x, {.create_graph = true}).data(), 1e-14));
  CHECK(print_tape(softplus(x)).find("softplus") != std::string::npos);
}
