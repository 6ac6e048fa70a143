// What the benchmarks share: arguments, and the median time of a repeated piece of work.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace bench {

class Arguments {
 public:
  Arguments(int argc, char** argv) : words_(argv + 1, argv + argc) {}
  std::string_view text(std::string_view name, std::string_view otherwise) const {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i)
      if (words_[i] == name) return words_[i + 1];
    return otherwise;
  }
  std::int64_t get(std::string_view name, std::int64_t otherwise) const {
    const std::string_view word = text(name, "");
    return word.empty() ? otherwise : std::atoll(word.data());
  }

 private:
  std::vector<std::string_view> words_;
};

template <class F>
double time_us(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}
inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}
template <class F>
double median_us(std::int64_t repetitions, F&& f) {
  std::vector<double> times;
  for (std::int64_t i = 0; i < repetitions; ++i) times.push_back(time_us(f));
  return median(times);
}

}  // namespace bench
