// Time of one AdamW step through for_each_element, beside a hand-written loop over the same memory streams:
//   adamw_step --parameters 250000 --threads 1 --steps 300
// Prints one line of JSON; ratio is loop / ours, 1 meaning equally fast.
#include <gradus/gradus.hpp>
#include <gradus/tensor/kernels/simd.hpp>

#include "common.hpp"

#include <cmath>

using namespace gradus;

namespace {
void hand_written(float* __restrict p, const float* __restrict g, float* __restrict m, float* __restrict v, Index n,
                  float step_size, float inv_root, float keep) {
  GRADUS_IVDEP
  for (Index i = 0; i < n; ++i) {
    p[i] *= keep;
    m[i] += 0.1f * (g[i] - m[i]);
    v[i] += 0.001f * (g[i] * g[i] - v[i]);
    p[i] -= step_size * m[i] / (std::sqrt(v[i]) * inv_root + 1e-8f);
  }
}
}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const Index n = arguments.get("--parameters", 250'000), threads = arguments.get("--threads", 1);
  const Index steps = arguments.get("--steps", n > 5'000'000 ? 15 : 500);
  set_num_threads(static_cast<int>(threads));
  const Variable parameter = leaf(randn({n}));
  parameter.grad() = randn({n});
  optim::AdamW optimizer(std::vector{parameter}, {.lr = 1e-3, .weight_decay = 1e-2});
  Tensor p = randn({n}), m = zeros({n}), v = zeros({n});
  const Tensor g = randn({n});
  const auto loop = [&] {
    float *pp = p.write<float>(), *mp = m.write<float>(), *vp = v.write<float>();
    const float* gp = g.read<float>();
    parallel_for(n, (n + threads - 1) / threads,
                 [&](Index a, Index b) { hand_written(pp + a, gp + a, mp + a, vp + a, b - a, 1e-3f, 1.f, 0.99999f); });
  };
  std::vector<double> ours, loops;
  for (Index i = 0; i < steps + 3; ++i) {
    const double a = bench::time_us([&] { optimizer.step(); }), b = bench::time_us(loop);
    if (i < 3) continue;
    ours.push_back(a);
    loops.push_back(b);
  }
  const double us = bench::median(ours), loop_us = bench::median(loops);
  std::printf("{\"median_us\": %.1f, \"loop_us\": %.1f, \"ratio\": %.3f}\n", us, loop_us, loop_us / us);
}
