// Comparisons, masks and the arithmetic that came with them: every dtype, NaN, the ends of the ranges, errors.
#include "catch.hpp"
#include "golden.hpp"
#include "tensor_layer.hpp"

#include <cmath>
#include <limits>

using namespace gradus;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity(), missing = std::numeric_limits<double>::quiet_NaN();
constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
using Bools = std::vector<bool>;
using Numbers = std::vector<Index>;

Tensor mask(std::initializer_list<int> values) { return to(tensor(values), DType::boolean); }
Tensor bytes(std::initializer_list<int> values) { return to(tensor(values), DType::u8); }
Tensor wholes(const Numbers& values) { return tensor(values); }
void check_same(const Tensor& got, const Tensor& wanted, double rtol) {
  const auto a = got.to_vector<double>(), b = wanted.to_vector<double>();
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("element " << i << ": " << a[i] << " instead of " << b[i]);
    if (std::isnan(b[i])) CHECK(std::isnan(a[i]));
    else
      CHECK((a[i] == b[i] ? std::signbit(a[i]) == std::signbit(b[i]) : std::abs(a[i] - b[i]) <= rtol * std::abs(b[i])));
  }
}
}  // namespace

TEST_CASE("comparisons hold for every number type and layout", "[tensor][logic]") {
  for (const DType d : {DType::u8, DType::i64, DType::f32, DType::f64}) {
    const Tensor a = to(tensor({{1, 2, 3}, {4, 5, 6}}), d), b = transpose(to(tensor({{1, 5}, {2, 4}, {2, 6}}), d));
    CHECK((a > b).to_vector<bool>() == Bools{0, 0, 1, 0, 1, 0});
    CHECK((a >= b).to_vector<bool>() == Bools{1, 1, 1, 0, 1, 1});
    CHECK((a < b).to_vector<bool>() == Bools{0, 0, 0, 1, 0, 0});
    CHECK((a <= b).to_vector<bool>() == Bools{1, 1, 0, 1, 0, 1});
    CHECK((a == b).to_vector<bool>() == Bools{1, 1, 0, 0, 0, 1});
    CHECK((a != b).to_vector<bool>() == Bools{0, 0, 1, 1, 1, 0});
    CHECK((a > 3).to_vector<bool>() == Bools{0, 0, 0, 1, 1, 1});
    CHECK((a[0] == a).shape() == Shape{2, 3});
    CHECK((zeros({0, 3}, d) == a[0]).shape() == Shape{0, 3});
  }
  CHECK((wholes({most, least}) > wholes({most - 1, least + 1})).to_vector<bool>() == Bools{1, 0});
  CHECK_THROWS_WITH(mask({1}) == mask({1}), ContainsSubstring("eq: needs numbers: got bool"));
  CHECK_THROWS_WITH(bytes({1}) < 300, ContainsSubstring("lt: the number does not fit a u8 tensor: scalar is 300"));
  CHECK_THROWS_WITH(bytes({1}) < -1, ContainsSubstring("scalar is -1"));
  CHECK_THROWS_WITH(wholes({1}) < 0.5, ContainsSubstring("lt: a fraction does not fit an integer tensor"));
  CHECK_THROWS_WITH(ones({2}) < ones({3}), "lt: shapes do not broadcast: a is [2], b is [3]");
  CHECK_THROWS_WITH(Tensor() < ones({3}), ContainsSubstring("undefined tensor"));
}

TEST_CASE("NaN differs from everything and only that is true of it", "[tensor][logic]") {
  const Tensor x = tensor({missing, 1.0, inf}), y = tensor({missing, missing, inf});
  CHECK((x == y).to_vector<bool>() == Bools{0, 0, 1});
  CHECK((x != y).to_vector<bool>() == Bools{1, 1, 0});
  CHECK((x <= y).to_vector<bool>() == Bools{0, 0, 1});
  CHECK((x > y).to_vector<bool>() == Bools{0, 0, 0});
  CHECK(isclose(x, y).to_vector<bool>() == Bools{0, 0, 1});
  CHECK(isclose(x, y, 0, 0, true).to_vector<bool>() == Bools{1, 0, 1});
  CHECK(isclose(tensor({1.0, 1.0, inf}), tensor({1.1, 1.11, -inf}), 0.1, 0).to_vector<bool>() == Bools{1, 1, 0});
  CHECK(isclose(wholes({1, 2}), tensor({1.0, 3.0})).to_vector<bool>() == Bools{1, 0});
  CHECK_THROWS_WITH(isclose(x, y, -1), "isclose: tolerances must be at least 0: rtol is -1, atol is 1e-08");
  CHECK_THROWS_WITH(isclose(x, y, 0, missing), "isclose: tolerances must be at least 0: rtol is 0, atol is nan");
}

TEST_CASE("masks and whole numbers have their logic and nothing else has", "[tensor][logic]") {
  const Tensor a = mask({0, 0, 1, 1}), b = mask({0, 1, 0, 1});
  CHECK((a & b).to_vector<bool>() == Bools{0, 0, 0, 1});
  CHECK((a | b).to_vector<bool>() == Bools{0, 1, 1, 1});
  CHECK((a ^ b).to_vector<bool>() == Bools{0, 1, 1, 0});
  CHECK((!a).to_vector<bool>() == Bools{1, 1, 0, 0});
  CHECK((reshape(a, {4, 1}) & b).shape() == Shape{4, 4});
  CHECK((wholes({12, -1}) & wholes({10, least})).to_vector<Index>() == Numbers{8, least});
  CHECK((bytes({12, 255}) ^ bytes({10, 1})).to_vector<Index>() == Numbers{6, 254});
  CHECK((bytes({12}) | wholes({256})).to_vector<Index>() == Numbers{268});
  CHECK_THROWS_WITH(ones({1}) & a, "and: needs masks or whole numbers: got f32 and bool");
  CHECK_THROWS_WITH(a | tensor({1.0}), "or: needs masks or whole numbers: got bool and f64");
  CHECK_THROWS_WITH(a ^ mask({1, 1}), "xor: shapes do not broadcast: a is [4], b is [2]");
  CHECK_THROWS_WITH(!wholes({1}), "not: the mask must be bool: got i64");
  CHECK_THROWS_WITH(!Tensor(), "not: the mask must be bool: got an undefined tensor");

  const Tensor x = tensor({0.0, -0.0, missing, 2.0}), y = bytes({1, 0, 0, 1});
  CHECK(logical_and(x, y).to_vector<bool>() == Bools{0, 0, 0, 1});
  CHECK(logical_or(x, y).to_vector<bool>() == Bools{1, 0, 1, 1});
  CHECK(logical_xor(x, y).to_vector<bool>() == Bools{1, 0, 1, 0});
  CHECK(logical_not(x).to_vector<bool>() == Bools{1, 1, 0, 0});
}

TEST_CASE("all and any over everything or some axes", "[tensor][logic]") {
  const Tensor m = reshape(mask({1, 1, 0, 1, 0, 0}), {2, 3});
  CHECK_FALSE(all(m));
  CHECK(any(m));
  CHECK(all(m, {0}).to_vector<bool>() == Bools{1, 0, 0});
  CHECK(any(transpose(m), {0}).to_vector<bool>() == Bools{1, 1});
  CHECK(any(m, {-1}, true).shape() == Shape{2, 1});
  const Tensor none = zeros({0, 2}, DType::boolean);
  CHECK(all(none));
  CHECK_FALSE(any(none));
  CHECK(all(none, {0}).to_vector<bool>() == Bools{1, 1});
  CHECK(any(none, {0}).to_vector<bool>() == Bools{0, 0});
  CHECK_THROWS_WITH(all(ones({2})), "all: the mask must be bool: got f32");
  CHECK_THROWS_WITH(any(m, {2}), "any: axis is out of range: axis is 2, the tensor has 2 axes");
}

TEST_CASE("where and masked_fill choose in every dtype", "[tensor][logic]") {
  const Tensor m = mask({1, 0, 1});
  for (const DType d : {DType::boolean, DType::u8, DType::i64, DType::f32, DType::f64}) {
    const Tensor a = to(tensor({1, 1, 0}), d), b = to(tensor({0, 0, 1}), d);
    CHECK(where(m, a, b).to_vector<Index>() == Numbers{1, 0, 0});
    CHECK(where(m, a, b).dtype() == d);
    CHECK(masked_fill(a, m, 0).to_vector<Index>() == Numbers{0, 1, 0});
  }
  CHECK(where(reshape(mask({0, 1}), {2, 1}), tensor({1, 2}), tensor({5.5})).to_vector<double>() ==
        std::vector<double>{5.5, 5.5, 1, 2});
  CHECK(where(zeros({0}, DType::boolean), ones({1}), ones({1})).shape() == Shape{0});
  CHECK_THROWS_WITH(masked_fill(bytes({1, 2, 3}), m, 256), ContainsSubstring("masked_fill: the number does not fit"));
}

TEST_CASE("whole numbers are bounded and divided without overflow", "[tensor][logic][arithmetic]") {
  CHECK(remainder(wholes({7, -7, 7, -7, least, least}), wholes({3, 3, -3, -3, -1, most})).to_vector<Index>() ==
        Numbers{1, 2, -2, -1, 0, most - 1});
  CHECK(remainder(bytes({10, 255, 254, 7}), bytes({255, 255, 255, 3})).to_vector<Index>() == Numbers{10, 0, 254, 1});
  CHECK(remainder(bytes({10, 200}), 255).to_vector<Index>() == Numbers{10, 200});
  CHECK(remainder(wholes({-5, 5}), mask({1, 1})).to_vector<Index>() == Numbers{0, 0});
  CHECK_THROWS_WITH(remainder(wholes({1}), mask({0})), ContainsSubstring("no remainder of a division by 0"));
  CHECK_THROWS_WITH(remainder(bytes({1}), 256), ContainsSubstring("does not fit a u8 tensor"));
  CHECK(clamp(wholes({least, 0, most}), -1, 1).to_vector<Index>() == Numbers{-1, 0, 1});
  CHECK(clamp(wholes({least, most}), least, most).to_vector<Index>() == Numbers{least, most});
  CHECK(clamp_min(bytes({0, 7, 255}), 7).to_vector<Index>() == Numbers{7, 7, 255});
  CHECK(clamp_max(wholes({least, most}), 5).to_vector<Index>() == Numbers{least, 5});
  CHECK(clamp(tensor({missing, -inf, inf}), -1, 2).to_vector<double>()[2] == 2);
  CHECK(std::isnan(clamp_min(tensor({missing}), 0).item()));
  CHECK(clamp(tensor({-5.0, 0.0, 5.0}), 2, 1).to_vector<double>() == std::vector<double>{1, 1, 1});
  CHECK(maximum(wholes({least, 3}), bytes({0, 5})).to_vector<Index>() == Numbers{0, 5});
  CHECK(std::isnan(maximum(tensor({missing}), tensor({1.0})).item()));
  CHECK(std::isnan(minimum(tensor({1.0}), tensor({missing})).item()));
  CHECK(atan2(wholes({1}), tensor({-1.0})).item() == std::atan2(1.0, -1.0));
  CHECK(atan2(wholes({(Index{1} << 40) + 1}), tensor({1e12})).item() == std::atan2(1099511627777.0, 1e12));
  CHECK(sum(wholes({most, 1})).item<Index>() == least);
}

TEST_CASE("remainders and angles at the edges are those of PyTorch", "[tensor][logic][golden]") {
  const TensorFile file = golden::tensors("tensor_functions.safetensors");
  for (const char* d : {"f32", "f64"}) {
    const Tensor &a = file.tensors.at(join("pairs.", d, ".a")), &b = file.tensors.at(join("pairs.", d, ".b"));
    check_same(remainder(a, b), file.tensors.at(join("remainder.", d)), 0);
    check_same(atan2(a, b), file.tensors.at(join("atan2.", d)), a.dtype() == DType::f32 ? 3e-7 : 5e-16);
  }
}
