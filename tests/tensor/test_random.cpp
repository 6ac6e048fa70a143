#include "catch.hpp"
#include "tensor_layer.hpp"

#include <algorithm>
#include <cmath>

using namespace gradus;

TEST_CASE("Philox gives the published numbers", "[tensor][random]") {
  // Known answers of the algorithm's authors: counter and key all zero, and all ones.
  const auto zero = Generator::block(0, 0, 0);
  CHECK(zero == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const auto ones_ = Generator::block(~0ull, ~0ull, ~0ull);
  CHECK(ones_ == std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
}

TEST_CASE("a seed fixes everything and a saved state goes on where it was", "[tensor][random]") {
  manual_seed(7);
  const Tensor a = randn({5});
  manual_seed(7);
  CHECK(equal(a, randn({5})));
  CHECK_FALSE(equal(a, randn({5})));
  Generator g(3);
  static_cast<void>(g.next_u32());
  const auto state = g.state();
  const Tensor b = rand({9}, DType::f64, g);
  const std::uint64_t n = g.next_u64();
  Generator h;
  h.set_state(state);
  CHECK(equal(b, rand({9}, DType::f64, h)));
  CHECK(h.next_u64() == n);
  Generator used(99);  // a generator that has been at the same place of another stream
  static_cast<void>(used.next_u32());
  used.set_state({3, 0, 0});
  CHECK(used.next_u32() == Generator(3).next_u32());
  CHECK_FALSE(equal(rand({9}, DType::f32, g), [] {
    Generator other(3, 1);
    return rand({9}, DType::f32, other);
  }()));
}

TEST_CASE("samples have the moments of their distributions", "[tensor][random]") {
  Generator g(11);
  const Index n = 1'000'000;
  const double root = std::sqrt(static_cast<double>(n));
  for (const DType d : {DType::f32, DType::f64}) {
    const Tensor u = uniform({n}, -1, 3, d, g), z = randn({n}, d, g);
    CHECK(std::abs(mean(u).item() - 1) < 5 * std::sqrt(16.0 / 12) / root);
    CHECK(min(u).item() >= -1);
    CHECK(max(u).item() < 3);
    CHECK(std::abs(mean(z).item()) < 5 / root);
    CHECK(std::abs(mean(z * z).item() - 1) < 5 * std::sqrt(2) / root);
    CHECK(std::abs(mean(pow(z, 4)).item() - 3) < 5 * std::sqrt(96) / root);
  }
  CHECK(std::abs(mean(to(bernoulli({n}, 0.3, g), DType::f32)).item() - 0.3) < 5 * std::sqrt(0.21) / root);
  CHECK_FALSE(any(bernoulli({1000}, 0, g)));
  CHECK(all(bernoulli({1000}, 1, g)));
  const auto dice = randint(1, 7, {60'000}, g).to_vector<Index>();
  for (Index face = 1; face <= 6; ++face)
    CHECK(std::abs(static_cast<double>(std::count(dice.begin(), dice.end(), face)) - 10'000) <
          5 * std::sqrt(60'000.0 * 5 / 36));
}

TEST_CASE("permutations hold every number once and differ", "[tensor][random]") {
  Generator g(1);
  auto a = randperm(1000, g).to_vector<Index>();
  const auto b = randperm(1000, g).to_vector<Index>();
  CHECK(a != b);
  std::sort(a.begin(), a.end());
  CHECK(a == arange(1000).to_vector<Index>());
  CHECK(randperm(0, g).numel() == 0);
}

TEST_CASE("random functions refuse ranges without numbers", "[tensor][random]") {
  CHECK_THROWS_WITH(uniform({1}, 2, 1), "uniform: needs finite bounds with low <= high: low is 2, high is 1");
  CHECK_THROWS_WITH(bernoulli({1}, 2), "bernoulli: the probability must lie in [0, 1]: got 2");
  CHECK_THROWS_WITH(randint(3, 3, {1}), "randint: the range is empty: low is 3, high is 3");
  CHECK_THROWS_WITH(rand({1}, DType::i64), ContainsSubstring("uniform: needs f32 or f64: got i64"));
  CHECK(uniform({1}, 2, 2).item() == 2);
}
