// In-place functions whose operands share memory give what they would give if they did not.
#include "catch.hpp"
#include "tensor_layer.hpp"

using namespace gradus;

namespace {
using Doubles = std::vector<double>;

/// Two views of x, the first to be written; the second may broadcast to it.
struct Pair {
  std::string name;
  std::function<std::pair<Tensor, Tensor>(const Tensor&)> of;
};
const std::vector<Pair> pairs = {
    {"itself", [](auto& x) { return std::pair(x, x); }},
    {"its transpose", [](auto& x) { return std::pair(x, transpose(x)); }},
    {"itself, both transposed", [](auto& x) { return std::pair(transpose(x), transpose(x)); }},
    {"the transpose from itself", [](auto& x) { return std::pair(transpose(x), x); }},
    {"one row further", [](auto& x) { return std::pair(slice(x, 0, 1), slice(x, 0, 0, -1)); }},
    {"one row back", [](auto& x) { return std::pair(slice(x, 0, 0, -1), slice(x, 0, 1)); }},
    {"one column further", [](auto& x) { return std::pair(slice(x, 1, 1), slice(x, 1, 0, -1)); }},
    {"along one axis", [](auto& x) { return std::pair(slice(flatten(x), 0, 1), slice(flatten(x), 0, 0, -1)); }},
    {"every second", [](auto& x) { return std::pair(slice(flatten(x), 0, 0, 8), slice(flatten(x), 0, 0, 16, 2)); }},
    {"its first row", [](auto& x) { return std::pair(x, x[0]); }},
    {"its last column", [](auto& x) { return std::pair(x, slice(x, 1, 3)); }},
    {"one element", [](auto& x) { return std::pair(x, x[2][1]); }},
    {"another row", [](auto& x) { return std::pair(x[0], x[1]); }},
    {"a row from a column", [](auto& x) { return std::pair(x[1], select(x, 1, 1)); }},
    {"its diagonal", [](auto& x) { return std::pair(x, diagonal(x)); }},
    {"the diagonal from a row", [](auto& x) { return std::pair(diagonal(x), x[3]); }},
};
struct InPlace {
  std::string name;
  std::function<void(Tensor&, const Tensor&)> f;
};
const std::vector<InPlace> functions = {
    {"add_", [](Tensor& a, const Tensor& b) { add_(a, b); }},
    {"copy_from", [](Tensor& a, const Tensor& b) { a.copy_from(b); }},
};
}  // namespace

TEST_CASE("in-place functions read their operands as they were", "[tensor][overlap]") {
  for (const DType dtype : {DType::u8, DType::i64, DType::f32, DType::f64})
    for (const Pair& p : pairs)
      for (const InPlace& in_place : functions) {
        INFO(in_place.name << ' ' << p.name << ' ' << name(dtype));
        const Tensor x = to(reshape(arange(16), {4, 4}) * 3 + 1, dtype), y = copy(x);
        auto [written, read] = p.of(x);
        auto [expected, unused] = p.of(y);
        in_place.f(written, read);
        in_place.f(expected, copy(unused));
        CHECK(equal(x, y));
      }
}

TEST_CASE("adding its transpose to a matrix gives a symmetric one", "[tensor][overlap]") {
  Tensor a = tensor({{1.0, 2.0}, {3.0, 4.0}});
  add_(a, transpose(a));
  CHECK(a.to_vector<double>() == Doubles{2, 5, 5, 8});
  a.copy_from(transpose(tensor({{1.0, 2.0}, {3.0, 4.0}})));
  a.copy_from(transpose(a));
  CHECK(a.to_vector<double>() == Doubles{1, 2, 3, 4});
}

TEST_CASE("two tensors over the same foreign memory overlap", "[tensor][overlap]") {
  Doubles values{1, 2, 3, 4};
  Tensor a = from_span(std::span<double>(values), {2, 2});
  const Tensor b = transpose(from_span(std::span<double>(values), {2, 2}));
  add_(a, b);
  CHECK(values == Doubles{2, 5, 5, 8});
  Tensor behind = from_span(std::span<double>(values).subspan(1), {3});
  behind.copy_from(slice(view(a, {4}), 0, 0, 3));
  CHECK(values == Doubles{2, 2, 5, 5});
}

TEST_CASE("writing where elements share memory is refused", "[tensor][overlap]") {
  Tensor rows = expand(zeros({1, 3}), {2, 3}), one = expand(zeros({}), {4});
  for (Tensor* t : {&rows, &one}) {
    CHECK_THROWS_WITH(add_(*t, ones(t->shape())), ContainsSubstring("add_: elements share memory: shape is "));
    CHECK_THROWS_WITH(mul_(*t, 2), ContainsSubstring("mul_: elements share memory"));
    CHECK_THROWS_WITH(t->copy_from(ones(t->shape())), ContainsSubstring("copy_from: elements share memory"));
    CHECK_THROWS_AS(t->mutable_span<float>(), ShapeError);
    t->fill(2);  // the same for all
    CHECK(all(*t == 2));
  }
  Tensor single = expand(zeros({1}), {1}), nothing = expand(zeros({1}), {0});
  single.copy_from(ones({1}));
  nothing.copy_from(ones({1}));
  CHECK(single.item() == 1);
}
