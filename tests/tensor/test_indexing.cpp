// Reading and adding at positions, masks as indices, and drawing positions at random.
#include "catch.hpp"
#include "tensor_layer.hpp"

#include <cmath>
#include <limits>
#include <set>

using namespace gradus;

namespace {
constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
using Numbers = std::vector<Index>;
const std::vector<DType> dtypes{DType::boolean, DType::u8, DType::i64, DType::f32, DType::f64};
Tensor mask(std::initializer_list<int> values) { return to(tensor(values), DType::boolean); }
}  // namespace

TEST_CASE("positions are read along every axis of every layout", "[tensor][indexing]") {
  const Tensor base = reshape(arange(60), {3, 4, 5}),
               strided = slice(tensor<Index>({2, 9, 0, 9, 2, 9}), 0, 0, to_end, 2);
  for (const DType d : dtypes)
    for (const Tensor& x : {to(base, d), transpose(to(base, d)), permute(to(base, d), {2, 0, 1}),
                            slice(to(base, d), 2, 0, to_end, 2), expand(slice(to(base, d), 2, 0, 1), {3, 4, 5})})
      for (Index axis = 0; axis < 3; ++axis) {
        const Tensor y = index_select(x, axis, strided);
        CHECK(equal(
            y, concat(std::vector<Tensor>{narrow(x, axis, 2, 1), narrow(x, axis, 0, 1), narrow(x, axis, 2, 1)}, axis)));
        CHECK(index_select(x, axis, zeros({0}, DType::i64)).numel() == 0);
        if (d == DType::boolean) continue;
        Tensor wanted = copy(x);
        for (Index i = 0; i < 3; ++i) {
          Tensor place = select(wanted, axis, strided[i].item<Index>());
          add_(place, select(y, axis, i));
        }
        CHECK(equal(index_add(x, axis, strided, y), wanted));
      }
}

TEST_CASE("sums at repeated positions wrap around", "[tensor][indexing]") {
  const Tensor at = zeros({2}, DType::i64);
  CHECK(index_add(tensor(Numbers{most}), 0, at, tensor(Numbers{1, 1})).to_vector<Index>() == Numbers{least + 1});
  CHECK(scatter_add(tensor(Numbers{most}), 0, at, tensor(Numbers{1, 1})).to_vector<Index>() == Numbers{least + 1});
  CHECK(index_add(to(tensor({250}), DType::u8), 0, at, to(tensor({5, 5}), DType::u8)).to_vector<Index>() == Numbers{4});
  CHECK(index_add(zeros({0, 2}), 1, at, zeros({0, 2})).shape() == Shape{0, 2});
}

TEST_CASE("whole numbers and masks in brackets pick entries", "[tensor][indexing]") {
  const Tensor x = reshape(arange(12), {3, 4});
  CHECK(x[tensor<Index>({-1, 0})].to_vector<Index>() == Numbers{8, 9, 10, 11, 0, 1, 2, 3});
  CHECK(x[tensor<Index>({{0, 1}, {2, -3}})].shape() == Shape{2, 2, 4});
  CHECK(x[full({}, 2, DType::i64)].to_vector<Index>() == Numbers{8, 9, 10, 11});
  CHECK(transpose(x)[tensor<Index>({1})].to_vector<Index>() == Numbers{1, 5, 9});
  CHECK(x[mask({1, 0, 1})].to_vector<Index>() == Numbers{0, 1, 2, 3, 8, 9, 10, 11});
  CHECK(x[x > 9].to_vector<Index>() == Numbers{10, 11});
  CHECK(transpose(x)[transpose(x > 9)].to_vector<Index>() == Numbers{10, 11});
  CHECK(x[x > 99].shape() == Shape{0});
  CHECK(x[full({}, false, DType::boolean)].shape() == Shape{0, 3, 4});
  CHECK(x[zeros({2, 0}, DType::i64)].shape() == Shape{2, 0, 4});
  CHECK(zeros({0, 4})[zeros({0}, DType::boolean)].shape() == Shape{0, 4});
  CHECK_FALSE(x[arange(3)].shares_memory_with(x));
  CHECK_THROWS_WITH(x[tensor<Index>({3})], "index: a position is out of range: 3 on axis 0 of [3, 4]");
  CHECK_THROWS_WITH(x[tensor<Index>({least})], ContainsSubstring("index: a position is out of range"));
  CHECK_THROWS_WITH(x[mask({1, 0})], "index: the mask does not fit: mask is [2], x is [3, 4]");
  CHECK_THROWS_WITH(x[to(arange(3), DType::u8)], "index: needs i64 or a mask: got u8");
  CHECK_THROWS_WITH(full({}, 1)[arange(1)], "index: a tensor without axes cannot be indexed");
  CHECK_THROWS_WITH(Tensor()[mask({1})], ContainsSubstring("index: the mask does not fit"));
}

TEST_CASE("places of what is not zero in row-major order", "[tensor][indexing]") {
  for (const DType d : dtypes) {
    const Tensor x = to(tensor({{0, 1, 0}, {1, 0, 1}}), d);
    CHECK(nonzero(x).to_vector<Index>() == Numbers{0, 1, 1, 0, 1, 2});
    CHECK(nonzero(transpose(x)).to_vector<Index>() == Numbers{0, 1, 1, 0, 2, 1});
    CHECK(masked_select(x, mask({0, 1, 1})).to_vector<Index>() == Numbers{1, 0, 0, 1});
  }
  CHECK(nonzero(tensor({std::nan(""), -0.0, 0.0})).to_vector<Index>() == Numbers{0});
  CHECK(nonzero(zeros({2, 0, 3})).shape() == Shape{0, 3});
  CHECK(nonzero(full({}, 5)).shape() == Shape{1, 0});
  CHECK(masked_select(tensor({{1}, {2}}), mask({1, 1})).to_vector<Index>() == Numbers{1, 1, 2, 2});
}

TEST_CASE("vectors multiply to a number or to a table", "[tensor][indexing]") {
  CHECK(dot(tensor({1.0, 2.0}), slice(tensor({3.0, 9.0, 4.0}), 0, 0, to_end, 2)).item() == 11);
  CHECK(dot(zeros({0}), zeros({0})).item() == 0);
  CHECK_THROWS_WITH(dot(ones({2}), ones({2}, DType::f64)), ContainsSubstring("dot: "));
  CHECK(outer(tensor<Index>({1, 2}), tensor<Index>({most, 3})).to_vector<Index>() == Numbers{most, 3, -2, 6});
  CHECK(outer(zeros({0}), ones({3})).shape() == Shape{0, 3});
}

TEST_CASE("draws follow their weights and never hit a zero", "[tensor][indexing][random]") {
  Generator g(21);
  const std::vector<double> weights{0, 1, 2, 0, 4, 3, 0};
  const Index n = 100'000;
  const auto drawn = multinomial(tensor(weights), n, true, g).to_vector<Index>();
  std::vector<double> counts(weights.size());
  for (const Index i : drawn) ++counts[static_cast<std::size_t>(i)];
  double chi_square = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double expected = static_cast<double>(n) * weights[i] / 10;
    if (expected == 0) CHECK(counts[i] == 0);
    else chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  CHECK(chi_square < 16.3);  // 0.1 % of the distribution with 3 degrees of freedom lie above
  CHECK(chi_square > 0.02);
}

TEST_CASE("draws without replacement are distinct and start with the weights", "[tensor][indexing][random]") {
  Generator g(4);
  const Tensor rows = tensor({{1.0, 0.0, 3.0, 1e-300}, {0.0, 1e300, 1.0, 2.0}});
  double threes = 0;
  for (int round = 0; round < 2000; ++round) {
    const Tensor y = multinomial(rows, 3, false, g);
    REQUIRE(y.shape() == Shape{2, 3});
    for (Index row = 0; row < 2; ++row) {
      const auto places = y[row].to_vector<Index>();
      CHECK(std::set<Index>(places.begin(), places.end()).size() == 3);
      for (const Index p : places) CHECK(rows[row][p].item() > 0);
    }
    threes += y[0][0].item<Index>() == 2;
  }
  CHECK(std::abs(threes / 2000 - 0.75) < 5 * std::sqrt(0.75 * 0.25 / 2000));
  CHECK(multinomial(to(tensor({0, 1}), DType::boolean), 1, false, g).item<Index>() == 1);
  CHECK(multinomial(ones({2, 3}), 0).shape() == Shape{2, 0});
  CHECK(multinomial(ones({0, 3}), 2).shape() == Shape{0, 2});
  CHECK_THROWS_WITH(multinomial(tensor({1.0, 0.0}), 2), "multinomial: too few weights that are not 0: 1 for 2 draws");
  CHECK_THROWS_WITH(multinomial(zeros({3}), 1, true), "multinomial: too few weights that are not 0: 0 for 1 draws");
  CHECK_THROWS_WITH(multinomial(tensor({1.0, -1.0}), 1), "multinomial: a weight is negative or not finite: -1");
  CHECK_THROWS_WITH(multinomial(tensor({1.0, std::nan("")}), 1), ContainsSubstring("negative or not finite: nan"));
  CHECK_THROWS_WITH(multinomial(full({3}, 1e308, DType::f64), 1),
                    "multinomial: the weights are too large to be added up");
  CHECK_THROWS_WITH(multinomial(ones({2}), -1), "multinomial: the count must be at least 0: got -1");
  CHECK_THROWS_WITH(multinomial(ones({}), 1), "multinomial: needs weights [n] or [rows, n]: shape is []");
  CHECK_THROWS_WITH(randint(least, most, {1}), ContainsSubstring("randint: the range is too wide"));
}

TEST_CASE("random functions do not depend on the number of threads", "[tensor][indexing][random]") {
  const Tensor p = linspace(0, 1, 100'001);
  const auto draw = [&](int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    Generator g(8);
    std::vector<Tensor> all{bernoulli(p, g),
                            rand_like(p, g),
                            randn_like(p, g),
                            multinomial(p, 50, true, g),
                            multinomial(p, 50, false, g),
                            bernoulli({100'001}, 0.5, g)};
    set_num_threads(before);
    return all;
  };
  const auto one = draw(1), two = draw(2);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(equal(one[i], two[i]));
  CHECK_FALSE(one[0][0].item<bool>());
  CHECK(one[0][-1].item<bool>());
  CHECK(std::abs(mean(to(one[0], DType::f64)).item() - 0.5) < 5 * std::sqrt(1.0 / 6 / 100'001));
  CHECK(rand_like(transpose(ones({2, 3}, DType::f64))).dtype() == DType::f64);
  CHECK(bernoulli(to(tensor({0, 1}), DType::u8)).to_vector<bool>() == std::vector<bool>{false, true});
  CHECK_THROWS_WITH(bernoulli(tensor({0.5, 1.5})), "bernoulli: the probabilities must lie in [0, 1]: one is 1.5");
  CHECK_THROWS_WITH(bernoulli(tensor({std::nan("")})), ContainsSubstring("one is nan"));
  CHECK_THROWS_WITH(rand_like(arange(2)), ContainsSubstring("needs f32 or f64: got i64"));
}
