// Elements in other places: every dtype, margins against np.pad, zero-size, numbers that would overflow.
#include "autograd_layer.hpp"
#include "catch.hpp"
#include "golden.hpp"
#include "tensor_layer.hpp"

#include <limits>

using namespace gradus;

namespace {
constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
using Numbers = std::vector<Index>;
const std::vector<DType> dtypes{DType::boolean, DType::u8, DType::i64, DType::f32, DType::f64};
std::vector<Index> extents(const std::vector<Tensor>& parts, Index axis) {
  Numbers out;
  for (const Tensor& p : parts) out.push_back(p.size(axis));
  return out;
}
}  // namespace

TEST_CASE("pieces are views that make up the whole", "[tensor][rearrange]") {
  const Tensor x = reshape(arange(21), {3, 7});
  CHECK(extents(split(x, 3, 1), 1) == Numbers{3, 3, 1});
  CHECK(extents(split(x, most, 1), 1) == Numbers{7});
  CHECK(extents(split(x, {2, 0, 5}, -1), 1) == Numbers{2, 0, 5});
  CHECK(extents(chunk(x, 3, 1), 1) == Numbers{3, 3, 1});
  CHECK(extents(chunk(x, 5, 1), 1) == Numbers{2, 2, 2, 1});
  CHECK(extents(chunk(x, most, 1), 1) == Numbers(7, 1));
  CHECK(extents(chunk(zeros({0, 2}), 3), 0) == Numbers{0});
  for (const Tensor& p : split(x, 2)) CHECK(p.shares_memory_with(x));
  CHECK(equal(concat(split(x, {2, 0, 5}, 1), 1), x));
  CHECK(equal(concat(chunk(transpose(x), 4)), transpose(x)));
  CHECK_THROWS_WITH(split(x, {most, most, 9}, 1),
                    "split: the sizes must add up to the extent: they make 9223372036854775807, axis 1 of [3, 7]");
  CHECK_THROWS_WITH(split(x, -1), "split: the size must be at least 1: got -1");
  CHECK_THROWS_WITH(chunk(x, 2, 2), "chunk: axis is out of range: axis is 2, the tensor has 2 axes");
}

TEST_CASE("margins are those of np.pad", "[tensor][rearrange][golden]") {
  const TensorFile file = golden::tensors("tensor_functions.safetensors");
  const Tensor& x = file.tensors.at("pad.x");
  const std::vector<Index> pads{1, 3, 2, 1};
  CHECK(equal(pad(x, pads, PadMode::reflect), file.tensors.at("pad.reflect")));
  CHECK(equal(pad(x, pads, PadMode::replicate), file.tensors.at("pad.replicate")));
  CHECK(equal(pad(x, pads, PadMode::circular), file.tensors.at("pad.circular")));
  const Tensor strided = transpose(copy(transpose(x)));
  CHECK(equal(pad(strided, pads, PadMode::reflect), file.tensors.at("pad.reflect")));
}

TEST_CASE("margins of a value keep the dtype and never share memory", "[tensor][rearrange]") {
  for (const DType d : dtypes) {
    const Tensor x = to(tensor({{1, 0}, {0, 1}}), d), y = pad(x, {1, 0, 0, 1}, 1);
    CHECK(y.dtype() == d);
    CHECK(y.to_vector<Index>() == Numbers{1, 1, 0, 1, 0, 1, 1, 1, 1});
    CHECK(pad(x, {0, 1}, PadMode::replicate).to_vector<Index>() == Numbers{1, 0, 0, 0, 1, 1});
    CHECK_FALSE(pad(x, {}, PadMode::replicate).shares_memory_with(x));
    CHECK_FALSE(pad(x, {}).shares_memory_with(x));
  }
  CHECK(pad(zeros({0, 2}), {0, 0, 1, 1}, 7).to_vector<Index>() == Numbers{7, 7, 7, 7});
  CHECK(pad(zeros({0, 2}), {1, 1}, PadMode::reflect).shape() == Shape{0, 4});
  CHECK(pad(ones({1}), {3, 3}, PadMode::replicate).numel() == 7);
  CHECK_THROWS_WITH(pad(ones({1}), {1, 0}, PadMode::reflect), ContainsSubstring("too short for this margin: extent 1"));
  CHECK_THROWS_WITH(pad(to(ones({2}), DType::u8), {1, 0}, -1),
                    ContainsSubstring("pad: the number does not fit a u8 tensor"));
  CHECK_THROWS_AS(pad(ones({2}), {most / 4, 0}, 1), Error);
  CHECK_THROWS_WITH(pad(ones({2}), {most, most}, PadMode::replicate),
                    ContainsSubstring("pad: the margin is too large"));
}

TEST_CASE("order changes for every dtype and any number", "[tensor][rearrange]") {
  for (const DType d : dtypes) {
    const Tensor x = to(tensor({{0, 1, 1}, {1, 0, 0}}), d);
    CHECK(flip(x, {0}).to_vector<Index>() == Numbers{1, 0, 0, 0, 1, 1});
    CHECK(flip(transpose(x), {-1, 0}).to_vector<Index>() == Numbers{0, 1, 0, 1, 1, 0});
    CHECK(roll(x, 1, 1).to_vector<Index>() == Numbers{1, 0, 1, 0, 1, 0});
    CHECK(roll(x, -4, 1).to_vector<Index>() == Numbers{1, 1, 0, 0, 0, 1});
    CHECK(repeat(x, {1, 2}).to_vector<Index>() == Numbers{0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0});
    CHECK(repeat(x, {2, 1, 1}).shape() == Shape{2, 2, 3});
    CHECK(repeat(x, {1, 1}).dtype() == d);
  }
  const Tensor x = arange(5);
  CHECK(equal(roll(x, most, 0), roll(x, most % 5, 0)));
  CHECK(equal(roll(x, least, 0), roll(x, least % 5, 0)));
  CHECK(equal(roll(x, 0, 0), x));
  CHECK(roll(zeros({0, 2}), 3, 0).shape() == Shape{0, 2});
  CHECK(flip(zeros({0, 2}), {0, 1}).shape() == Shape{0, 2});
  CHECK_FALSE(repeat(x, {1}).shares_memory_with(x));
  CHECK_FALSE(flip(x, {}).shares_memory_with(x));
  CHECK(repeat(zeros({0}), {most}).shape() == Shape{0});
  CHECK(repeat(zeros({2}), {3, 0}).shape() == Shape{3, 0});
  CHECK_THROWS_AS(repeat(ones({2}), {Index{1} << 50}), Error);
  CHECK_THROWS_WITH(repeat(ones({2}), {most}), "repeat: the size overflows: [9223372036854775807] times [2]");
  CHECK_THROWS_WITH(repeat(ones({1, 2}), {3}), "repeat: needs a number for every axis: got [3] for [1, 2]");
}

TEST_CASE("gradients travel back through shifts that cannot be negated", "[tensor][rearrange]") {
  const Variable x = leaf(tensor({1.0, 2.0, 3.0, 4.0, 5.0}));
  const Tensor w = tensor({1.0, 10.0, 100.0, 1000.0, 10000.0});
  sum(roll(x, least, 0) * w).backward();
  CHECK(equal(x.grad(), roll(w, -(least % 5), 0)));
}

TEST_CASE("triangles and diagonals for every dtype and offset", "[tensor][rearrange]") {
  for (const DType d : dtypes) {
    const Tensor x = ones({2, 3}, d);
    CHECK(tril(x).to_vector<Index>() == Numbers{1, 0, 0, 1, 1, 0});
    CHECK(triu(x).to_vector<Index>() == Numbers{1, 1, 1, 0, 1, 1});
    CHECK(tril(x, 1).to_vector<Index>() == Numbers{1, 1, 0, 1, 1, 1});
    CHECK(triu(transpose(x), -1).to_vector<Index>() == Numbers{1, 1, 1, 1, 0, 1});
    CHECK(equal(tril(x, most), x));
    CHECK(equal(triu(x, least), x));
    CHECK(equal(tril(x, least), zeros({2, 3}, d)));
    CHECK(equal(triu(x, most), zeros({2, 3}, d)));
    CHECK(equal(diag(ones({3}, d)), eye(3, d)));
  }
  const Tensor x = reshape(arange(12), {3, 4});
  CHECK(diagonal(x).to_vector<Index>() == Numbers{0, 5, 10});
  CHECK(diagonal(x, 2).to_vector<Index>() == Numbers{2, 7});
  CHECK(diagonal(x, -1).to_vector<Index>() == Numbers{4, 9});
  CHECK(diagonal(transpose(x), -2).to_vector<Index>() == Numbers{2, 7});
  CHECK(diagonal(x, 4).shape() == Shape{0});
  CHECK(diagonal(x, most).shape() == Shape{0});
  CHECK(diagonal(x, least).shape() == Shape{0});
  CHECK(diagonal(x).shares_memory_with(x));
  CHECK(diagonal(reshape(x, {3, 1, 4}), 0, 0, 2).shape() == Shape{1, 3});
  CHECK(embed_diagonal(arange(2), {3, 2}, -1).to_vector<Index>() == Numbers{0, 0, 0, 0, 0, 1});
  CHECK(tril(zeros({0, 3})).shape() == Shape{0, 3});
  CHECK(diagonal(zeros({2, 0})).shape() == Shape{0});
  CHECK(diag(zeros({0})).shape() == Shape{0, 0});
}

TEST_CASE("views and ranges along an axis are checked", "[tensor][rearrange]") {
  const Tensor x = reshape(arange(12), {3, 4});
  CHECK(view(x, {2, -1}).shares_memory_with(x));
  CHECK(view(transpose(x), {2, 2, 3}).to_vector<Index>() == reshape(transpose(x), {2, 2, 3}).to_vector<Index>());
  CHECK(view(zeros({0, 3}), {3, 0}).shape() == Shape{3, 0});
  CHECK_THROWS_WITH(view(transpose(x), {12}),
                    ContainsSubstring("view: no strides show this shape: from [4, 3] with strides [1, 4]"));
  CHECK(narrow(x, 1, -3, 2).to_vector<Index>() == Numbers{1, 2, 5, 6, 9, 10});
  CHECK(narrow(x, 0, 3, 0).shape() == Shape{0, 4});
  CHECK_THROWS_WITH(narrow(x, 0, 1, most), ContainsSubstring("narrow: the range leaves the axis"));
  CHECK_THROWS_WITH(narrow(x, 0, least, 1), ContainsSubstring("narrow: the range leaves the axis"));
  CHECK_THROWS_WITH(narrow(x, 0, 4, 0), ContainsSubstring("narrow: the range leaves the axis"));
  CHECK(slice(x, 1, 0, to_end, most).to_vector<Index>() == Numbers{0, 4, 8});
}

TEST_CASE("evenly spaced values end exactly where they should", "[tensor][rearrange]") {
  for (const DType d : {DType::f32, DType::f64}) {
    const Tensor x = linspace(0.1, 0.7, 49, d);
    CHECK(equal(x[0], scalar_tensor(0.1, d)));
    CHECK(equal(x[-1], scalar_tensor(0.7, d)));
    for (Index i = 0; i < 49; ++i) CHECK(x[i].item() == Approx(0.1 + 0.0125 * static_cast<double>(i)).epsilon(1e-6));
  }
  CHECK(linspace(3, -3, 4, DType::f64).to_vector<double>() == std::vector<double>{3, 1, -1, -3});
  CHECK(linspace(2, 5, 1).to_vector<double>() == std::vector<double>{2});
  CHECK(linspace(2, 5, 0).shape() == Shape{0});
  CHECK(all(isfinite(linspace(-1e308, 1e308, 5, DType::f64))));
  CHECK_THROWS_WITH(linspace(0, 1, -1), ContainsSubstring("count of at least 0: from 0 to 1, count -1"));
  CHECK_THROWS_WITH(linspace(0, 1, 3, DType::i64), ContainsSubstring("linspace: needs f32 or f64: got i64"));
  CHECK(eye(2, 3, DType::u8).to_vector<Index>() == Numbers{1, 0, 0, 0, 1, 0});
  CHECK(eye(3, 2).to_vector<Index>() == Numbers{1, 0, 0, 1, 0, 0});
  CHECK(eye(0, 5).shape() == Shape{0, 5});
  CHECK_THROWS_WITH(eye(-1), ContainsSubstring("negative extent"));
  const Tensor like = transpose(ones({2, 3}, DType::i64));
  CHECK(full_like(like, 7).to_vector<Index>() == Numbers(6, 7));
  CHECK(ones_like(like).strides() == like.strides());
  CHECK(zeros_like(slice(like, 0, 0, to_end, 2)).to_vector<Index>() == Numbers(4, 0));
  CHECK_THROWS_WITH(full_like(like, 0.5), ContainsSubstring("a fraction does not fit"));
}
