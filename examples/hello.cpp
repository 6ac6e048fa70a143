// The shortest whole training: a model as a struct, a data set, a loop. Takes a second on the bundled digits.
#include <gradus/gradus.hpp>

#include <cstdio>

using namespace gradus;

struct Mlp : nn::Module<Mlp> {
  nn::Linear fc1{64, 64}, fc2{64, 10};
  Variable forward(const Variable& x) { return fc2(relu(fc1(flatten(x, 1)))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};

int main() {
  manual_seed(1);
  auto parts = data::random_split(data::digits(), {1500, 297});
  auto batches = data::DataLoader(parts[0], {.batch_size = 32, .shuffle = true});
  auto test = data::DataLoader(parts[1], {.batch_size = 297});

  Mlp model;
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-2, .weight_decay = 1e-2});
  optim::OneCycleLR schedule(optimizer, {.total_steps = 5 * batches.size()});
  for (int epoch = 1; epoch <= 5; ++epoch) {
    train::RunningMean mean;
    for (auto [x, y] : batches) {
      optimizer.zero_grad();
      Variable loss = nn::cross_entropy(model(x), y);
      loss.backward();
      optimizer.step();
      schedule.step();
      mean.add(loss.item(), y.numel());
    }
    std::printf("epoch %d  loss %.4f\n", epoch, mean.value());
  }
  std::printf("test accuracy: %.2f %%\n", 100 * train::evaluate(model, test).accuracy);
}
