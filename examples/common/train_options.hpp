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
  std::string optimizer = "adamw", schedule = "onecycle";
  std::uint64_t seed = 1;
  gradus::Index threads = 0;
  bool overwrite = false;
  std::filesystem::path out, resume;
  gradus::Index epochs_before = 0;  ///< that the run to resume was to have

  /// What decides the numbers of a run, by option name: kept in its checkpoints. (The default of --validation depends on
  /// the data: train.cpp adds what it came to.)
  std::map<std::string, std::string> settings() const;
  /// Of these, that which another run of the same checkpoint may have otherwise.
  static constexpr const char* free_setting = "epochs";
};

/// Reads the command line; with --resume, what it leaves open comes from the checkpoint. Returns the exit code instead if
/// the program is to end (0 after --help, 2 for wrong usage). Throws what reading a checkpoint throws.
std::optional<int> parse_train_options(int argc, char** argv, TrainOptions& options);
