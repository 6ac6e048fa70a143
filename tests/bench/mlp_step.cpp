// Time of one training step of the MLP 784-256-128-10 (f32, ReLU, cross-entropy, AdamW) on a fixed random batch:
//   mlp_step --batch 128 --threads 1 --steps 300
// Prints one line of JSON. tests/bench/versus_pytorch.py runs it beside PyTorch.
#include <gradus/gradus.hpp>
#include <gradus/tensor/kernels/blas.hpp>

#include "common.hpp"
#include "mlp.hpp"

using namespace gradus;

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const Index batch = arguments.get("--batch", 128), steps = arguments.get("--steps", 300);
  set_num_threads(static_cast<int>(arguments.get("--threads", 1)));
  manual_seed(1);
  bench::MlpStep step(batch);
  for (Index i = 0; i < steps / 4; ++i) step();
  std::printf("{\"median_us\": %.1f, \"blas\": \"%s %s\"}\n", bench::median_us(steps, step), blas::core_name().c_str(),
              blas::threading().c_str());
}
