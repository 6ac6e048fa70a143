// Chapter 1, a line fitted by hand: two weights, one loss, the tape looked at after every move. Nothing from nn or optim.
#include "common/example.hpp"

#include <cstdio>

using namespace gradus;

namespace {

void story(const ExampleOptions& options) {
  // 1. Data that we know the truth about: 50 points on y = 2 x - 1, each moved up or down a little.
  const Index n = 50;
  const Tensor x = uniform({n}, -1, 1), y = 2.0 * x - 1.0 + 0.3 * randn({n});

  // 2. The weights. A leaf is a value that we want a gradient for; a plain Tensor, like x and y, is a constant.
  Variable w = leaf(zeros({})), b = leaf(zeros({}));  // zeros({}) is a single 0, without any axis

  // 3. Forward. Every operation that a leaf takes part in puts one entry on the tape: what it was, where its gradient
  // will have to go, and the values that it must keep because its derivative reads them.
  const auto loss_now = [&] {
    const Variable error = w * x + b - y;
    return mean(error * error);
  };
  Variable loss = loss_now();
  std::printf("after forward: loss %.4f\n%s\n", loss.item(), print_tape(loss).c_str());

  // 4. Backward walks the tape from the newest entry to the oldest and leaves d loss / d w in w.grad(), and so for b.
  // By hand: loss = 1/n sum e^2 with e = w x + b - y, so d loss / d w = 2/n sum e x and d loss / d b = 2/n sum e.
  loss.backward({.retain_graph = true});
  const Tensor error = w.data() * x + b.data() - y;
  std::printf("after backward: by the tape dw %.4f, db %.4f; by hand dw %.4f, db %.4f\n", w.grad().item(),
              b.grad().item(), 2 * mean(error * x).item(), 2 * mean(error).item());
  // retain_graph kept the entries; without it backward would have released each one after its use.
  std::printf("%s\n", print_tape(loss).c_str());

  // 5. Update: one step downhill, written into the weights' own memory. The tape must not record this, it is not part of
  // the function. (Tensor operations are never recorded; NoGrad says the same for all that might stand in this block.)
  const double lr = 0.3;
  const auto update = [&] {
    const NoGrad off;
    for (Variable* p : {&w, &b}) {
      add_(p->data(), -lr * p->grad());  // p <- p - lr * gradient, in place
      p->grad() = {};                    // or the next backward would add to it
    }
  };
  update();
  // The old tape still stands for the old loss. It keeps x and the error, not w: so our write did not disturb it, and
  // backward still gives the old gradient. This time nothing is retained, and afterwards the tape is empty.
  std::printf("after the update: loss %.4f is now %.4f\n%s\n", loss.item(), loss_now().item(),
              print_tape(loss).c_str());
  loss.backward();
  std::printf("the old tape once more: dw %.4f as before\n%s\n", w.grad().item(), print_tape(loss).c_str());
  w.grad() = b.grad() = {};

  // 6. All of it again and again: forward, backward, update.
  const int steps = options.quick ? 20 : 60;
  const std::vector<int> shown = {1, 2, 4, 8, steps};
  train::Series losses{"loss", {}, {}};
  std::vector<train::Series> lines = {{"data", x.to_vector<double>(), y.to_vector<double>(), false}};
  const auto draw_line = [&](int step) {
    const double at_left = b.item() - w.item(), at_right = b.item() + w.item();
    lines.push_back({join("step ", step), {-1, 1}, {at_left, at_right}});
  };
  for (int step = 1; step <= steps; ++step) {
    if (std::find(shown.begin(), shown.end(), step) != shown.end()) {
      std::printf("step %2d  w %7.4f  b %7.4f  loss %.4f\n", step, w.item(), b.item(), loss_now().item());
      draw_line(step);
    }
    loss = loss_now();
    loss.backward();
    update();
    losses.x.push_back(step);
    losses.y.push_back(loss.item());
  }

  // 7. Was that the best line? For a straight line the answer is known in closed form: least squares.
  const Tensor best = linalg::lstsq(stack(std::vector{x, ones({n})}, 1), y);
  std::printf("gradient descent  w %.4f  b %.4f\n", w.item(), b.item());
  std::printf("least squares     w %.4f  b %.4f\n", best[0].item(), best[1].item());
  train::save_line_plot(options.picture("01_line.svg"), {{"The line moves into the points", "x", "y", lines},
                                                         {"Loss", "step", "mean squared error", {losses}}});
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv, "A line fitted by hand: forward, backward, update, and the tape after each.", story);
}
