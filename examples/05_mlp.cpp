// Chapter 5, handwritten digits with nn and optim: modules hold the weights, a loss by name, an optimizer steps.
// 04_mlp_by_hand.cpp is the same program from raw operations: same sections, same numbers. Put them side by side.
#include "common/example.hpp"

#include <cstdio>

using namespace gradus;

namespace {

constexpr Index pixels = 64, hidden = 32, classes = 10;
constexpr double lr = 0.2;

struct Model : nn::Module<Model> {
  // 1. The weights: inside two Linear modules, which draw them as chapter 4 does: weight, then bias, of one layer after the
  // other.
  nn::Linear fc1{pixels, hidden, {.dtype = DType::f64}};
  nn::Linear fc2{hidden, classes, {.dtype = DType::f64}};

  // 2. The model: forward says how they are used, fields what they are called.
  Variable forward(const Variable& x) { return fc2(relu(fc1(x))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};

// 3. The loss: nn::cross_entropy, one operation in place of nine. (See story, 5.)

void story(const ExampleOptions& options) {
  // 4. The data: 1797 images of 8 x 8, some held back for the test. In f64, so that both programs agree to every digit.
  const auto prepared = data::transformed(data::digits(), [](data::Example e) {
    return data::Example{flatten(to(e.x, DType::f64)), e.y};
  });
  const auto parts = data::random_split(prepared, {1500, 297}, options.seed);
  data::DataLoader batches(parts[0], {.batch_size = 50, .shuffle = true, .seed = options.seed});
  data::DataLoader test(parts[1], {.batch_size = 297});

  // 5. Training: for each batch forget the old gradients, forward, backward, step.
  Model model;
  optim::SGD optimizer(model.parameters(), {.lr = lr});
  const Index epochs = options.quick ? 3 : 20;
  train::Series losses{"loss of each batch", {}, {}};
  train::Progress progress("training", epochs * batches.size());
  for (Index epoch = 1; epoch <= epochs; ++epoch) {
    train::RunningMean mean;
    for (auto [x, y] : batches) {
      optimizer.zero_grad();
      const Variable loss = nn::cross_entropy(model(x), y);
      loss.backward();
      optimizer.step();
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
  const auto said = train::predict(model, test);
  std::printf("%.2f %% of %lld test images are right\n", 100 * train::accuracy(said.logits, said.labels),
              static_cast<long long>(said.labels.numel()));

  // A module knows its parts: what chapter 4 kept in its head.
  std::printf("\n%s\n", model.summary().c_str());

  // 7. Pictures: the loss, and the test images that the model is surest and wrong about.
  train::save_line_plot(options.picture("05_mlp.svg"),
                        {{"Digits with nn and optim", "epoch", "cross-entropy", {losses}, true}});
  std::vector<train::CaptionedImage> tiles;
  for (const auto& m : train::surest_mistakes(said.logits, said.labels, 6))
    tiles.push_back({reshape(parts[1].get(m.row).x, {8, 8}), {join("is ", m.label), join("taken for ", m.predicted)}});
  train::save_image_sheet(options.picture("05_mlp_mistakes.svg"), tiles, {.title = "The surest mistakes"});
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv,
                     "Handwritten digits with nn and optim: the program of chapter 4, line by line beside it.", story);
}
