#include <gradus/gradus.hpp>
#include <gradus/tensor/io/checksum.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <cmath>
#include <csignal>

using namespace gradus;

namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
data::TensorDataset points(Index n) {
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

void check_equal(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, t] : a) {
    INFO(name);
    REQUIRE(b.contains(name));
    CHECK(allclose(t, b.at(name), 0, 0, true));
  }
}
void check_equal(Run& a, Run& b) {
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

}  // namespace

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

TEST_CASE("a file that is no checkpoint or a later one is refused", "[train][checkpoint]") {
  Run run("adamw");
  const auto refuses = [&](const std::filesystem::path& path, const std::string& message) {
    CHECK_THROWS_AS(run.checkpoint.load(path), FormatError);
    CHECK_THROWS_WITH(run.checkpoint.load(path), ContainsSubstring(message));
    CHECK_THROWS_WITH(train::checkpoint_settings(path), ContainsSubstring(message));
  };
  const ScratchFile weights("");
  nn::save(run.model, weights.path);
  refuses(weights.path, "checkpoint: this is none, its format is \"pt\": ");
  const auto version = [](const char* text) {
    return changed([=](TensorFile& f) { f.metadata["format_version"] = text; });
  };
  refuses(version("3").path, "checkpoint: written by a later version: format_version is 3, this one reads 2: ");
  refuses(version("1").path, "checkpoint: written by an earlier version: format_version is 1, this one reads 2: ");
  for (const char* text : {"", "x", "1x", "0", "-1", "99999999999"})
    refuses(version(text).path, join("checkpoint: format_version is no number: got \"", text, "\""));
  refuses(ScratchFile("").path, "safetensors");
  const std::string whole = slurp(changed([](TensorFile&) {}).path);
  refuses(ScratchFile(whole.substr(0, whole.size() - 1)).path, "safetensors");
  CHECK_THROWS_AS(run.checkpoint.load("/nonexistent/checkpoint"), IoError);
}

TEST_CASE("a checkpoint of another run is refused with all differences in one message", "[train][checkpoint]") {
  const ScratchFile file = changed([](TensorFile&) {});
  Run other("sgd");
  double number = 0;
  other.checkpoint.setting("seed", "1");
  other.checkpoint.add("number", number);
  CHECK_THROWS_WITH(
      other.checkpoint.load(file.path),
      "checkpoint: it does not fit this run: rule is sgd here, adamw in the checkpoint; seed is not in the "
      "checkpoint; part number is not in the checkpoint: " +
          file.path.string());
  train::Checkpoint few;
  Run target("adamw");
  few.add("model", target.model);
  CHECK_THROWS_WITH(few.load(file.path),
                    ContainsSubstring("rule is only in the checkpoint; part epochs is only in the"));
  few.load(file.path, {.partial = true});
  Run whole("adamw");
  whole.checkpoint.load(file.path);
  check_equal(target.model.state_dict(), whole.model.state_dict());
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

TEST_CASE("a checkpoint with one part that does not fit changes nothing at all", "[train][checkpoint]") {
  const std::pair<const char*, std::function<void(TensorFile&)>> cases[] = {
      {"model does not fit",
       [](TensorFile& f) {
         f.tensors["model.0.weight"] = ones({8, 6});
       }},
      {"model does not fit", [](TensorFile& f) { f.tensors.erase("model.3.bias"); }},
      {"optimizer does not fit", [](TensorFile& f) { f.tensors.erase("optimizer.groups.0.lr"); }},
      {"optimizer does not fit: AdamW: lr must",
       [](TensorFile& f) { f.tensors["optimizer.groups.0.lr"] = scalar_tensor(std::nan(""), DType::f64); }},
      {"schedule does not fit: OneCycleLR: step 99",
       [](TensorFile& f) { f.tensors["schedule.index"] = scalar_tensor(99, DType::i64); }},
      {"generator does not fit: there is no seed", [](TensorFile& f) { f.tensors.erase("generator.seed"); }},
      {"generator does not fit: stream is no single i64: f32 [2]",
       [](TensorFile& f) { f.tensors["generator.stream"] = ones({2}); }},
      {"loader does not fit: DataLoader: there is no batch 7: an epoch has 7",
       [](TensorFile& f) { f.tensors["loader.batch"] = scalar_tensor(7, DType::i64); }},
      {"loader does not fit: the number of examples is 50 here, 51 in the checkpoint",
       [](TensorFile& f) { f.tensors["loader.examples"] = scalar_tensor(51, DType::i64); }},
      {"loader does not fit: seed is 2 here, 3 in the checkpoint",
       [](TensorFile& f) { f.tensors["loader.seed"] = scalar_tensor(3, DType::i64); }},
      {"mean does not fit: count must be at least 0",
       [](TensorFile& f) { f.tensors["mean.count"] = scalar_tensor(-1, DType::i64); }},
      {"mean does not fit: count must be at least 0 and at most 2^53",
       [](TensorFile& f) { f.tensors["mean.count"] = scalar_tensor(INT64_MAX, DType::i64); }},
      {"loader does not fit: DataLoader: the epoch must be 0 to 9007199254740992: got 9223372036854775807",
       [](TensorFile& f) { f.tensors["loader.epoch"] = scalar_tensor(INT64_MAX, DType::i64); }},
      {"losses does not fit: there is no list",
       [](TensorFile& f) {
         f.tensors["losses.values"] = ones({3, 1});
       }},
      {"epochs does not fit", [](TensorFile& f) { f.tensors["epochs.value"] = scalar_tensor(1, DType::f64); }},
      {"extra does not fit", [](TensorFile& f) { f.tensors.erase("extra.value"); }},
      {"a tensor of no part: stray", [](TensorFile& f) { f.tensors["stray"] = ones({1}); }},
  };
  for (const auto& [message, change] : cases) {
    const ScratchFile file = changed(change);
    manual_seed(11);
    Run run("adamw"), same("adamw");
    same.model = run.model;
    run.train(9);
    const ScratchFile before(""), after("");
    run.checkpoint.save(before.path);
    CHECK_THROWS_WITH(run.checkpoint.load(file.path), ContainsSubstring(message));
    run.checkpoint.save(after.path);
    INFO(message);
    CHECK(slurp(before.path) == slurp(after.path));
  }
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

TEST_CASE("a checkpoint with any byte changed is refused and named", "[train][checkpoint]") {
  const ScratchFile file("");
  nn::Linear model(2, 3);
  Index epochs = 5;
  std::vector<double> losses{0.5, 0.25};
  train::Checkpoint checkpoint;
  checkpoint.add("model", model);
  checkpoint.add("epochs", epochs);
  checkpoint.add("losses", losses);
  checkpoint.setting("seed", "1", false);
  checkpoint.save(file.path);
  const std::string whole = slurp(file.path);
  const auto before = model.state_dict();
  const ScratchFile damaged("");
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const int bits : {1, 128, 255}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ bits);
      std::ofstream(damaged.path, std::ios::binary) << bytes;
      try {
        checkpoint.load(damaged.path);
        ++accepted;  // between the tokens of the header, or an escape for the same letter
      } catch (const FormatError&) {
      }
      INFO("byte " << i << " xor " << bits);
      REQUIRE(epochs == 5);
      REQUIRE(losses == std::vector<double>{0.5, 0.25});
      check_equal(model.state_dict(), before);
    }
  CHECK(accepted == 0);
  std::string bytes = whole;
  bytes[bytes.size() - 1] ^= 1;  // the values end with those of the smallest type: the weights
  std::ofstream(damaged.path, std::ios::binary) << bytes;
  CHECK_THROWS_WITH(checkpoint.load(damaged.path),
                    StartsWith("checkpoint: the file is damaged: tensor model.weight does not have its checksum: "));

  TensorFile content = load_safetensors(file.path);  // an ordinary file for this reader
  const auto expect = [&](const char* message) {
    save_safetensors(damaged.path, content);
    CHECK_THROWS_WITH(checkpoint.load(damaged.path), ContainsSubstring(message));
    CHECK_THROWS_WITH(train::checkpoint_settings(damaged.path), ContainsSubstring(message));
  };
  const Tensor bias = content.tensors["model.bias"];
  content.tensors.erase("model.bias");
  expect("the file is damaged: tensor model.bias is missing");
  content.tensors["model.bias"] = bias;
  content.tensors["model.more"] = bias;
  expect("there is no checksum of tensor model.more");
  content.tensors.erase("model.more");
  content.metadata["setting.seed"] = "2";
  expect("the metadata do not have their checksum");
  content.metadata.erase("crc32");
  expect("there is no checksum of its metadata");
}

TEST_CASE("a refused checkpoint leaves a loader where it was in its loop", "[train][checkpoint]") {
  const ScratchFile file = changed([](TensorFile& f) { f.tensors.erase("epochs.value"); });
  Run run("adamw"), same("adamw");
  for (Run* r : {&run, &same}) {
    Index seen = 0;
    for (const auto& batch : r->loader) {
      static_cast<void>(batch);
      if (++seen == 3) break;  // left early: the next loop is a new epoch
    }
  }
  CHECK_THROWS_AS(run.checkpoint.load(file.path), ValueError);
  CHECK(run.loader.state() == same.loader.state());
  for (Run* r : {&run, &same}) {
    Index seen = 0;
    for (const auto& batch : r->loader) {
      static_cast<void>(batch);
      ++seen;
    }
    CHECK(seen == 7);
    CHECK(r->loader.state() == data::LoaderState{2, 0});
  }
}

TEST_CASE("parts that contradict each other are refused and settings can be left uncompared", "[train][checkpoint]") {
  const ScratchFile file("");
  Index rows = 2, epochs = 2;
  train::Checkpoint checkpoint;
  checkpoint.add("rows", rows);
  checkpoint.add("epochs", epochs);
  checkpoint.setting("length", "5", false);
  checkpoint.add_check([&] {
    if (rows != epochs) fail<ValueError>("there are ", rows, " rows of ", epochs, " epochs");
  });
  checkpoint.save(file.path);
  checkpoint.setting("length", "9", false);
  rows = epochs = 4;
  checkpoint.load(file.path);
  CHECK(rows == 2);
  rows = 3;
  checkpoint.save(file.path);
  rows = epochs = 4;
  CHECK_THROWS_WITH(checkpoint.load(file.path),
                    StartsWith("checkpoint: its parts contradict each other: there are 3 rows of 2 epochs: "));
  CHECK(rows == 4);
  CHECK(epochs == 4);
}
