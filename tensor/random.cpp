#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/tensor/random.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace gradus {

std::array<std::uint32_t, 4> Generator::block(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  std::array<std::uint32_t, 4> c{low(counter), high(counter), low(stream), high(stream)};
  std::uint32_t key0 = low(seed), key1 = high(seed);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0], b = std::uint64_t{0xCD9E8D57} * c[2];
    c = {high(b) ^ c[1] ^ key0, low(b), high(a) ^ c[3] ^ key1, low(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

std::uint32_t Generator::next_u32() {
  const std::uint64_t wanted = position_ / 4;
  if (wanted != cached_block_) {
    cache_ = block(seed_, stream_, wanted);
    cached_block_ = wanted;
  }
  return cache_[position_++ % 4];
}
std::uint64_t Generator::next_u64() {
  const std::uint64_t high = next_u32();
  return high << 32 | next_u32();
}
double Generator::next_double() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }
Index Generator::next_below(Index n) {
  if (n < 1) fail<ValueError>("random: the upper bound must be at least 1: got ", n);
  const auto range = static_cast<std::uint64_t>(n);
  const std::uint64_t unbiased = ~std::uint64_t{0} / range * range;  // above this some remainders are more likely
  std::uint64_t v = next_u64();
  while (v >= unbiased) v = next_u64();
  return static_cast<Index>(v % range);
}
std::uint64_t Generator::reserve(std::uint64_t n) {
  const std::uint64_t start = (position_ + 3) / 4 * 4;
  position_ = start + (n + 3) / 4 * 4;
  return start;
}

Generator& default_generator() {
  static Generator generator(0);
  return generator;
}
void manual_seed(std::uint64_t seed) { default_generator() = Generator(seed); }

namespace {
// f32 takes one 32-bit number a value (24 bits used), as bool does, f64 two (53 bits).
template <class T>
constexpr std::uint64_t per_block = sizeof(T) == 8 ? 2 : 4;
template <class T>
T to_unit(const std::array<std::uint32_t, 4>& b, std::uint64_t i) {
  if constexpr (sizeof(T) == 4) return static_cast<T>(b[i] >> 8) * T(0x1p-24);
  else return static_cast<T>((std::uint64_t{b[2 * i]} << 32 | b[2 * i + 1]) >> 11) * T(0x1p-53);
}

/// Fills t block by block: make(block, values) writes per_block<T> values. Chunks are whole blocks.
template <class T, class F>
void fill_blocks(Tensor& t, Generator& g, F make) {
  const auto n = static_cast<std::uint64_t>(t.numel());
  const Generator::State s = g.state();
  const std::uint64_t first = g.reserve((n + per_block<T> - 1) / per_block<T> * 4) / 4;
  T* out = t.write<T>();
  const auto blocks = static_cast<Index>((n + per_block<T> - 1) / per_block<T>);
  parallel_for(blocks, 2048, [=](Index begin, Index end) {
    for (Index b = begin; b < end; ++b) {
      T values[per_block<T>];
      make(Generator::block(s.seed, s.stream, first + static_cast<std::uint64_t>(b)), values);
      const std::uint64_t start = static_cast<std::uint64_t>(b) * per_block<T>;
      for (std::uint64_t i = 0; i < per_block<T> && start + i < n; ++i) out[start + i] = values[i];
    }
  });
}
}  // namespace

Tensor uniform(const Shape& shape, double low, double high, DType dtype, Generator& generator) {
  if (!(low <= high) || !std::isfinite(low) || !std::isfinite(high))
    fail<ValueError>("uniform: needs finite bounds with low <= high: low is ", low, ", high is ", high);
  if (!is_finite_in(dtype, low) || !is_finite_in(dtype, high))
    fail<ValueError>("uniform: the bounds do not fit ", dtype, ": low is ", low, ", high is ", high);
  Tensor t(shape, dtype);
  dispatch_floating(dtype, "uniform", [&]<class T>() {
    const T a = static_cast<T>(low), b = static_cast<T>(high), width = b - a;
    fill_blocks<T>(t, generator, [=](const auto& block, T* values) {
      for (std::uint64_t i = 0; i < per_block<T>; ++i) {
        const T u = to_unit<T>(block, i), v = std::isfinite(width) ? a + width * u : a * (1 - u) + b * u;
        values[i] = v < b ? v : a == b ? a : std::nextafter(b, a);  // rounding must not reach the open end
      }
    });
  });
  return t;
}
Tensor rand(const Shape& shape, DType dtype, Generator& generator) { return uniform(shape, 0, 1, dtype, generator); }

Tensor randn(const Shape& shape, DType dtype, Generator& generator) {
  Tensor t(shape, dtype);
  dispatch_floating(dtype, "randn", [&]<class T>() {
    fill_blocks<T>(t, generator, [](const auto& block, T* values) {
      for (std::uint64_t i = 0; i < per_block<T>; i += 2) {
        const T radius = std::sqrt(T(-2) * std::log(T(1) - to_unit<T>(block, i)));  // 1 - u is never 0
        const T angle = 2 * std::numbers::pi_v<T> * to_unit<T>(block, i + 1);
        values[i] = radius * std::cos(angle);
        values[i + 1] = radius * std::sin(angle);
      }
    });
  });
  return t;
}

Tensor bernoulli(const Shape& shape, double probability, Generator& generator) {
  if (!(probability >= 0 && probability <= 1))
    fail<ValueError>("bernoulli: the probability must lie in [0, 1]: got ", probability);
  Tensor t(shape, DType::boolean);
  // 64 bits against a bound of the same kind. The lower half, which decides in one of 2^32 cases, is the next value's upper.
  const bool sure = probability == 1;
  const auto bound = sure ? 0 : static_cast<std::uint64_t>(probability * 0x1p64);
  fill_blocks<bool>(t, generator, [=](const auto& block, bool* values) {
    for (std::uint64_t i = 0; i < 4; ++i)
      values[i] = sure || (std::uint64_t{block[i]} << 32 | block[(i + 1) % 4]) < bound;
  });
  return t;
}

Tensor bernoulli(const Tensor& probabilities, Generator& generator) {
  const Tensor p = contiguous(to(probabilities, DType::f64));
  for (const double v : p.span<double>())
    if (!(v >= 0 && v <= 1)) fail<ValueError>("bernoulli: the probabilities must lie in [0, 1]: one is ", v);
  return rand(p.shape(), DType::f64, generator) < p;
}

Tensor rand_like(const Tensor& x, Generator& generator) { return rand(x.shape(), x.dtype(), generator); }
Tensor randn_like(const Tensor& x, Generator& generator) { return randn(x.shape(), x.dtype(), generator); }

namespace {
/// Draws from one row of weights.
void draw(const double* weights, Index n, Index* out, Index count, bool replacement, Generator& generator) {
  std::vector<double> left(weights, weights + n), cumulative(left.size());
  for (Index i = 0; i < count; ++i) {
    if (i == 0 || !replacement) std::partial_sum(left.begin(), left.end(), cumulative.begin());
    const double at = generator.next_double() * cumulative.back();
    auto found = std::upper_bound(cumulative.begin(), cumulative.end(), at);
    if (found == cumulative.end()) --found;
    auto place = static_cast<std::size_t>(found - cumulative.begin());
    while (left[place] == 0) --place;  // rounding: the end of the range belongs to the last weight that counts
    out[i] = static_cast<Index>(place);
    if (!replacement) left[place] = 0;
  }
}
}  // namespace

Tensor multinomial(const Tensor& weights, Index count, bool replacement, Generator& generator) {
  if (weights.rank() < 1 || weights.rank() > 2)
    fail<ShapeError>("multinomial: needs weights [n] or [rows, n]: shape is ", weights.shape());
  if (count < 0) fail<ValueError>("multinomial: the count must be at least 0: got ", count);
  const Tensor w = contiguous(to(weights, DType::f64));
  const Index n = weights.size(-1), rows = weights.rank() == 2 ? weights.size(0) : 1;
  Shape shape = weights.shape();
  shape[shape.size() - 1] = count;
  Tensor y(shape, DType::i64);
  for (Index row = 0; row < rows && count > 0; ++row) {
    Index usable = 0;
    double total = 0;
    for (Index i = 0; i < n; ++i) {
      const double v = w.read<double>()[row * n + i];
      if (!(v >= 0) || !std::isfinite(v)) fail<ValueError>("multinomial: a weight is negative or not finite: ", v);
      usable += v > 0;
      total += v;
    }
    if (!std::isfinite(total)) fail<ValueError>("multinomial: the weights are too large to be added up");
    if (usable == 0 || (!replacement && count > usable))
      fail<ValueError>("multinomial: too few weights that are not 0: ", usable, " for ", count, " draws");
  }
  Index* out = y.write<Index>();
  for (Index row = 0; row < rows; ++row)
    draw(w.read<double>() + row * n, n, out + row * count, count, replacement, generator);
  return y;
}

Tensor randint(Index low, Index high, const Shape& shape, Generator& generator) {
  if (low >= high) fail<ValueError>("randint: the range is empty: low is ", low, ", high is ", high);
  if (low < 0 && high > low + INT64_MAX)
    fail<ValueError>("randint: the range is too wide: low is ", low, ", high is ", high);
  Tensor t(shape, DType::i64);
  for (Index& v : t.mutable_span<Index>()) v = low + generator.next_below(high - low);
  return t;
}

Tensor randperm(Index n, Generator& generator) {
  Tensor t = arange(n);
  Index* p = t.write<Index>();
  for (Index i = n - 1; i > 0; --i) std::swap(p[i], p[generator.next_below(i + 1)]);
  return t;
}

}  // namespace gradus
