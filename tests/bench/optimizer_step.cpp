// Time of one optimizer step, beside a hand-written loop of the same rule over the same memory:
//   optimizer_step --optimizer adamw --tensors 1 --parameters 250000 --threads 1 --steps 300
// --parameters are those of each tensor. Prints one line of JSON; ratio is loop / ours, 1 meaning equally fast. Without
// --optimizer there is a line for each rule. tests/bench/versus_pytorch.py runs it beside PyTorch.
#include <gradus/gradus.hpp>
#include <gradus/tensor/kernels/simd.hpp>

#include "common.hpp"

#include <cmath>

using namespace gradus;

namespace {

// ---- The rules by hand: nothing can be set but what changes from step to step, and that is a constant here

constexpr float step_size = 1e-3f, inv_root = 1.25f;  // the learning rate and a bias correction

void sgd(float* __restrict p, const float* __restrict g, float* __restrict buffer, float*, Index begin, Index end) {
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    buffer[i] = 0.9f * buffer[i] + g[i];
    p[i] -= step_size * buffer[i];
  }
}
void adam(float* __restrict p, const float* __restrict g, float* __restrict m, float* __restrict v, Index begin,
          Index end) {
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    m[i] += 0.1f * (g[i] - m[i]);
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    p[i] -= step_size * m[i] / (std::sqrt(v[i]) * inv_root + 1e-8f);
  }
}
void adamw(float* __restrict p, const float* __restrict g, float* __restrict m, float* __restrict v, Index begin,
           Index end) {
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    p[i] *= 1 - step_size * 0.01f;
    m[i] += 0.1f * (g[i] - m[i]);
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    p[i] -= step_size * m[i] / (std::sqrt(v[i]) * inv_root + 1e-8f);
  }
}
void rmsprop(float* __restrict p, const float* __restrict g, float* __restrict v, float*, Index begin, Index end) {
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    v[i] = 0.99f * v[i] + 0.01f * g[i] * g[i];
    p[i] -= step_size * g[i] / (std::sqrt(v[i]) + 1e-8f);
  }
}
void nadam(float* __restrict p, const float* __restrict g, float* __restrict m, float* __restrict v, Index begin,
           Index end) {
  constexpr float of_g = 0.1f * step_size, of_m = 0.9f * step_size;
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    m[i] += 0.1f * (g[i] - m[i]);
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    p[i] -= (of_g * g[i] + of_m * m[i]) / (std::sqrt(v[i]) * inv_root + 1e-8f);
  }
}
void adagrad(float* __restrict p, const float* __restrict g, float* __restrict sum, float*, Index begin, Index end) {
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    sum[i] += g[i] * g[i];
    p[i] -= step_size * g[i] / (std::sqrt(sum[i]) + 1e-10f);
  }
}
void lion(float* __restrict p, const float* __restrict g, float* __restrict m, float*, Index begin, Index end) {
  GRADUS_IVDEP
  for (Index i = begin; i < end; ++i) {
    const float direction = 0.9f * m[i] + 0.1f * g[i];
    p[i] -= direction > 0 ? step_size : direction < 0 ? -step_size : 0;
    m[i] += 0.01f * (g[i] - m[i]);
  }
}

/// The memory of one parameter; b is null where the rule keeps one state tensor only.
struct Streams {
  float* p;
  const float* g;
  float *a, *b;
  Index n;
};
/// One tensor is divided among the threads, a list of tensors tensor by tensor.
template <auto loop>
void hand_written(const std::vector<Streams>& tensors) {
  const auto share = [](Index n) { return (n + num_threads() - 1) / num_threads(); };
  const auto run = [](const Streams& s, Index begin, Index end) {
    simd::run([&] { loop(s.p, s.g, s.a, s.b, begin, end); });
  };
  const auto count = static_cast<Index>(tensors.size());
  if (count == 1)
    return parallel_for(tensors[0].n, share(tensors[0].n), [&](Index a, Index b) { run(tensors[0], a, b); });
  parallel_for(count, share(count), [&](Index a, Index b) {
    for (Index i = a; i < b; ++i) run(tensors[i], 0, tensors[i].n);
  });
}

// ---- What is measured

struct Rule {
  std::string_view name;
  const char* spec;  ///< for optimizer_factory
  void (*loop)(const std::vector<Streams>&);
  const char *a, *b;  ///< names of the state tensors, in the loop's order
};
constexpr Rule rules[] = {
    {"sgd", "sgd,momentum=0.9", hand_written<sgd>, "momentum_buffer", nullptr},
    {"adam", "adam", hand_written<adam>, "exp_avg", "exp_avg_sq"},
    {"adamw", "adamw", hand_written<adamw>, "exp_avg", "exp_avg_sq"},
    {"rmsprop", "rmsprop", hand_written<rmsprop>, "square_avg", nullptr},
    {"nadam", "nadam", hand_written<nadam>, "exp_avg", "exp_avg_sq"},
    {"adagrad", "adagrad", hand_written<adagrad>, "sum", nullptr},
    {"lion", "lion", hand_written<lion>, "exp_avg", nullptr},
};

void measure(const Rule& rule, Index tensors, Index parameters, Index steps) {
  std::vector<Variable> leaves;
  for (Index i = 0; i < tensors; ++i) {
    leaves.push_back(leaf(randn({parameters})));
    leaves.back().grad() = randn({parameters});
  }
  const auto optimizer = optim::optimizer_factory(rule.spec)(leaves);
  optimizer->step();  // the state appears
  std::vector<Streams> streams;
  optimizer->each_state([&](Variable& p, optim::State& state) {
    streams.push_back({p.data().write<float>(), p.grad().read<float>(), state[rule.a].write<float>(),
                       rule.b ? state[rule.b].write<float>() : nullptr, parameters});
  });
  std::vector<double> ours, loops;
  for (Index i = 0; i < steps + 3; ++i) {  // in turns; the first three warm up
    const double a = bench::time_us([&] { optimizer->step(); }), b = bench::time_us([&] { rule.loop(streams); });
    if (i < 3) continue;
    ours.push_back(a);
    loops.push_back(b);
  }
  const double us = bench::median(ours), loop_us = bench::median(loops);
  std::printf("{\"optimizer\": \"%s\", \"median_us\": %.1f, \"loop_us\": %.1f, \"ratio\": %.3f}\n", rule.name.data(),
              us, loop_us, loop_us / us);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const std::string_view optimizer = arguments.text("--optimizer", "");
  const Index tensors = arguments.get("--tensors", 1), parameters = arguments.get("--parameters", 250'000);
  const Index steps = arguments.get("--steps", tensors * parameters > 5'000'000 ? 15 : 300);
  set_num_threads(static_cast<int>(arguments.get("--threads", 1)));
  bool found = false;
  for (const Rule& rule : rules)
    if (optimizer.empty() || optimizer == rule.name) {
      measure(rule, tensors, parameters, steps);
      found = true;
    }
  if (!found) std::fprintf(stderr, "optimizer_step: there is no loop for %s\n", optimizer.data());
  return found ? 0 : 1;
}
