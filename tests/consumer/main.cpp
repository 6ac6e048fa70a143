// A model of one's own, trained a few steps: touches every layer through the umbrella header.
#include <gradus/gradus.hpp>

#include <cstdio>

using namespace gradus;

struct Line : nn::Module<Line> {
  nn::Linear layer{2, 1};
  Variable forward(const Variable& x) { return layer(x); }
  void fields(nn::Fields& f) { f("layer", layer); }
};

int main() {
  manual_seed(1);
  Line model;
  optim::AdamW opt(model.parameters(), {.lr = 0.05});
  const Tensor x = randn({64, 2});
  double first = 0, last = 0;
  for (int step = 0; step < 50; ++step) {
    opt.zero_grad();
    Variable loss = nn::mse_loss(model(x), sum(x, {1}, true));
    loss.backward();
    opt.step();
    last = loss.data().item<double>();
    if (step == 0) first = last;
  }
  std::printf("loss %.4f -> %.4f\n", first, last);
  return last < first / 2 ? 0 : 1;
}
