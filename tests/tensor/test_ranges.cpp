// Numbers at the ends of their ranges: exact, or an error, never a wrapped or infinite value without a word.
#include "catch.hpp"
#include "tensor_layer.hpp"

#include <cmath>
#include <limits>

using namespace gradus;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
using Numbers = std::vector<Index>;
}  // namespace

TEST_CASE("counting refuses what its dtype cannot hold", "[tensor][ranges]") {
  CHECK_THROWS_WITH(arange(0, -1, 2), "arange: the steps do not lead from start to stop: start 0, stop -1, step 2");
  CHECK_THROWS_AS(arange(0, 1, -0.7), ValueError);
  CHECK_THROWS_AS(arange(0, 1, inf), ValueError);
  CHECK_THROWS_AS(arange(0, 0, 0), ValueError);
  CHECK(arange(2, 2, -1).numel() == 0);
  CHECK_THROWS_WITH(arange(0, 300, 1, DType::u8), "arange: the values do not fit u8: start 0, stop 300, step 1");
  CHECK_THROWS_AS(arange(300, DType::u8), ValueError);
  CHECK_THROWS_AS(arange(-1, 3, 1, DType::u8), ValueError);
  CHECK(arange(256, DType::u8).to_vector<Index>().back() == 255);
  CHECK(arange(255, -1, -1, DType::u8).to_vector<Index>().back() == 0);
  CHECK_THROWS_AS(arange(0, 2, 0.5, DType::i64), ValueError);
  CHECK_THROWS_AS(arange(9e18, 1e19, 1e17, DType::i64), ValueError);
  CHECK(arange(-0x1p63, -0x1p63 + 4096, 2048, DType::i64).to_vector<Index>() == Numbers{least, least + 2048});
  CHECK_THROWS_AS(arange(0, 1e39, 1e38), ValueError);
  CHECK(arange(0, 1e39, 1e38, DType::f64).numel() == 10);
  CHECK_THROWS_WITH(linspace(0, 1e39, 3), ContainsSubstring("linspace: needs ends that are finite in f32"));
  CHECK(linspace(-3e38, 3e38, 3).to_vector<double>()[1] == 0);
  CHECK_THROWS_AS(arange(most), Error);
}

TEST_CASE("numbers of every C++ type keep their value beside a tensor or are refused", "[tensor][ranges]") {
  const Tensor one = ones({1}, DType::f64), whole = ones({1}, DType::i64), byte = ones({1}, DType::u8);
  CHECK((one * huge).item() == 0x1p64);
  CHECK((one * (huge >> 1)).item() == 0x1p63);
  CHECK((whole * (huge >> 1)).item<Index>() == most);
  CHECK_THROWS_WITH(whole * huge,
                    ContainsSubstring("mul: the number does not fit an i64 tensor: scalar is 18446744073709551616"));
  CHECK_THROWS_AS(whole + 1e19, DTypeError);
  CHECK((whole + -0x1p63).item<Index>() == least + 1);
  for (const Scalar v : {Scalar(256), Scalar(-1), Scalar(huge), Scalar(least)}) CHECK_THROWS_AS(byte + v, DTypeError);
  for (const Scalar v : {Scalar(256), Scalar(-1), Scalar(huge)}) CHECK_THROWS_AS(full({2}, v, DType::u8), DTypeError);
  for (const Scalar v : {Scalar(huge), Scalar(0x1p63), Scalar(inf), Scalar(0.5)})
    CHECK_THROWS_AS(full({2}, v, DType::i64), DTypeError);
  CHECK_THROWS_WITH(full({2}, 1e300),
                    ContainsSubstring("fill: the number does not fit an f32 tensor: scalar is 1e+300"));
  CHECK_THROWS_AS(masked_fill(ones({2}), ones({2}) > 0, -1e300), DTypeError);
  CHECK_THROWS_AS(pad(ones({2}), {1, 1}, 1e300), DTypeError);
  CHECK(full({1}, -inf).item() == -inf);
  CHECK(full({1}, huge, DType::boolean).item<bool>());
  CHECK(full({1}, std::int8_t{-1}, DType::i64).item<Index>() == -1);
  CHECK(full({1}, 1.5L, DType::f64).item() == 1.5);
}

TEST_CASE("an element is handed out as a whole number only if it fits", "[tensor][ranges]") {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const double v : {std::nan(""), inf, -inf, 0x1p63, -0x1.1p63, 1e30}) {
      const Tensor x = full({1}, v, dtype);
      CHECK_THROWS_WITH(x.item<Index>(),
                        ContainsSubstring("item: the value does not fit a whole number of 64 bits: got "));
      CHECK_THROWS_AS(x.item<int>(), ValueError);
      CHECK_THROWS_AS(x.item<std::uint8_t>(), ValueError);
    }
  CHECK(full({1}, -0x1p63, DType::f64).item<Index>() == least);
  CHECK(full({1}, 255.9, DType::f64).item<std::uint8_t>() == 255);
  CHECK(full({1}, -0.9, DType::f64).item<std::uint8_t>() == 0);
  CHECK_THROWS_AS(full({1}, most, DType::i64).item<int>(), ValueError);
  CHECK_THROWS_AS(full({1}, -1, DType::i64).item<std::uint64_t>(), ValueError);
  CHECK(full({1}, most, DType::i64).item<std::uint64_t>() == huge >> 1);
  CHECK(full({1}, true, DType::boolean).item<int>() == 1);
  CHECK(full({1}, 0.5, DType::f64).item<bool>());
}

TEST_CASE("uniform numbers fill the widest range of their dtype", "[tensor][ranges]") {
  Generator g(2);
  for (const DType dtype : {DType::f32, DType::f64}) {
    const double limit = dtype == DType::f32 ? 3e38 : 1.7e308;
    const Tensor x = to(uniform({20'000}, -limit, limit, dtype, g), DType::f64) / limit;
    CHECK(std::abs(mean(x).item()) < 5 * std::sqrt(1.0 / 3 / 20'000));
    CHECK(std::abs(mean(x * x).item() - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / 20'000));
    CHECK((amin(x, {0}).item() >= -1 && amax(x, {0}).item() < 1));
  }
  CHECK_THROWS_WITH(uniform({1}, -1e39, 0), "uniform: the bounds do not fit f32: low is -1e+39, high is 0");
  CHECK(randint(-(most / 2), most / 2, {1}, g).numel() == 1);
  CHECK_THROWS_AS(randint(least, most, {1}, g), ValueError);
  CHECK(randint(most - 1, most, {3}, g).to_vector<Index>() == Numbers(3, most - 1));
}

TEST_CASE("rare events are as rare as asked for", "[tensor][ranges]") {
  Generator g(4);
  const auto hits = [&](Index n, double p) { return sum(bernoulli({n}, p, g)).item(); };
  // A uniform number of 24 bits is 0, and so below 1e-9, once in 2^24.
  CHECK(hits(Index{1} << 26, 1e-9) == 0);
  constexpr Index n = 1 << 20;
  CHECK(hits(n, 0x1p-16) == Approx(16).margin(5 * 4));
  CHECK(hits(n, 1 - 0x1p-16) == Approx(n - 16).margin(5 * 4));
  CHECK(hits(n, std::numeric_limits<double>::denorm_min()) == 0);
  CHECK(all(bernoulli({n}, 1, g)));
  CHECK(sum(bernoulli(full({n}, 1e-12, DType::f64), g)).item() == 0);
}

TEST_CASE("roots and ratios are taken before they are rounded", "[tensor][ranges]") {
  const Tensor x = tensor({1.0, -1.0, 2.0, 0.0}), rows = reshape(x, {2, 2});
  const double root = std::sqrt(5.0 / 3);
  for (const DType dtype : {DType::f32, DType::f64})
    for (const double size : {1.0, 1e20, 1e-25, 1e37, 1e-37, 1e200, 1e-200, 1e300, 1e-300}) {
      if (dtype == DType::f32 && !(size > 1e-38 && size < 1e38)) continue;
      INFO(size << ' ' << name(dtype));
      const double tolerance = dtype == DType::f32 ? 1e-6 : 1e-13;
      const auto near = [&](const Tensor& y, double wanted) {
        CHECK(std::abs(y.item() / size - wanted) <= tolerance * wanted);
      };
      const Tensor scaled = to(x * size, dtype), matrix = to(rows * size, dtype);
      near(stddev(scaled), root);
      near(stddev(scaled, {0}, 0), std::sqrt(1.25));
      near(stddev(matrix, {1})[0], std::sqrt(2.0));
      near(stddev(transpose(matrix), {0})[1], std::sqrt(2.0));
      for (const double p : {0.5, 1.0, 2.0, 3.0, 10.0, 50.0})
        near(norm(scaled, p), std::pow(2 + std::pow(2, p), 1 / p));
      near(norm(slice(scaled, 0, 0, 3), -3.0), std::pow(2.125, -1.0 / 3));
      near(mean(scaled), 0.5);
    }
  CHECK(stddev(to(x * 1e20, DType::f32)).item() == Approx(1.29e20).epsilon(1e-3));
  CHECK(stddev(to(x * 1e-25, DType::f32)).item() == Approx(1.29e-25).epsilon(1e-3));
  for (Index n = 1; n < 200; ++n) CHECK(mean(ones({n}, DType::f64)).item() == 1);  // 49 * (1 / 49.0) is less than 1
}
