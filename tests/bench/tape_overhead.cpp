// Cost of the tape: forward, backward and release of a scalar operation in a chain of 2000, in nanoseconds.
#include <gradus/gradus.hpp>

#include "common.hpp"

using namespace gradus;

int main() {
  constexpr int n = 2000;
  set_num_threads(1);
  const Variable x = leaf(ones({})), w = leaf(full({}, 1.0001));
  const Variable c = full({}, 1.0001);
  const auto report = [&](const char* what, auto step) {
    const double us = bench::median_us(101, [&] {
      Variable y = x;
      for (int i = 0; i < n; ++i) y = step(y);
      y.backward();
    });
    std::printf("{\"op\": \"%s\", \"ns\": %.0f}\n", what, us / n * 1000);
  };
  report("y * c", [&](const Variable& y) { return y * c; });
  report("y * w", [&](const Variable& y) { return y * w; });
  report("y * 1.0001", [&](const Variable& y) { return y * 1.0001; });
  report("exp(y)", [&](const Variable& y) { return exp(y); });
}
