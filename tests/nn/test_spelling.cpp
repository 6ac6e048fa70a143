// The ways to write a call that a user tries first: lists of values, one axis as a number.
#include <gradus/gradus.hpp>

#include "catch.hpp"
using namespace gradus;

namespace {
const Tensor x = reshape(arange(0, 24, 1, DType::f64) * 0.1 - 1, {2, 3, 4});
const Tensor mask = x > 0;

/// f, a reduction, with one axis as a number, of any type, and as a list, for tensors and Variables.
#define CHECK_ONE_AXIS(f)                                 \
  {                                                       \
    INFO(#f);                                             \
    const std::size_t place = 1;                          \
    CHECK(equal(f(x, 1), f(x, {1})));                     \
    CHECK(equal(f(x, place), f(x, {-2})));                \
    CHECK(equal(f(Variable(x), -2).data(), f(x, {1})));   \
    CHECK(equal(f(Variable(x), {1}).data(), f(x, {-2}))); \
    CHECK_THROWS_AS(f(x, 3), IndexError);                 \
  }
}  // namespace

TEST_CASE("reductions take one axis as a number or a list", "[ops][spelling]") {
  CHECK_ONE_AXIS(sum)
  CHECK_ONE_AXIS(mean)
  CHECK_ONE_AXIS(prod)
  CHECK_ONE_AXIS(var)
  CHECK_ONE_AXIS(stddev)
  CHECK_ONE_AXIS(amax)
  CHECK_ONE_AXIS(amin)
  CHECK_ONE_AXIS(logsumexp)
  CHECK_ONE_AXIS(softmax)
  CHECK_ONE_AXIS(log_softmax)
  CHECK_ONE_AXIS(cumsum)
  CHECK_ONE_AXIS(cumprod)
  CHECK_ONE_AXIS(flip)
  const auto largest = [](const auto& v, auto axis) { return max(v, axis).values; };
  CHECK(equal(largest(x, 1), amax(x, 1)));
  CHECK(equal(max(x, {1}).values, amax(x, 1)));
  CHECK(equal(argmax(x, {1}), argmax(Variable(x), 1)));
  CHECK(equal(sort(x, {1}, true).values, sort(Variable(x), 1, true).values.data()));
  CHECK(equal(any(mask, 1), any(mask, {1})));
  CHECK(equal(all(mask, 0, true), all(mask, {0}, true)));
  CHECK(sum(x, 1, true).shape() == Shape{2, 1, 4});
  CHECK(sum(x, {}).shape() == x.shape());
}

TEST_CASE("axes of extent 1 are squeezed one by one or together", "[ops][spelling]") {
  const Tensor t = reshape(x, {1, 24, 1});
  CHECK(squeeze(t, 0).shape() == Shape{24, 1});
  CHECK(squeeze(t, {0, -1}).shape() == Shape{24});
  CHECK(squeeze(Variable(t), {2}).shape() == Shape{1, 24});
  CHECK_THROWS_WITH(squeeze(t, {0, 1}), "squeeze: the axis does not have extent 1: axis 1 of [1, 24, 1]");
  CHECK_THROWS_AS(squeeze(t, {0, 0}), ValueError);
}

TEST_CASE("the order of a norm and its axes are told apart", "[ops][spelling]") {
  CHECK(norm(x, 1.0).item() == Approx(sum(abs(x)).item()));
  CHECK(norm(x).item() == Approx(std::sqrt(sum(x * x).item())));
  CHECK(equal(norm(x, 1, 0), norm(x, 1.0, {0})));
  CHECK(equal(norm(Variable(x), 0, 0).data(), norm(x, 0.0, {0})));
  CHECK(norm(Variable(x), INFINITY).item() == Approx(1.3));
}

TEST_CASE("lists of tensors, Variables and both are joined", "[ops][spelling]") {
  const Tensor a = ones({2}), b = zeros({2});
  const Variable v = leaf(a), w = leaf(b);
  const nn::Parameter p(a);
  const nn::Buffer u(b);
  const auto tensors = [](const Tensor& t) { return t; };  // a Variable does not compile here,
  const auto variables = [](const Variable& y) { return y; };
  static_assert(std::is_same_v<decltype(concat({a, b})), Tensor> && std::is_same_v<decltype(stack({a, u}, 1)), Tensor>);
  CHECK(tensors(concat({a, b}, 0)).shape() == Shape{4});
  CHECK(tensors(concat({a})).shape() == Shape{2});
  CHECK(tensors(stack({a, b})).shape() == Shape{2, 2});
  CHECK(tensors(stack(std::vector{a, b})).shape() == Shape{2, 2});
  CHECK(variables(concat({v, w})).requires_grad());
  CHECK(variables(concat({a, v}, 0)).requires_grad());
  CHECK(variables(concat({p, v})).requires_grad());
  CHECK(variables(stack({v, b, p}, 1)).shape() == Shape{2, 3});
  CHECK(variables(stack({v})).shape() == Shape{1, 2});
}

TEST_CASE("a list of sizes is a list, also of one", "[ops][spelling]") {
  CHECK(split(ones({2, 4}), {2}).size() == 1);
  CHECK(split(ones({4}), 2).size() == 2);
  CHECK(split(leaf(ones({4})), {1, 3})[1].shape() == Shape{3});
  CHECK_THROWS_WITH(split(ones({4}), {2}), ContainsSubstring("the sizes must add up to the extent"));
}

TEST_CASE("grad answers a list for a list of inputs and one gradient for one input", "[autograd][spelling]") {
  const Variable a = leaf(tensor({1.0, 2.0})), b = leaf(tensor({3.0, 4.0}));
  const auto f = [&] { return sum(a * b); };
  const std::vector<Variable> both = {a, b};
  const auto is_b = [&](const Variable& g) { return equal(g.data(), b.data()); };
  CHECK(is_b(grad({f()}, {a})[0]));
  CHECK(is_b(grad(f(), {a})[0]));
  CHECK(is_b(grad(f(), {a, b})[0]));
  CHECK(is_b(grad({f()}, {a, b})[0]));
  CHECK(is_b(grad({f()}, both)[0]));
  CHECK(is_b(grad(f(), both)[0]));
  CHECK(is_b(grad(std::vector{f()}, both)[0]));
  CHECK(is_b(grad(f(), a)));
  CHECK(is_b(grad({f()}, a)));
  CHECK(equal(grad({f(), f()}, a).data(), b.data() * 2));
  CHECK(equal(
      grad({f(), f()}, {a, b}, {.gradients = {scalar_tensor(1, DType::f64), scalar_tensor(2, DType::f64)}})[1].data(),
      a.data() * 3));
}

TEST_CASE("ignore_index beside probabilities is refused", "[ops][loss]") {
  const Variable logits = leaf(ones({2, 3}));
  const Tensor targets = full({2, 3}, 1.0 / 3);
  for (auto f : {&cross_entropy, &composed_cross_entropy})
    CHECK_THROWS_WITH(
        f(logits, targets, {.ignore_index = -100}),
        "cross_entropy: ignore_index needs labels, the targets are probabilities: got -100 and f32 [2, 3] — "
        "leave those rows out of both");
}
