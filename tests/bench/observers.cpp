// What watching costs: the training step of mlp_step without observers, with the profiler, in anomaly mode, taken in turns.
//   observers --batch 32
#include <gradus/gradus.hpp>

#include "common.hpp"
#include "mlp.hpp"

#include <optional>

using namespace gradus;

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const Index batch = arguments.get("--batch", 32), rounds = arguments.get("--rounds", 9);
  set_num_threads(1);
  manual_seed(1);
  bench::MlpStep step(batch);
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
  std::printf("{\"off_us\": %.1f, \"profiler\": %.3f, \"anomaly\": %.3f}\n", bench::median(off),
              bench::median(profiled) / bench::median(off), bench::median(anomaly) / bench::median(off));
}
