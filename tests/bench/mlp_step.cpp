// Time of one training step of the MLP 784-256-128-10 (f32, ReLU, cross-entropy, AdamW) on a fixed random batch:
//   mlp_step --batch 128 --threads 1 --steps 300
// Prints one line of JSON. tests/bench/versus_pytorch.py runs it beside PyTorch.
#include <gradus/gradus.hpp>
#include <gradus/tensor/kernels/blas.hpp>

#include "common.hpp"
#include "mlp.hpp"

#include <numeric>

using namespace gradus;

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const Index batch = arguments.get("--batch", 128), steps = arguments.get("--steps", 300);
  set_num_threads(static_cast<int>(arguments.get("--threads", 1)));
  manual_seed(1);
  bench::MlpStep step(batch);
  for (Index i = 0; i < steps / 4; ++i) step();
  std::vector<double> times;
  for (Index i = 0; i < steps; ++i) times.push_back(bench::time_us(step));
  const double mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(steps);
  std::printf("{\"median_us\": %.1f, \"mean_us\": %.1f, \"blas\": \"%s %s\"}\n", bench::median(times), mean,
              blas::core_name().c_str(), blas::threading().c_str());
}
