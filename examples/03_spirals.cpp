// Chapter 3, two spirals: a network of two hidden layers learns a boundary that no straight line can be, frame by frame.
#include "common/example.hpp"

#include <cmath>
#include <cstdio>
#include <numbers>

using namespace gradus;

namespace {

// Two numbers in, two logits out: one per class. tanh bends the plane; without it three linear layers would be one.
struct Mlp : nn::Module<Mlp> {
  nn::Linear fc1{2, 32}, fc2{32, 32}, fc3{32, 2};
  Variable forward(const Variable& x) { return fc3(tanh(fc2(tanh(fc1(x))))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
    f("fc3", fc3);
  }
};

struct Points {
  Tensor x, y;  // [2 n, 2] and the class of each, 0 or 1
};

/// Two arms that start at the middle, opposite each other, and wind around it one and a half times.
Points spirals(Index n, double noise) {
  std::vector<float> xs;
  std::vector<int> classes;
  const Tensor shift = randn({2 * n, 2}) * noise;
  const auto shifts = shift.span<float>();
  for (Index i = 0; i < 2 * n; ++i) {
    const auto along = static_cast<double>(i / 2) / static_cast<double>(n);  // 0 in the middle, 1 at the end of the arm
    const double radius = 0.1 + 0.85 * along, angle = std::numbers::pi * (3 * along + static_cast<double>(i % 2));
    xs.push_back(static_cast<float>(radius * std::cos(angle)) + shifts[static_cast<std::size_t>(2 * i)]);
    xs.push_back(static_cast<float>(radius * std::sin(angle)) + shifts[static_cast<std::size_t>(2 * i + 1)]);
    classes.push_back(static_cast<int>(i % 2));
  }
  return {tensor(xs, {2 * n, 2}), tensor(classes)};
}

/// The centres of k x k squares over the plane from -1.2 to 1.2, row by row from the top: what a picture is made of.
Tensor plane(Index k) {
  const Tensor ticks = (arange(k, DType::f32) + 0.5) * (2.4 / static_cast<double>(k)) - 1.2;
  const Tensor across = expand(ticks, {k, k}), down = transpose(expand(-ticks, {k, k}));
  return stack(std::vector{flatten(across), flatten(down)}, 1);
}

/// The points of one class, as marks.
train::Series marks(const Points& points, Index label) {
  train::Series s{"", {}, {}, false};
  for (Index i = 0; i < points.y.size(0); ++i) {
    if (points.y[i].item<Index>() != label) continue;
    s.x.push_back(points.x[i][0].item());
    s.y.push_back(points.x[i][1].item());
  }
  return s;
}

void story(const ExampleOptions& options) {
  const Points seen = spirals(100, 0.03), fresh = spirals(100, 0.03);  // the same arms, other noise
  Mlp model;
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-2, .weight_decay = 1e-3});
  std::printf("%lld points, %lld parameters\n", static_cast<long long>(seen.y.numel()),
              static_cast<long long>(model.parameter_count()));

  const int steps = options.quick ? 64 : 800;
  const std::vector<int> moments = options.quick ? std::vector{0, 32, 64} : std::vector{0, 50, 100, 150, 200, 800};
  const Index k = options.quick ? 24 : 80;
  const Tensor where = plane(k);
  std::vector<train::Field> film;
  train::Series losses{"loss", {}, {}};

  // The picture of a moment: what the model says about every place of the plane, not only about the points it has seen.
  const auto look = [&](int step) {
    const NoGrad off;  // looking is not training: nothing goes on the tape
    const double on_seen = train::accuracy(model(Variable(seen.x)).data(), seen.y),
                 on_fresh = train::accuracy(model(Variable(fresh.x)).data(), fresh.y);
    const Tensor red = select(softmax(model(Variable(where)).data(), 1), 1, 1);  // the probability of class 1
    std::printf("step %4d  accuracy %5.1f %% on the training points, %5.1f %% on others\n", step, 100 * on_seen,
                100 * on_fresh);
    std::fflush(stdout);
    film.push_back({.title = join("step ", step),
                    .values = reshape(red, {k, k}),
                    .x = {-1.2, 1.2},
                    .y = {-1.2, 1.2},
                    .range = {0, 1},
                    .scale = "probability of red",
                    .marks = {marks(seen, 0), marks(seen, 1)}});
  };

  train::Progress progress("training", steps);
  for (int step = 0; step <= steps; ++step) {
    if (std::find(moments.begin(), moments.end(), step) != moments.end()) look(step);
    if (step == steps) break;
    optimizer.zero_grad();
    const Variable loss = nn::cross_entropy(model(seen.x), seen.y);
    loss.backward();
    optimizer.step();
    losses.x.push_back(step);
    losses.y.push_back(loss.item());
    progress.update(step + 1, {{"loss", loss.item()}});
  }
  progress.finish();
  std::printf("loss %.4f at first, %.4f in the end\n", losses.y.front(), losses.y.back());

  train::save_field_sheet(options.picture("03_spirals.svg"), film, {.title = "The boundary moves"});
  train::save_line_plot(options.picture("03_spirals_loss.svg"), {{"Loss", "step", "cross-entropy", {losses}, true}});
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv, "Two spirals: how the decision boundary of a small network moves while it learns.",
                     story);
}
