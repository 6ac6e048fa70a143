#include "train/checkpoint_run.hpp"

#include <cmath>
#include <csignal>

TEST_CASE("a resumed run equals one that never stopped bit for bit", "[train][checkpoint]") {
  for (const char* rule : {"adamw,amsgrad=1", "sgd,momentum=0.9,lr=0.1", "lbfgs,max_iter=3,lr=0.1"}) {
    manual_seed(7);
    Run whole(rule);
    whole.train(-1);
    const auto end = default_generator().state();
    for (const Index stop : {1, 6, 7, 8, 20, 21}) {  // an epoch has 7 steps
      INFO(rule << " stopped after step " << stop);
      const ScratchFile file("");
      {
        manual_seed(7);
        Run stopped(rule);
        stopped.extra = 1.0 / 3;
        stopped.train(stop);
        stopped.checkpoint.save(file.path);
      }
      manual_seed(1234);  // other weights and another place in the stream
      Run resumed(rule);
      resumed.checkpoint.load(file.path);
      CHECK(resumed.extra == 1.0 / 3);
      resumed.extra = whole.extra;
      if (resumed.loader.state().batch == 0) {  // stopped behind the last batch: what followed it is still to be done
        ++resumed.epochs;
        resumed.mean = {};
      }
      resumed.train(-1);
      check_equal(whole, resumed);
      CHECK(default_generator().state() == end);
    }
  }
}

TEST_CASE("equal states give equal files and a loaded state is saved as it was", "[train][checkpoint]") {
  const ScratchFile a(""), b("");
  manual_seed(7);
  Run run("adamw");
  run.train(4);
  run.checkpoint.save(a.path);
  manual_seed(1);
  Run other("adamw");
  other.checkpoint.load(a.path);
  other.checkpoint.save(b.path);
  CHECK(slurp(a.path) == slurp(b.path));
  CHECK(train::checkpoint_settings(a.path) == std::map<std::string, std::string>{{"rule", "adamw"}});
}

TEST_CASE("a checkpoint before the first step is a checkpoint", "[train][checkpoint]") {
  const ScratchFile file("");
  manual_seed(7);
  Run fresh("sgd"), other("sgd");
  fresh.checkpoint.save(file.path);
  other.train(3);
  other.checkpoint.load(file.path);
  check_equal(fresh, other);
}

TEST_CASE("a checkpoint holds a schedule that follows a metric", "[train][checkpoint]") {
  const ScratchFile file("");
  const auto make = [](double lr) { return optim::SGD({leaf(zeros({1}))}, {.lr = lr}); };
  optim::SGD first = make(1), second = make(0.5);
  optim::ReduceLROnPlateau before(first, {.patience = 1}), after(second, {.patience = 1});
  for (const double metric : {3, 2, 2}) before.step(metric);
  train::Checkpoint out, in;
  out.add("plateau", before);
  out.add("optimizer", first);
  out.save(file.path);
  in.add("plateau", after);
  in.add("optimizer", second);
  in.load(file.path);
  CHECK(after.best() == 2);
  CHECK(after.step(2));
  CHECK(second.get(0, "lr") == Approx(0.1));
}

TEST_CASE("a model that is not finite never replaces a good checkpoint", "[train][checkpoint]") {
  const ScratchFile file("");
  Run run("adamw");
  run.checkpoint.save(file.path);
  const std::string good = slurp(file.path);
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    run.model.parameters()[1].data().fill(bad);
    CHECK_THROWS_WITH(run.checkpoint.save(file.path),
                      StartsWith(join("checkpoint: model.0.bias is not finite: got ", bad, " — not saved, ")));
    CHECK(slurp(file.path) == good);
  }
}

TEST_CASE("parts of any kind can be added once under a name without dots", "[train][checkpoint]") {
  const ScratchFile file("");
  Tensor average = ones({3});
  bool refuse = false;
  train::Checkpoint checkpoint;
  checkpoint.add(
      "average",
      [&] {
        return train::StateDict{{"a", average}, {"b.c", average}};
      },
      [&](const train::StateDict& state) {
        average = copy(state.at("b.c"));
        if (std::exchange(refuse, false)) throw std::runtime_error("no");
      });
  Index count = 3;
  checkpoint.add("count", count);
  checkpoint.save(file.path);
  average.fill(2);
  count = 4;
  refuse = true;
  CHECK_THROWS_WITH(checkpoint.load(file.path), StartsWith("checkpoint: average does not fit: no: "));
  CHECK(average[0].item() == 2);
  CHECK(count == 4);
  checkpoint.load(file.path);
  CHECK(average[0].item() == 1);
  CHECK(count == 3);
  CHECK_THROWS_WITH(checkpoint.add("count", count), "checkpoint: there is a part of this name already: count");
  CHECK_THROWS_WITH(checkpoint.add("a.b", count), "checkpoint: a part needs a name without dots: got \"a.b\"");
  CHECK_THROWS_AS(checkpoint.add("", count), ValueError);
}

TEST_CASE("the loop of the README stops and resumes like one that never stopped", "[train][checkpoint]") {
  const auto run = [](const std::filesystem::path& path, bool resume, Index interrupt_after) {
    nn::Sequential model(nn::Linear(5, 8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 3));
    optim::AdamW optimizer(model.parameters());
    data::DataLoader loader(points(50), {.batch_size = 8, .shuffle = true});
    train::Checkpoint checkpoint;
    checkpoint.add("model", model);
    checkpoint.add("optimizer", optimizer);
    checkpoint.add("generator", default_generator());
    checkpoint.add("loader", loader);
    if (resume) checkpoint.load(path);
    Index steps = 0;
    const train::StopRequest stop;
    while (loader.state().epoch < 2 && !stop)
      for (auto [x, y] : loader) {
        optimizer.zero_grad();
        nn::cross_entropy(model(x), y).backward();
        optimizer.step();
        if (++steps == interrupt_after) std::raise(SIGINT);
        if (stop) break;
      }
    checkpoint.save(path);
    CHECK(stop.exit_code() == (steps == interrupt_after ? 130 : 0));
    return steps;
  };
  const ScratchFile whole(""), part("");
  manual_seed(3);
  CHECK(run(whole.path, false, -1) == 14);
  for (const Index stop : {1, 7, 10, 13}) {
    INFO("stopped after step " << stop);
    manual_seed(3);
    CHECK(run(part.path, false, stop) == stop);
    manual_seed(4);
    CHECK(run(part.path, true, -1) == 14 - stop);
    CHECK(slurp(whole.path) == slurp(part.path));
  }
}
