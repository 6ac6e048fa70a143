// The command line of train.cpp.
#pragma once
#include <gradus/gradus.hpp>

#include <optional>

struct TrainOptions {
  std::string data = "auto", data_root;
  std::string model = "mlp";
  std::vector<gradus::Index> widths{256, 128};
  double dropout = 0;
  gradus::Index epochs = 10, batch_size = 128, validation = -1, checkpoint_every = 1;
  std::string optimizer = "adamw,lr=4e-3,weight_decay=1e-2", schedule = "onecycle";
  std::uint64_t seed = 1;
  int threads = 0;
  std::filesystem::path out, resume;

  /// What decides the numbers of a run, by option name: kept in its checkpoints. (The default of --validation depends on
  /// the data: train.cpp adds what it came to.)
  std::map<std::string, std::string> settings() const;
};

/// Reads the command line; with --resume, what it leaves open comes from the checkpoint. Returns the exit code instead if
/// the program is to end (0 after --help, 2 for wrong usage). Throws what reading a checkpoint throws.
std::optional<int> parse_train_options(int argc, char** argv, TrainOptions& options);
