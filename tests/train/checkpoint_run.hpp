// A small training with a checkpoint of all its state, and ways to look into its files.
#pragma once
#include <gradus/gradus.hpp>
#include <gradus/tensor/io/checksum.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

using namespace gradus;

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline data::TensorDataset points(Index n) {
  Generator generator(4);
  const Tensor x = randn({n, 5}, DType::f32, generator);
  return {x, randint(0, 3, {n}, generator)};
}

/// A small training with everything that has a state: dropout, shuffling, moments, a schedule, a mean.
struct Run {
  nn::Sequential model{nn::Linear(5, 8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 3)};
  data::DataLoader loader{points(50), {.batch_size = 8, .shuffle = true, .seed = 2}};
  std::unique_ptr<optim::OptimizerBase> optimizer;
  std::unique_ptr<optim::Scheduler> schedule;
  train::RunningMean mean;
  std::vector<double> losses;
  Index epochs = 0;
  double extra = 0.25;
  train::Checkpoint checkpoint;

  explicit Run(const char* rule, const char* schedule_text = "onecycle")
      : optimizer(optim::optimizer_factory(rule)(model.parameters())),
        schedule(optim::schedule_factory(schedule_text)(*optimizer, 3 * loader.size())) {
    checkpoint.add("model", model);
    checkpoint.add("optimizer", *optimizer);
    checkpoint.add("schedule", *schedule);
    checkpoint.add("generator", default_generator());
    checkpoint.add("loader", loader);
    checkpoint.add("mean", mean);
    checkpoint.add("losses", losses);
    checkpoint.add("epochs", epochs);
    checkpoint.add("extra", extra);
    checkpoint.setting("rule", rule);
  }
  /// Goes on until `steps` steps are done in all.
  void train(Index steps) {
    while (epochs < 3) {
      for (const auto& [x, y] : loader) {
        const Variable loss = optimizer->step([&, &x = x, &y = y] {
          optimizer->zero_grad();
          Variable l = nn::cross_entropy(model(x), y);
          l.backward();
          return l;
        });
        schedule->step();
        mean.add(loss.item(), y.numel());
        losses.push_back(mean.value());
        if (schedule->index() == steps) return;
      }
      ++epochs;
      mean = {};
    }
  }
};

inline void check_equal(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, t] : a) {
    INFO(name);
    REQUIRE(b.contains(name));
    CHECK(allclose(t, b.at(name), 0, 0, true));
  }
}
inline void check_equal(Run& a, Run& b) {
  check_equal(a.model.state_dict(), b.model.state_dict());
  check_equal(a.optimizer->state_dict(), b.optimizer->state_dict());
  CHECK(a.schedule->index() == b.schedule->index());
  CHECK(a.loader.state() == b.loader.state());
  CHECK(a.losses == b.losses);
  CHECK(a.mean.sum() == b.mean.sum());
  CHECK(a.mean.count() == b.mean.count());
  CHECK(a.epochs == b.epochs);
  CHECK(a.extra == b.extra);
}

/// A checkpoint after five steps, changed by `f`, as a file.
template <class F>
ScratchFile changed(F f) {
  manual_seed(7);
  Run run("adamw");
  run.train(5);
  const ScratchFile whole("");
  run.checkpoint.save(whole.path);
  TensorFile file = load_safetensors(whole.path);
  f(file);
  add_checksums(file);
  save_safetensors(whole.path, file);
  return ScratchFile(slurp(whole.path));
}
