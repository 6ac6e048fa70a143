// Order: NaN, stability, every dtype and layout; distinct values.
#include "catch.hpp"
#include "tensor_layer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gradus;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity(), missing = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<Index>;
using Doubles = std::vector<double>;
}  // namespace

TEST_CASE("NaN counts as the largest and equal values keep their order", "[tensor][sort]") {
  const Tensor x = tensor({2.0, missing, 1.0, 2.0, missing, -inf, inf, -0.0, 0.0});
  const auto [up, up_places] = sort(x);
  CHECK(up_places.to_vector<Index>() == Numbers{5, 7, 8, 2, 0, 3, 6, 1, 4});
  CHECK(slice(up, 0, 0, 7).to_vector<double>() == Doubles{-inf, -0.0, 0.0, 1, 2, 2, inf});
  CHECK(all(isnan(slice(up, 0, 7))));
  CHECK(argsort(x, 0, true).to_vector<Index>() == Numbers{1, 4, 6, 0, 3, 2, 7, 8, 5});
  CHECK(topk(x, 4).indices.to_vector<Index>() == Numbers{1, 4, 6, 0});
  CHECK(topk(x, 3, 0, false).indices.to_vector<Index>() == Numbers{5, 7, 8});
}

TEST_CASE("sorting agrees with a stable sort for every dtype and layout", "[tensor][sort]") {
  Generator g(3);
  const Tensor base = randint(0, 5, {4, 33, 3}, g);  // many equal ones
  for (const DType d : {DType::boolean, DType::u8, DType::i64, DType::f32, DType::f64})
    for (const Tensor& x :
         {to(base, d), transpose(to(base, d)), flip(to(base, d), {0, 2}), slice(to(base, d), 1, 1, to_end, 2)})
      for (Index axis = -3; axis < 3; ++axis)
        for (const bool descending : {false, true}) {
          const auto [values, places] = sort(x, axis, descending);
          const Tensor rows = transpose(x, axis, -1), sorted = transpose(values, axis, -1),
                       at = transpose(places, axis, -1);
          bool right = values.dtype() == d && places.dtype() == DType::i64;
          for (Index i = 0; i < rows.size(0); ++i)
            for (Index j = 0; j < rows.size(1); ++j) {
              const auto line = rows[i][j].to_vector<double>();
              Numbers order(line.size());
              for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<Index>(k);
              std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
                const double p = line[static_cast<std::size_t>(a)], q = line[static_cast<std::size_t>(b)];
                return descending ? p > q : p < q;
              });
              Doubles wanted;
              for (const Index k : order) wanted.push_back(line[static_cast<std::size_t>(k)]);
              right &= at[i][j].to_vector<Index>() == order && sorted[i][j].to_vector<double>() == wanted;
            }
          CHECK(right);
          const auto first = topk(x, 2, axis, descending);
          CHECK(equal(first.values, slice(values, axis, 0, 2)));
          CHECK(equal(first.indices, slice(places, axis, 0, 2)));
        }
}

TEST_CASE("short and empty axes have an order too", "[tensor][sort]") {
  CHECK(sort(zeros({0, 3}), 0).values.shape() == Shape{0, 3});
  CHECK(sort(zeros({0, 3}), 1).indices.shape() == Shape{0, 3});
  CHECK(topk(ones({2, 3}), 0).values.shape() == Shape{2, 0});
  CHECK(sort(full({}, 4)).values.item() == 4);
  CHECK(sort(full({}, 4)).values.shape() == Shape{});
  CHECK(topk(full({}, 4), 0).values.numel() == 0);
  CHECK_THROWS_WITH(topk(ones({2, 3}), 4), "topk: k is out of range: k is 4, axis -1 of [2, 3]");
  CHECK_THROWS_WITH(sort(ones({2}), 1), "sort: axis is out of range: axis is 1, the tensor has 1 axis");
  CHECK_THROWS_WITH(argsort(Tensor()), ContainsSubstring("undefined tensor"));
}

TEST_CASE("distinct values come in order with places and counts", "[tensor][sort]") {
  const Tensor x = transpose(tensor({{3.0, 1.0, 3.0}, {0.0, -0.0, 1.0}}));
  const Unique u = unique(x);
  CHECK(u.values.to_vector<double>() == Doubles{0, 1, 3});
  CHECK(u.counts.to_vector<Index>() == Numbers{2, 2, 2});
  CHECK(u.inverse.shape() == Shape{3, 2});
  CHECK(equal(u.values[u.inverse], x));
  const Unique n = unique(tensor({missing, 1.0, missing}));
  CHECK(n.values.numel() == 3);
  CHECK(n.values[0].item() == 1);
  CHECK(n.counts.to_vector<Index>() == Numbers{1, 1, 1});
  CHECK(n.inverse.to_vector<Index>() == Numbers{1, 0, 2});
  CHECK(unique(to(tensor({1, 0, 1}), DType::boolean)).counts.to_vector<Index>() == Numbers{1, 2});
  CHECK(unique(zeros({0, 2}, DType::i64)).values.shape() == Shape{0});
  CHECK(unique(full({}, 7)).inverse.shape() == Shape{});
}

TEST_CASE("the places of extremes over all elements count in row-major order", "[tensor][sort]") {
  const Tensor x = transpose(tensor({{1.0, 5.0, 0.0}, {5.0, 2.0, 0.0}}));
  CHECK(argmax(x).item<Index>() == 1);
  CHECK(argmin(x).item<Index>() == 4);
  CHECK(argmax(tensor({1.0, missing, 2.0, missing})).item<Index>() == 1);
  CHECK(argmin(full({}, 3)).item<Index>() == 0);
  CHECK(argmin(tensor(Numbers{3, std::numeric_limits<Index>::min()})).item<Index>() == 1);
  CHECK_THROWS_WITH(argmax(zeros({0, 2})), ContainsSubstring("argmax: no elements"));
  CHECK_THROWS_WITH(argmin(to(ones({2}), DType::boolean)), ContainsSubstring("argmin: needs numbers: got bool"));
}
