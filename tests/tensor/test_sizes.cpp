// Shapes whose extents multiply beyond what a tensor may have are refused, also where no memory would be taken: the result
// has no elements, or shows one element many times.
#include "catch.hpp"
#include "tensor_layer.hpp"

using namespace gradus;

namespace {
constexpr Index most = std::numeric_limits<Index>::max(), two_32 = Index{1} << 32, two_40 = Index{1} << 40;

struct Call {
  std::string name;
  std::function<Tensor()> f;
};
}  // namespace

TEST_CASE("no function makes a tensor of a size that overflows", "[tensor][sizes]") {
  const Tensor nothing = zeros({0}), one = ones({}), wide = expand(one, {two_32, 1}), tall = expand(one, {1, two_32});
  const Tensor no_labels = empty({0}, DType::i64), long_nothing = zeros({0, max_numel}),
               longest = zeros({max_numel, 0});
  const Tensor yes = full({}, true, DType::boolean), wide_one = ones({}, DType::f64);
  float value = 0;
  const std::vector<Call> calls = {
      {"empty",
       [] {
         return empty({two_40, 0, two_40});
       }},
      {"zeros",
       [] {
         return zeros({0, most});
       }},
      {"zeros of bytes",
       [] {
         return zeros({0, most, most}, DType::u8);
       }},
      {"full",
       [] {
         return full({two_32, two_32}, 1);
       }},
      {"eye", [] { return eye(0, most); }},
      {"rand",
       [] {
         return rand({0, most});
       }},
      {"randn",
       [] {
         return randn({two_40, 0, two_40});
       }},
      {"bernoulli",
       [] {
         return bernoulli({0, most}, 0.5);
       }},
      {"randint",
       [] {
         return randint(0, 1, {0, most});
       }},
      {"from_memory",
       [&] {
         return from_memory(&value, {0, two_32, two_32}, DType::f32);
       }},
      {"from_span",
       [] {
         return from_span(std::span<float>(), {0, two_32, two_32});
       }},
      {"tensor",
       [] {
         return tensor(std::vector<float>(), {0, two_32, two_32});
       }},
      {"view",
       [&] {
         return view(nothing, {two_32, two_32});
       }},
      {"view, empty",
       [&] {
         return view(nothing, {0, two_32, two_32});
       }},
      {"view, inferred",
       [&] {
         return view(nothing, {two_32, two_32, -1});
       }},
      {"reshape",
       [&] {
         return reshape(nothing, {two_32, two_32});
       }},
      {"reshape, empty",
       [&] {
         return reshape(nothing, {two_32, 0, two_32});
       }},
      {"reshape of one",
       [&] {
         return reshape(one, {most, 2, most});
       }},
      {"expand",
       [&] {
         return expand(one, {two_40, two_40});
       }},
      {"expand to nothing",
       [&] {
         return expand(zeros({0, 1}), {0, most});
       }},
      {"expand in front",
       [&] {
         return expand(nothing, {two_40, two_40, 0});
       }},
      {"add", [&] { return wide + tall; }},
      {"comparison", [&] { return wide > tall; }},
      {"where",
       [&] {
         return where(expand(yes, {two_32, 1}), tall, one);
       }},
      {"isclose",
       [&] {
         return isclose(expand(wide_one, {two_32, 1}), expand(wide_one, {1, two_32}));
       }},
      {"masked_select",
       [&] {
         return masked_select(tall, expand(yes, {two_32, 1}));
       }},
      {"outer", [&] { return outer(expand(one, {two_32}), expand(one, {two_32})); }},
      {"matmul",
       [&] {
         return matmul(zeros({two_32, 0}), zeros({0, two_32}));
       }},
      {"matmul of batches",
       [&] {
         return matmul(zeros({two_32, 1, 0}), zeros({0, two_32}));
       }},
      {"linear",
       [&] {
         return linear(zeros({two_32, 0}), zeros({two_32, 0}), {});
       }},
      {"sum",
       [&] {
         return sum(expand(one, {two_40, two_40}));
       }},
      {"concat", [&] { return concat(std::vector(2, long_nothing), 1); }},
      {"concat of many", [&] { return concat(std::vector<Tensor>(2000, longest), 0); }},
      {"stack", [&] { return stack(std::vector(2, long_nothing)); }},
      {"repeat",
       [&] {
         return repeat(nothing, {most, most, 1});
       }},
      {"repeat of nothing",
       [&] {
         return repeat(long_nothing, {1, most});
       }},
      {"pad",
       [&] {
         return pad(long_nothing, {most / 4, most / 4});
       }},
      {"pad by replicas",
       [&] {
         return pad(long_nothing, {most / 4, most / 4}, PadMode::replicate);
       }},
      {"index_select",
       [] {
         return index_select(zeros({1, 0, max_numel}), 0, zeros({2}, DType::i64));
       }},
      {"index",
       [] {
         return index(zeros({1, 0, two_40}), zeros({0, two_40}, DType::i64));
       }},
      {"embed",
       [&] {
         return embed(zeros({0, two_40}), {two_40, two_40}, 0, 0, 1);
       }},
      {"one_hot", [&] { return one_hot(no_labels, most); }},
      {"one_hot of less than nothing", [&] { return one_hot(no_labels, -1); }},
      {"diag", [&] { return diag(expand(one, {two_32})); }},
      {"embed_diagonal",
       [&] {
         return embed_diagonal(nothing, {0, two_32, two_32});
       }},
      {"multinomial",
       [&] {
         return multinomial(zeros({0, 1}), most, true);
       }},
      {"cross_entropy_targets", [&] { return cross_entropy_targets(no_labels, {}, most, DType::f32, {}); }},
      {"softmax",
       [&] {
         return softmax(expand(one, {two_40, two_40}), 0);
       }},
  };
  for (const Call& c : calls) {
    INFO(c.name);
    CHECK_THROWS_AS(c.f(), ShapeError);
  }
  CHECK_THROWS_WITH(view(nothing, {two_32, two_32}), "view: the size overflows: shape is [4294967296, 4294967296]");
  CHECK_THROWS_WITH(expand(one, {two_40, two_40}),
                    "expand: the size overflows: shape is [1099511627776, 1099511627776]");
}

TEST_CASE("the largest shapes without elements can be worked with", "[tensor][sizes]") {
  const Tensor x = zeros({0, max_numel}), y = zeros({max_numel, 0});
  for (const Tensor& t : {transpose(x), x + 1, slice(y, 0, 5, to_end, 7), flip(x, {0, 1}), roll(y, -most, 0),
                          diagonal(x), triu(x), exp(x), contiguous(transpose(y)), matmul(y, zeros({0, 0}))})
    CHECK(t.numel() == 0);
  CHECK(view(x, {0}).numel() == 0);
  CHECK(to_string(x) == "[]");
  CHECK(expand(ones({}), {max_numel}).numel() == max_numel);
  CHECK(select(y, 0, -1).numel() == 0);
  CHECK(sort(x, 1).values.numel() == 0);
}
