// Random numbers: Philox4x32-10 (Salmon et al. 2011), a function of a key and a counter, so that any place of the
// stream is computed directly, results do not depend on threads, and the whole state is three numbers.
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus {

class Generator {
 public:
  /// Streams of one seed are independent of each other.
  explicit Generator(std::uint64_t seed = 0, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  double next_double();       ///< uniform in [0, 1), 53 bits
  Index next_below(Index n);  ///< uniform in [0, n), without bias; n >= 1

  /// All that a checkpoint must keep.
  struct State {
    std::uint64_t seed, stream, position;  // position counts 32-bit numbers
    bool operator==(const State&) const = default;
  };
  State state() const { return {seed_, stream_, position_}; }
  void set_state(const State& s) {
    seed_ = s.seed;
    stream_ = s.stream;
    position_ = s.position;
    cached_block_ = ~std::uint64_t{0};  // the cache belongs to the seed and stream before
  }
  /// Four numbers of the stream at block `counter` (positions 4 * counter ...).
  static std::array<std::uint32_t, 4> block(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);
  /// Moves past `n` numbers and returns the position before, which starts on a block.
  std::uint64_t reserve(std::uint64_t n);

 private:
  std::uint64_t seed_, stream_, position_ = 0;
  std::uint64_t cached_block_ = ~std::uint64_t{0};
  std::array<std::uint32_t, 4> cache_{};
};

/// The process-wide generator that functions use when none is given. Not for use from several threads at once.
Generator& default_generator();
/// Restarts the default generator.
void manual_seed(std::uint64_t seed);

// Floating dtypes only; the values do not depend on the number of threads.
/// Uniform in [0, 1).
Tensor rand(const Shape& shape, DType dtype = DType::f32, Generator& generator = default_generator());
/// Uniform in [low, high). Throws ValueError unless low <= high, both finite in dtype.
Tensor uniform(const Shape& shape, double low, double high, DType dtype = DType::f32,
               Generator& generator = default_generator());
/// Normal with mean 0 and standard deviation 1 (Box and Muller 1958).
Tensor randn(const Shape& shape, DType dtype = DType::f32, Generator& generator = default_generator());
/// True with the given probability, exact to 2^-64.
Tensor bernoulli(const Shape& shape, double probability, Generator& generator = default_generator());
/// Whole numbers in [low, high). i64.
Tensor randint(Index low, Index high, const Shape& shape, Generator& generator = default_generator());
/// The same shape and dtype as x.
Tensor rand_like(const Tensor& x, Generator& generator = default_generator());
Tensor randn_like(const Tensor& x, Generator& generator = default_generator());
/// True with the probability that stands there (each in [0, 1]), exact to 2^-53.
Tensor bernoulli(const Tensor& probabilities, Generator& generator = default_generator());
/// Positions drawn in proportion to weights [n] or [rows, n] (at least 0, not all 0): [count] or [rows, count], i64.
/// Without replacement `count` is at most the number of weights that are not 0. Throws ValueError.
Tensor multinomial(const Tensor& weights, Index count, bool replacement = false,
                   Generator& generator = default_generator());
/// 0 ... n - 1 in random order. i64.
Tensor randperm(Index n, Generator& generator = default_generator());

}  // namespace gradus
