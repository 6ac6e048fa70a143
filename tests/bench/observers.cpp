// What watching costs: the training step of mlp_step without observers, with the profiler, in anomaly mode, taken in turns.
//   observers --batch 32
#include <gradus/gradus.hpp>

#include "common.hpp"

#include <optional>

using namespace gradus;

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const Index batch = arguments.get("--batch", 32), rounds = arguments.get("--rounds", 9);
  set_num_threads(1);
  manual_seed(1);
  nn::Sequential model(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10));
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-3, .weight_decay = 1e-2});
  const Tensor x = randn({batch, 784}), y = randint(0, 10, {batch});
  const auto step = [&] {
    optimizer.zero_grad();
    const Variable loss = nn::cross_entropy(model(x), y);
    loss.backward();
    optimizer.step();
  };
  bench::median_us(50, step);
  std::vector<double> off, profiled, anomaly;
  for (Index i = 0; i < rounds; ++i) {
    off.push_back(bench::median_us(100, step));
    {
      Profiler watch;
      profiled.push_back(bench::median_us(100, step));
    }
    {
      const DetectAnomaly watch;
      anomaly.push_back(bench::median_us(100, step));
    }
  }
  const auto median = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
  };
  std::printf("{\"off_us\": %.1f, \"profiler\": %.3f, \"anomaly\": %.3f}\n", median(off),
              median(profiled) / median(off), median(anomaly) / median(off));
}
