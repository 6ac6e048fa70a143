// Every operation of the table, through every harness.
#include "catch.hpp"
#include "ops/table.hpp"

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <regex>
#include <set>

using namespace optable;

namespace {

/// f(row, inputs) for every sample of every row; inputs are f64.
template <class F>
void for_all_samples(F f) {
  for (const OpRow& row : all_rows()) {
    Generator generator(17);
    for (const auto& shapes : row.samples) {
      std::vector<Tensor> inputs;
      std::string text = row.name + ":";
      for (const Shape& s : shapes) {
        inputs.push_back(sample_values(s, row.low, row.high, generator));
        text += join(" ", s);
      }
      INFO(text);
      f(row, inputs);
    }
  }
}
bool has_elements(const std::vector<Tensor>& xs) {
  for (const Tensor& x : xs)
    if (x.numel() == 0) return false;
  return true;
}
std::vector<Variable> constants(const std::vector<Tensor>& xs) { return {xs.begin(), xs.end()}; }
std::vector<Variable> as_leaves(const std::vector<Tensor>& xs) {
  std::vector<Variable> v;
  for (const Tensor& x : xs) v.push_back(leaf(x));
  return v;
}
void check_close(const Tensor& got, const std::vector<double>& wanted, double rtol, double atol) {
  const auto values = got.to_vector<double>();
  REQUIRE(values.size() == wanted.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(std::abs(values[i] - wanted[i]) <= atol + rtol * std::abs(wanted[i]));
  }
}

/// The same values in memory that is not contiguous: axes stored in reverse order, or every second element of a buffer
/// whose gaps are NaN, so that a stray read shows.
Tensor reversed_axes(const Tensor& x) {
  Axes order;
  for (Index i = x.rank(); i-- > 0;) order.push_back(i);
  return permute(copy(permute(x, order)), order);
}
Tensor with_gaps(const Tensor& x) {
  if (x.rank() == 0) return x;
  Shape wide = x.shape();
  wide[wide.size() - 1] *= 2;
  Tensor buffer = full(wide, std::numeric_limits<double>::quiet_NaN(), x.dtype());
  Tensor view = slice(buffer, -1, 0, to_end, 2);
  view.copy_from(x);
  return view;
}

Tensor straight(const Tensor& x) { return x; }
bool same_bits(const Tensor& a, const Tensor& b) {
  const auto bits = [](const Tensor& t) {
    std::vector<std::uint64_t> all;
    for (const double v : t.to_vector<double>()) all.push_back(std::bit_cast<std::uint64_t>(v));
    return all;
  };
  return a.shape() == b.shape() && a.dtype() == b.dtype() && bits(a) == bits(b);
}

/// Few or many of the special values among ordinary ones.
Tensor draw(const Shape& shape, const Values& special, int round, Generator& generator) {
  Tensor t(shape, DType::f64);
  double* out = t.write<double>();
  for (Index i = 0; i < t.numel(); ++i) {
    const auto pick = static_cast<std::size_t>(generator.next_double() * static_cast<double>(special.size()));
    out[i] = generator.next_double() * 12 < round + 1 ? special[pick] : 4 * generator.next_double() - 2;
  }
  return t;
}
/// Equal, both NaN, or close for the largest element: rounding may differ.
bool agree(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  double largest = 0;
  for (const double v : x) largest = std::isfinite(v) ? std::max(largest, std::abs(v)) : largest;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i])) || std::abs(x[i] - y[i]) <= 1e-5 * largest)) return false;
  return true;
}

/// Identity whose derivative is off by one percent.
Variable scaled_gradient(const Variable& x) {
  return record("scaled_gradient", x.data(), edge(x, [](auto& g) { return g * 1.01; }));
}

}  // namespace

TEST_CASE("operations agree with naive references in f64 and f32", "[ops][values]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    const Tensor y = row.call(constants(x)).data();
    CHECK(y.dtype() == DType::f64);
    check_close(y, row.reference(x), 1e-12, 1e-12);
    if (!row.keeps_dtype) return;
    std::vector<Tensor> narrow;
    for (const Tensor& t : x) narrow.push_back(to(t, DType::f32));
    const Tensor z = row.call(constants(narrow)).data();
    CHECK(z.dtype() == DType::f32);
    check_close(z, row.reference(x), 3e-6, 3e-6);
  });
}

TEST_CASE("an operation has the same value with a tape as without, bit for bit", "[ops][values]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    for (const DType d : {DType::f64, DType::f32})
      for (auto layout : {straight, reversed_axes, with_gaps}) {
        if (d == DType::f32 && !row.keeps_dtype) continue;
        std::vector<Tensor> inputs;
        for (const Tensor& t : x) inputs.push_back(layout(to(t, d)));
        CHECK(same_bits(row.call(constants(inputs)).data(), row.call(as_leaves(inputs)).data()));
      }
  });
}

TEST_CASE("a recorded backward pass gives what an unrecorded one gives, also for infinities and NaN", "[ops][special]") {
  const double huge = 1e38, inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const Values special{0, -0.0, 1, -1, 0.5, 2, 1e-40, -1e-40, huge, -huge, inf, -inf, nan};
  for_all_samples([&](const OpRow& row, const std::vector<Tensor>& x) {
    if (!has_elements(x)) return;
    Generator generator(23);
    for (int round = 0; round < 12; ++round) {
      std::vector<Tensor> inputs;
      const DType d = row.keeps_dtype && round % 2 ? DType::f32 : DType::f64;
      for (const Tensor& t : x) inputs.push_back(to(draw(t.shape(), special, round, generator), d));
      try {
        const auto leaves = as_leaves(inputs);
        const Variable y = row.call(leaves);
        if (!y.requires_grad()) return;
        const Tensor cotangent = to(draw(y.shape(), special, round / 2, generator), y.dtype());
        const auto g = grad(y, leaves, {.retain_graph = true, .gradients = {cotangent}});
        const auto h = grad(y, leaves, {.create_graph = true, .gradients = {cotangent}});
        for (std::size_t i = 0; i < g.size(); ++i) {
          INFO("round " << round << ", input " << i << "\n" << inputs[0] << "\ncotangent\n" << cotangent);
          INFO("unrecorded\n" << g[i] << "\nrecorded\n" << h[i]);
          CHECK(agree(g[i].data(), h[i].data()));
        }
      } catch (const Error&) {}  // a matrix that has no decomposition
    }
  });
}

TEST_CASE("first and second derivatives agree with finite differences", "[ops][derivatives]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    if (!has_elements(x)) return;
    const auto first = gradcheck(row.call, x), second = gradgradcheck(row.call, x, {.rtol = 1e-5, .atol = 1e-7});
    INFO(first.message << "; " << second.message);
    CHECK(first.ok);
    CHECK(second.ok);
  });
}

TEST_CASE("the derivative check fails for a rule that is off by one percent", "[ops][derivatives]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    if (!has_elements(x)) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Function wrong = [&](const std::vector<Variable>& v) {
        auto w = v;
        w[i] = scaled_gradient(w[i]);
        return row.call(w);
      };
      const auto leaves = as_leaves(x);
      const Variable y = row.call(leaves);
      if (!y.requires_grad()) continue;
      const Tensor g = grad(sum(y * y), leaves[i]).data();
      if (sum(g * g).item() == 0) continue;  // identically zero: scaling it changes nothing
      GradcheckResult one;
      for (std::uint64_t seed = 0; seed < 3 && one.ok; ++seed) one = gradcheck(wrong, x, {.seed = seed});
      INFO("input " << i);
      CHECK_FALSE(one.ok);
    }
  });
}

TEST_CASE("the memory layout of the inputs does not change values or gradients", "[ops][layouts]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    const auto straight = as_leaves(x);
    const Variable y = row.call(straight);
    for (auto layout : {reversed_axes, with_gaps}) {
      std::vector<Tensor> strided;
      for (const Tensor& t : x) strided.push_back(layout(t));
      const auto leaves = as_leaves(strided);
      const Variable z = row.call(leaves);
      CHECK(z.shape() == y.shape());
      check_close(z.data(), y.data().to_vector<double>(), 1e-13, 1e-13);
      if (!y.requires_grad()) continue;
      const auto g = grad(sum(y * y), straight[0], {.retain_graph = true}), h = grad(sum(z * z), leaves[0]);
      check_close(h.data(), g.data().to_vector<double>(), 1e-12, 1e-12);
    }
  });
}

TEST_CASE("gradients have the shape of their inputs even without elements", "[ops][layouts]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    const auto leaves = as_leaves(x);
    const Variable y = row.call(leaves);
    if (!y.requires_grad()) return;
    sum(y).backward();
    for (const Variable& v : leaves)
      if (v.grad().defined()) CHECK(v.grad().shape() == v.shape());
  });
}

TEST_CASE("a saved value that was modified in place makes backward throw", "[ops][saved]") {
  for_all_samples([](const OpRow& row, const std::vector<Tensor>& x) {
    const std::size_t count = tape(sum(row.call(as_leaves(x)))).size();
    for (std::size_t node = 0; node < count; ++node) {
      std::vector<Tensor> fresh;
      for (const Tensor& t : x) fresh.push_back(copy(t));
      const Variable y = sum(row.call(as_leaves(fresh)));
      const auto entries = tape(y);
      for (const KeptValue& k : entries[node].kept) {
        if (!k.tensor.defined()) continue;
        Tensor value = k.tensor;
        dispatch(value.dtype(), [&]<class T>() { value.write<T>(); });
        CHECK_THROWS_AS(y.backward({.retain_graph = true}), StateError);
        CHECK_THROWS_WITH(y.backward({.retain_graph = true}), ContainsSubstring("was modified in place"));
        break;  // the graph is spoilt: the other values of this node are of the same storages or caught alike
      }
    }
  });
}

TEST_CASE("wrong use is refused with the documented text", "[ops][errors]") {
  for (const OpRow& row : all_rows())
    for (const ErrorRow& error : row.errors) {
      INFO(row.name << ": " << error.text);
      CHECK_THROWS_AS(error.call(), Error);
      CHECK_THROWS_WITH(error.call(), ContainsSubstring(error.text));
    }
}

TEST_CASE("every recorded operation has a row with error cases", "[ops][complete]") {
  std::set<std::string> rows, with_errors, recorded;
  for (const OpRow& row : all_rows()) {
    rows.insert(row.name);
    if (!row.errors.empty()) with_errors.insert(row.name);
  }
  const std::regex call("record\\(\"([a-z_0-9]+)\"");
  for (const auto& file : std::filesystem::recursive_directory_iterator(std::string(GRADUS_SOURCE_DIR) + "/autograd/ops")) {
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator m(text.begin(), text.end(), call), end; m != end; ++m) recorded.insert((*m)[1]);
  }
  CHECK(recorded.size() > 25);
  for (const std::string& name : recorded) {
    INFO(name);
    CHECK(rows.count(name) == 1);
    CHECK(with_errors.count(name) == 1);
  }
}
