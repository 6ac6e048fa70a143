// The training step that several benchmarks time: MLP 784-256-128-10, f32, ReLU, cross-entropy, AdamW, one random batch.
#pragma once
#include <gradus/gradus.hpp>

namespace bench {
using namespace gradus;

struct MlpStep {
  explicit MlpStep(Index batch) : x(randn({batch, 784})), y(randint(0, 10, {batch})) {}
  void operator()() {
    optimizer.zero_grad();
    const Variable loss = nn::cross_entropy(model(x), y);
    loss.backward();
    optimizer.step();
  }

  nn::Sequential model{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10)};
  optim::AdamW optimizer{model.parameters(), {.lr = 1e-3, .weight_decay = 1e-2}};
  Tensor x, y;
};

}  // namespace bench
