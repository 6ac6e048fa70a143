// Chapter 4, handwritten digits from raw operations: weights as leaves, the loss written out, the update by hand.
// 05_mlp.cpp is the same program with nn and optim: same sections, same numbers. Put them side by side.
#include "common/example.hpp"

#include <cmath>
#include <cstdio>

using namespace gradus;

namespace {

constexpr Index pixels = 64, hidden = 32, classes = 10;
constexpr double lr = 0.2;

// 1. The weights: leaves, [outputs, inputs] and [outputs], uniform within 1 / sqrt(inputs): a sum over many inputs then
// starts neither near 0 nor far from it.
Variable weights(const Shape& shape, Index inputs) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  return leaf(uniform(shape, -bound, bound, DType::f64));
}
struct Model {
  Variable weight1 = weights({hidden, pixels}, pixels), bias1 = weights({hidden}, pixels);
  Variable weight2 = weights({classes, hidden}, hidden), bias2 = weights({classes}, hidden);

  // 2. The model: images [n, 64] to one number per class, [n, 10], the logits. relu is what makes it more than one matrix.
  Variable operator()(const Variable& x) const {
    const Variable h = relu(matmul(x, transpose(weight1)) + bias1);
    return matmul(h, transpose(weight2)) + bias2;
  }
  std::vector<Variable> parameters() const { return {weight1, bias1, weight2, bias2}; }
};

// 3. The loss: softmax makes the logits z probabilities, p = e^z / sum e^z; cross-entropy is -log p of the true class.
// Both in one, log p = z - log sum e^z. The largest z is taken off first: e^1000 is infinite, e^0 is not; log p stays.
Variable loss_of(const Variable& logits, const Tensor& labels) {
  const Tensor largest = max(logits.data(), 1, true).values;  // a Tensor, so a constant: any constant would do
  const Variable z = logits - largest;
  const Variable log_p = z - log(sum(exp(z), {1}, true));
  return -sum(log_p * one_hot(labels, classes, DType::f64)) / static_cast<double>(labels.numel());
}

void story(const ExampleOptions& options) {
  // 4. The data: 1797 images of 8 x 8, some held back for the test. In f64, so that both programs agree to every digit.
  const auto prepared = data::transformed(data::digits(), [](data::Example e) {
    return data::Example{flatten(to(e.x, DType::f64)), e.y};
  });
  const auto parts = data::random_split(prepared, {1500, 297}, options.seed);
  data::DataLoader batches(parts[0], {.batch_size = 50, .shuffle = true, .seed = options.seed});
  data::DataLoader test(parts[1], {.batch_size = 297});

  // 5. Training: for each batch forget the old gradients, forward, backward, step.
  const Model model;
  const Index epochs = options.quick ? 3 : 20;
  train::Series losses{"loss of each batch", {}, {}};
  train::Progress progress("training", epochs * batches.size());
  for (Index epoch = 1; epoch <= epochs; ++epoch) {
    train::RunningMean mean;
    for (auto [x, y] : batches) {
      for (const Variable& p : model.parameters()) p.grad() = {};
      const Variable loss = loss_of(model(x), y);
      loss.backward();
      for (Variable p : model.parameters()) add_(p.data(), -lr * p.grad());
      mean.add(loss.item(), y.numel());
      losses.x.push_back(static_cast<double>(losses.x.size()) / static_cast<double>(batches.size()));
      losses.y.push_back(loss.item());
      progress.update(static_cast<Index>(losses.x.size()), {{"loss", loss.item()}});
    }
    if (epoch <= 5 || epoch % 5 == 0)
      std::printf("epoch %2lld  loss %.8f\n", static_cast<long long>(epoch), mean.value());
    std::fflush(stdout);
  }
  progress.finish();

  // 6. The test: images that training never saw, without a tape.
  const NoGrad off;
  for (auto [x, y] : test)
    std::printf("%.2f %% of %lld test images are right\n", 100 * train::accuracy(model(x).data(), y),
                static_cast<long long>(y.numel()));

  // 7. Pictures: the loss, and what the hidden units look for: each row of weight1 is an image. Red ink is wanted, blue not.
  train::save_line_plot(options.picture("04_mlp_by_hand.svg"),
                        {{"Digits by hand", "epoch", "cross-entropy", {losses}, true}});
  std::vector<train::Field> units;
  for (Index i = 0; i < 12; ++i)
    units.push_back({.title = join("unit ", i), .values = reshape(model.weight1.data()[i], {8, 8})});
  train::save_field_sheet(options.picture("04_mlp_by_hand_units.svg"), units,
                          {.title = "What twelve of the hidden units look for", .columns = 6, .size = 96});
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(
      argc, argv, "Handwritten digits from raw operations: leaves, matmul, the loss written out, SGD by hand.", story);
}
