#include "train/checkpoint_run.hpp"

#include <cmath>
#include <csignal>

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
