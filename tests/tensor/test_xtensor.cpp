#include <gradus/tensor/xtensor.hpp>

#include "autograd_layer.hpp"
#include "catch.hpp"

#if __has_include(<xtensor/core/xmath.hpp>)
#include <xtensor/core/xmath.hpp>
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/misc/xsort.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xbuilder.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xsort.hpp>
#include <xtensor/xview.hpp>
#endif

using namespace gradus;

namespace {
/// A [2, 3, 4] tensor seen in many ways.
std::vector<std::pair<const char*, Tensor>> layouts(DType dtype) {
  const Tensor t = to(reshape(arange(24), {2, 3, 4}), dtype);
  return {{"dense", t},
          {"transposed", transpose(t)},
          {"permuted", permute(t, {2, 0, 1})},
          {"every second", slice(t, 2, 1, to_end, 2)},
          {"rows", slice(t, 1, 1, 3)},
          {"one element", slice(slice(slice(t, 0, 1, 2), 1, 2, 3), 2, 3, 4)},
          {"selected", select(t, 1, 2)},
          {"expanded", expand(select(t, 1, 0), {5, 2, 4})},
          {"an axis of extent 1 in the middle", permute(unsqueeze(t, 0), {1, 0, 3, 2})},
          {"six axes", reshape(t, {2, 1, 3, 1, 2, 2})},
          {"0-d", t[1][2][3]},
          {"no element", slice(t, 1, 3)},
          {"no element at all", empty({0}, dtype)}};
}
const DType dtypes[] = {DType::boolean, DType::u8, DType::i64, DType::f32, DType::f64};
}  // namespace

TEST_CASE("tensors of every dtype and layout go to xtensor and back", "[tensor][xtensor]") {
  for (const DType dtype : dtypes)
    dispatch(dtype, [&]<class T>() {
      for (const auto& item : layouts(dtype)) {
        const Tensor& t = item.second;
        INFO(name(dtype) << ' ' << item.first);
        const auto x = as_xtensor<T>(t);
        static_assert(std::is_same_v<decltype(as_xtensor<T>(t)(0)), const T&>);
        CHECK(x.dimension() == static_cast<std::size_t>(t.rank()));
        CHECK(x.size() == static_cast<std::size_t>(t.numel()));
        CHECK(std::vector<T>(x.begin(), x.end()) == t.to_vector<T>());
        CHECK(equal(from_xtensor(x), t));
        const xt::xarray<T, xt::layout_type::column_major> evaluated = x;
        CHECK(equal(from_xtensor(evaluated), t));
        const xt::xarray<T> same = x;
        CHECK(equal(from_xtensor(xt::eval(same)), t));
      }
    });
}

TEST_CASE("reading through xtensor copies nothing and keeps the memory alive", "[tensor][xtensor]") {
  Tensor t = tensor({{1., 2., 3.}, {4., 5., 6.}});
  const auto x = as_xtensor<double>(transpose(t));
  CHECK(&x(2, 1) == t.read<double>() + 5);
  CHECK_FALSE(t.is_reusable());
  const std::size_t live = memory_stats().live;
  const auto sum_later = xt::sum(as_xtensor<double>(t) * 2.);
  t.write<double>()[5] = 60;
  CHECK(x(2, 1) == 60);
  t = Tensor();
  CHECK(memory_stats().live == live);
  CHECK(x(2, 1) == 60);
  CHECK(sum_later() == 150);
}

TEST_CASE("a wrong element type is refused by xtensor adaptors", "[tensor][xtensor]") {
  Tensor t = ones({2});
  CHECK_THROWS_AS(as_xtensor<double>(t), DTypeError);
  CHECK_THROWS_AS(as_mutable_xtensor<Index>(t), DTypeError);
  CHECK_THROWS_AS(as_xtensor<float>(Tensor()), StateError);
  CHECK(t.version() == ones({2}).version());
}

TEST_CASE("expressions of tensors and arrays broadcast and feed a matrix product", "[tensor][xtensor]") {
  const Tensor a = tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}), row = tensor({{10.f, 20.f, 30.f}});
  const xt::xtensor<float, 2> column = {{0.5f}, {2.f}};
  const auto mixed = as_xtensor<float>(a) * column + as_xtensor<float>(row);
  const Tensor t = from_xtensor(mixed);
  CHECK(equal(from_xtensor(xt::eval(mixed)), t));
  CHECK(equal(t, tensor({{10.5f, 21.f, 31.5f}, {18.f, 30.f, 42.f}})));
  CHECK(equal(matmul(t, transpose(a)), tensor({{147.f, 336.f}, {204.f, 474.f}})));
  CHECK(equal(from_xtensor(xt::transpose(as_xtensor<float>(a))), contiguous(transpose(a))));
  CHECK(equal(from_xtensor(xt::view(as_xtensor<float>(a), xt::all(), xt::range(1, 3))), slice(a, 1, 1)));
  CHECK(equal(from_xtensor(xt::sum(as_xtensor<float>(transpose(a)), {0})), tensor({6.f, 15.f})));
  CHECK(equal(from_xtensor(as_xtensor<float>(a) + as_xtensor<float>(expand(row, {2, 3}))),
              tensor({{11.f, 22.f, 33.f}, {14.f, 25.f, 36.f}})));
}

TEST_CASE("other integers of xtensor become i64", "[tensor][xtensor]") {
  CHECK(equal(from_xtensor(xt::arange<int>(3)), tensor({Index{0}, Index{1}, Index{2}})));
  CHECK(equal(from_xtensor(xt::argmax(as_xtensor<double>(tensor({1., 9., 2.})))), scalar_tensor(1, DType::i64)));
  CHECK(equal(from_xtensor(xt::xarray<std::int8_t>{-128, 127}), tensor({Index{-128}, Index{127}})));
  CHECK(equal(from_xtensor(xt::xarray<long long>{1}), tensor({Index{1}})));
  CHECK(from_xtensor(as_xtensor<double>(tensor({1., 9.})) > 2.).dtype() == DType::boolean);
  CHECK_THROWS_WITH(from_xtensor(xt::xarray<std::uint64_t>{std::uint64_t{1} << 63}),
                    "from_xtensor: a number does not fit i64: 9223372036854775808");
}

TEST_CASE("arrays that cannot be tensors are refused", "[tensor][xtensor]") {
  CHECK_THROWS_WITH(from_xtensor(xt::xarray<float>(xt::dynamic_shape<std::size_t>(7, 1))),
                    "from_xtensor: too many axes: at most 6, found 7");
  CHECK_THROWS_AS(from_xtensor(xt::ones<int>({1, 1, 1, 1, 1, 1, 1})), ShapeError);
  const auto mismatch = as_xtensor<float>(ones({2, 3})) + as_xtensor<float>(ones({4}));
  CHECK_THROWS_AS(from_xtensor(mismatch), ShapeError);
  CHECK_THROWS_WITH(from_xtensor(mismatch), StartsWith("from_xtensor: the operands do not fit together: "));
}

TEST_CASE("arrays that are moved in keep their memory and layout", "[tensor][xtensor]") {
  const auto check = [](auto array, const Tensor& wanted, const Strides& strides) {
    const void* memory = array.data();
    Tensor t = from_xtensor(std::move(array));
    CHECK(equal(t, wanted));
    CHECK(t.strides() == strides);
    dispatch(t.dtype(), [&]<class T>() { CHECK(static_cast<const void*>(t.read<T>()) == memory); });
    CHECK_FALSE(t.is_reusable());  // its memory is not from our pool
    const Tensor view = transpose(t);
    t = Tensor();
    CHECK(equal(view, contiguous(transpose(wanted))));
  };
  const Tensor t = tensor({{1., 2., 3.}, {4., 5., 6.}});
  check(xt::xarray<double>{{1, 2, 3}, {4, 5, 6}}, t, {3, 1});
  check(xt::xtensor<double, 2>{{1, 2, 3}, {4, 5, 6}}, t, {3, 1});
  check(xt::xarray<double, xt::layout_type::column_major>{{1, 2, 3}, {4, 5, 6}}, t, {1, 2});
  check(xt::xarray<bool>{{true, false}}, to(tensor({{Index{1}, Index{0}}}), DType::boolean), {0, 1});
  CHECK(from_xtensor(xt::xarray<float>(3.f)).item() == 3);
  CHECK(from_xtensor(xt::xarray<float>::from_shape({2, 0})).shape() == Shape{2, 0});
  CHECK(equal(from_xtensor(xt::xarray<double, xt::layout_type::dynamic>(xt::xarray<double>{{1, 2, 3}, {4, 5, 6}})), t));
  const xt::xarray<double> stays = {1, 2};
  CHECK(from_xtensor(stays).read<double>() != stays.data());
}

TEST_CASE("assignments through xtensor reach every layout of a tensor", "[tensor][xtensor]") {
  for (const auto& item : layouts(DType::f64)) {
    INFO(item.first);
    if (item.second.strides().contains(0)) continue;
    Tensor whole = zeros({2, 3, 4}, DType::f64);
    Tensor t = whole.as_strided(item.second.shape(), item.second.strides(), item.second.offset());
    const Tensor wanted = copy(item.second);
    as_mutable_xtensor<double>(t) = as_xtensor<double>(wanted);
    CHECK(equal(t, wanted));
    CHECK(sum(whole).item() == sum(wanted).item());  // nothing else was written
    as_mutable_xtensor<double>(t) += 2. * as_xtensor<double>(wanted);
    CHECK(equal(t, wanted * 3));
    xt::noalias(as_mutable_xtensor<double>(t)) = as_xtensor<double>(wanted) + 1.;
    CHECK(equal(t, wanted + 1));
    as_mutable_xtensor<double>(t).fill(7);
    CHECK(equal(t, full(t.shape(), 7, DType::f64)));
    CHECK(sum(whole).item() == 7 * static_cast<double>(t.numel()));
  }
}

TEST_CASE("an assignment through xtensor broadcasts and sees its own old values", "[tensor][xtensor]") {
  Tensor t = tensor({{1., 2., 3.}, {4., 5., 6.}});
  as_mutable_xtensor<double>(t[1]) = as_xtensor<double>(t[0]) * 10.;
  CHECK(equal(t, tensor({{1., 2., 3.}, {10., 20., 30.}})));
  as_mutable_xtensor<double>(t) = xt::xarray<double>{7, 8, 9};
  CHECK(equal(t, tensor({{7., 8., 9.}, {7., 8., 9.}})));
  Tensor square = tensor({{1., 2.}, {3., 4.}});
  as_mutable_xtensor<double>(square) = xt::transpose(as_xtensor<double>(square));
  CHECK(equal(square, tensor({{1., 3.}, {2., 4.}})));
  Tensor wide = expand(ones({1, 3}), {2, 3});
  CHECK_THROWS_WITH(as_mutable_xtensor<float>(wide),
                    "as_mutable_xtensor: elements share memory: shape [2, 3], strides [0, 1] — write into copy(x)");
  CHECK_THROWS_AS(as_mutable_xtensor<float>(wide), ValueError);
}

TEST_CASE("a write through xtensor makes a saved value stale", "[tensor][xtensor]") {
  Variable x = leaf(tensor({1., 2.}));
  const auto loss = [&] { return sum(x * x); };
  Variable y = loss();
  const auto before = x.data().version();
  as_xtensor<double>(x.data());
  CHECK(x.data().version() == before);
  as_mutable_xtensor<double>(x.data()) += 1.;
  CHECK(x.data().version() == before + 1);
  CHECK_THROWS_AS(y.backward(), StateError);
  loss().backward();
  CHECK(equal(x.grad(), tensor({4., 6.})));
}
