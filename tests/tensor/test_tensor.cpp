#include "catch.hpp"
#include "tensor_layer.hpp"

#include <limits>

using namespace gradus;

namespace {
template <class T>
std::vector<T> list(const Tensor& t) {
  return t.to_vector<T>();
}
}  // namespace

TEST_CASE("tensors are handles and views share memory", "[tensor][views]") {
  Tensor a = reshape(arange(6), {2, 3});
  Tensor b = a;
  b.write<Index>()[0] = 7;
  CHECK(a.read<Index>()[0] == 7);
  const Tensor t = transpose(a), row = a[1], back = reshape(t, {6});
  CHECK(t.shares_memory_with(a));
  CHECK(row.shares_memory_with(a));
  CHECK_FALSE(back.shares_memory_with(a));  // no strides show a transpose as one axis
  CHECK(list<Index>(t) == std::vector<Index>{7, 3, 1, 4, 2, 5});
  CHECK(list<Index>(back) == list<Index>(t));
  CHECK(list<Index>(a[-1]) == std::vector<Index>{3, 4, 5});
  CHECK_THROWS_WITH(a[2], ContainsSubstring("select: position is out of range: 2 on axis 0 of [2, 3]"));
}

TEST_CASE("reshape makes a view wherever strides allow one", "[tensor][views]") {
  const Tensor a = reshape(arange(24), {2, 3, 4});
  CHECK(reshape(a, {6, 4}).shares_memory_with(a));
  const Tensor p = permute(a, {1, 0, 2});
  CHECK(reshape(p, {3, 2, 2, 2}).shares_memory_with(a));  // splits an axis
  CHECK_FALSE(reshape(p, {6, 4}).shares_memory_with(a));
  CHECK(list<Index>(reshape(p, {24})) == list<Index>(p));
  const Tensor s = slice(a, 2, 0, to_end, 2);
  CHECK(reshape(s, {6, 2}).shares_memory_with(a));
  CHECK(list<Index>(reshape(s, {12})) == list<Index>(s));
  CHECK(reshape(unsqueeze(s, 1), {2, 3, 2}).strides() == s.strides());
  CHECK(reshape(expand(ones({1}), {4}), {2, 2}).strides() == Strides{0, 0});
}

TEST_CASE("every write through any view counts as a change of the memory", "[tensor][version]") {
  Tensor a = zeros({4});
  const auto before = a.version();
  Tensor part = slice(a, 0, 2, 4);
  part.fill(1);
  CHECK(a.version() == before + 1);
  static_cast<void>(a.read<float>());
  CHECK(a.version() == before + 1);
}

TEST_CASE("elements are handed out only as what they are", "[tensor][errors]") {
  const Tensor a = zeros({2, 2});
  CHECK_THROWS_WITH(a.read<double>(), "tensor: elements were asked for as f64: they are f32");
  CHECK_THROWS_WITH(Tensor().read<float>(), "tensor: an undefined tensor was used");
  CHECK_THROWS_WITH(a.item(), "item: needs exactly one element: shape is [2, 2]");
  CHECK_THROWS_WITH(transpose(ones({2, 3})).span<float>(),
                    ContainsSubstring("span: needs a contiguous tensor: shape is [3, 2], strides are [1, 3]"));
  CHECK_THROWS_WITH(tensor({1.0, 2.0}).size(1), "size: axis is out of range: axis is 1, the tensor has 1 axis");
  CHECK_THROWS_WITH(tensor(std::vector<float>{1, 2}, {3}),
                    "tensor: the number of values does not fit: 2 values, shape [3]");
  CHECK_THROWS_WITH(tensor({{1.0, 2.0}, {3.0}}), "tensor: rows differ in length: 2 and 1");
}

TEST_CASE("impossible sizes are refused before memory is asked for", "[tensor][errors]") {
  constexpr Index big = Index{1} << 40;
  CHECK_THROWS_WITH(zeros({-1}), "tensor: negative extent: shape is [-1]");
  CHECK_THROWS_WITH(empty({big, big}), "tensor: the size overflows: shape is [1099511627776, 1099511627776]");
  CHECK_THROWS_AS(empty({Index{1} << 46}), MemoryError);
  CHECK_THROWS_WITH(empty({big, 0, big}), "tensor: the size overflows: shape is [1099511627776, 0, 1099511627776]");
  CHECK(empty({big, 0}).numel() == 0);
  CHECK_THROWS_WITH(zeros({1, 1, 1, 1, 1, 1, 1}), "shape: too many axes: at most 6 are possible");
}

TEST_CASE("foreign memory is used in place and let go of", "[tensor][memory]") {
  std::vector<float> values{1, 2, 3};
  Tensor t = from_span(std::span<float>(values), {3});
  t.fill(5);
  CHECK(values[1] == 5);
  CHECK_FALSE(t.is_reusable());
  bool released = false;
  {
    const Tensor u = from_memory(values.data(), {3}, DType::f32, [&] { released = true; });
    const Tensor view = slice(u, 0, 1, 2);
    CHECK(view.item() == 5);
  }
  CHECK(released);
  CHECK_THROWS_WITH(from_span(std::span<float>(values), {4}), ContainsSubstring("3 values, shape [4]"));
}

TEST_CASE("an exception on letting go of foreign memory ends in a warning", "[tensor][memory]") {
  std::string got;
  const auto before = set_warning_handler([&](const std::string& text) { got = text; });
  float value = 0;
  const auto let_go = [&](std::function<void()> f) {
    static_cast<void>(from_memory(&value, {1}, DType::f32, std::move(f)));
  };
  let_go([] { throw std::runtime_error("busy"); });
  CHECK(got == "from_memory: on_release threw: busy");
  let_go([] { throw 3; });
  CHECK(got == "from_memory: on_release threw what is no std::exception");
  set_warning_handler([](const std::string&) { throw std::runtime_error("no warnings"); });
  let_go([] { throw 3; });
  set_warning_handler(before);
}

TEST_CASE("the pool reports what tensors hold and gives freed blocks back", "[tensor][memory]") {
  empty_cache();
  const auto before = memory_stats();
  [[maybe_unused]] const void* first;  // not under sanitizers, which keep freed memory back
  {
    const Tensor t = empty({1000});
    first = t.read<float>();
    CHECK(memory_stats().live == before.live + 4000);
    CHECK(memory_stats().peak >= before.live + 4000);
  }
  CHECK(memory_stats().live == before.live);
#if !defined(__SANITIZE_ADDRESS__)
  const Tensor again = empty({1000});
  CHECK(static_cast<const void*>(again.read<float>()) == first);
#endif
  empty_cache();
  CHECK(memory_stats().cached == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(empty({1000}).read<float>()) % 64 == 0);
}

TEST_CASE("dtypes are promoted and numbers take the tensor's dtype", "[tensor][dtype]") {
  const Tensor i = arange(3), f = ones({3});
  CHECK((i + f).dtype() == DType::f32);
  CHECK((f + ones({3}, DType::f64)).dtype() == DType::f64);
  CHECK((i * 2).dtype() == DType::i64);
  CHECK((i / 2).dtype() == DType::f32);
  CHECK(list<double>(i / 2) == std::vector<double>{0, 0.5, 1});
  CHECK((full({2}, 250, DType::u8) + full({2}, 10, DType::u8)).to_vector<Index>() == std::vector<Index>{4, 4});
  CHECK((i > 0).dtype() == DType::boolean);
  CHECK_THROWS_AS(i + 0.5, DTypeError);
  CHECK_THROWS_AS(i + std::numeric_limits<double>::quiet_NaN(), DTypeError);
  CHECK(list<Index>(full({1}, (Index{1} << 53) + 1, DType::i64)) == std::vector<Index>{(Index{1} << 53) + 1});
  CHECK(list<Index>(to(tensor({-1.7, 2.9}), DType::i64)) == std::vector<Index>{-1, 2});
  CHECK(list<Index>(pow(arange(4), 3)) == std::vector<Index>{0, 1, 8, 27});
  const Tensor signs = tensor({Index{1}, Index{-1}, Index{-1}, Index{2}, Index{0}});
  CHECK(list<Index>(pow(signs, tensor({Index{-3}, Index{-3}, Index{-2}, Index{-1}, Index{-1}}))) ==
        std::vector<Index>{1, -1, 1, 0, 0});
}

TEST_CASE("numbers that no whole-number dtype holds are not converted", "[tensor][errors]") {
  constexpr double inf = std::numeric_limits<double>::infinity(), two_63 = 9223372036854775808.0;
  const auto refused = [](double v, DType dtype) {
    for (const DType from : {DType::f32, DType::f64}) {
      INFO(v);
      CHECK_THROWS_WITH(to(full({3}, v, from), dtype), ContainsSubstring(join("to: a value does not fit ", dtype)));
      CHECK_THROWS_AS(to(transpose(full({2, 3}, v, from)), dtype), ValueError);
    }
  };
  for (const double v : {std::nan(""), inf, -inf}) {
    refused(v, DType::i64);
    refused(v, DType::u8);
    CHECK(list<Index>(to(full({1}, v), DType::boolean)) == std::vector<Index>{1});
  }
  for (const double v : {two_63, -1.001 * two_63}) refused(v, DType::i64);
  for (const double v : {256.0, -1.0}) refused(v, DType::u8);
  CHECK(list<Index>(to(tensor({-two_63}), DType::i64)) == std::vector<Index>{std::numeric_limits<Index>::min()});
  CHECK(list<Index>(to(tensor({255.9, -0.9}), DType::u8)) == std::vector<Index>{255, 0});
  CHECK(list<Index>(to(tensor({Index{-1}, Index{256}}), DType::u8)) == std::vector<Index>{255, 0});
}

TEST_CASE("where and comparisons and in-place sums", "[tensor][arithmetic]") {
  const Tensor x = tensor({-1.0, 0.0, 2.0});
  CHECK(list<double>(where(x > 0, x, x * 10)) == std::vector<double>{-10, 0, 2});
  CHECK(list<bool>(x == 0) == std::vector<bool>{false, true, false});
  CHECK(all(x < 3));
  CHECK_FALSE(any(x > 5));
  Tensor a = zeros({2, 3}, DType::f64);
  add_(a, x);
  CHECK(list<double>(a) == std::vector<double>{-1, 0, 2, -1, 0, 2});
  Tensor narrow = zeros({3});
  CHECK_THROWS_WITH(add_(narrow, x), "add_: the sum does not fit in place: a is f32, b is f64");
  CHECK_THROWS_WITH(where(x, x, x), "where: the mask must be bool: got f64");
}

TEST_CASE("copies of transposed tensors are right at every size", "[tensor][copy]") {
  for (const Index rows : {1, 2, 15, 16, 17, 40})
    for (const Index columns : {1, 3, 16, 33}) {
      const Tensor x = reshape(arange(2 * rows * columns), {2, rows, columns});
      const Tensor t = transpose(x), c = copy(t);
      CHECK(c.is_contiguous());
      bool same = true;
      for (Index b = 0; b < 2; ++b)
        for (Index j = 0; j < columns; ++j)
          for (Index i = 0; i < rows; ++i) same &= c[b][j][i].item<Index>() == (b * rows + i) * columns + j;
      CHECK(same);
    }
}

TEST_CASE("arange counts and refuses steps that lead nowhere", "[tensor][creation]") {
  CHECK(list<double>(arange(1, 2, 0.25)) == std::vector<double>{1, 1.25, 1.5, 1.75});
  CHECK(list<double>(arange(3, 0, -1)) == std::vector<double>{3, 2, 1});
  CHECK(arange(0).numel() == 0);
  CHECK_THROWS_AS(arange(0, 1, 0), ValueError);
  CHECK_THROWS_AS(arange(0, 1, -1), ValueError);
  CHECK_THROWS_AS(arange(-1), ValueError);
}

TEST_CASE("allclose and equal treat NaN and infinity as documented", "[tensor][compare]") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  CHECK(allclose(tensor({1.0, inf}), tensor({1.0 + 1e-9, inf})));
  CHECK_FALSE(allclose(tensor({1.0}), tensor({inf})));
  CHECK_FALSE(allclose(tensor({nan}), tensor({nan})));
  CHECK(allclose(tensor({nan}), tensor({nan}), 0, 0, true));
  CHECK_FALSE(equal(tensor({nan}), tensor({nan})));
  CHECK_FALSE(equal(ones({2}), ones({2}, DType::f64)));
  CHECK_THROWS_AS(allclose(ones({2}), ones({3})), ShapeError);
}

TEST_CASE("warnings go through one handler", "[tensor][errors]") {
  std::string got;
  const auto before = set_warning_handler([&](const std::string& text) { got = text; });
  const int threads = num_threads();
  set_num_threads(100000);
  CHECK(got.find("set_num_threads: asked for 100000 threads on ") == 0);
  set_num_threads(threads);
  set_warning_handler(before);
  CHECK(num_threads() == threads);
}
