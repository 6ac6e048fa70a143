// Checkpoints: everything that a run needs to go on as if it had never stopped, in one safetensors file.
#pragma once
#include <gradus/data/loader.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/optim/schedulers/plateau.hpp>
#include <gradus/tensor/random.hpp>
#include <gradus/train/metrics.hpp>

#include <filesystem>

namespace gradus::train {

using StateDict = std::map<std::string, Tensor>;

/// The parts of a run by name. They are added once, as references that must outlive this object; save() reads them and
/// load() writes them. Every name is used once and has no dot (ValueError).
class Checkpoint {
 public:
  void add(const std::string& name, nn::ModuleBase& model);
  void add(const std::string& name, optim::OptimizerBase& optimizer);
  void add(const std::string& name, optim::Scheduler& schedule);
  void add(const std::string& name, optim::ReduceLROnPlateau& schedule);
  void add(const std::string& name, Generator& generator);
  void add(const std::string& name, data::DataLoader& loader);  ///< its place; data, batches and seed must be the same
  void add(const std::string& name, RunningMean& mean);
  void add(const std::string& name, Index& number);
  void add(const std::string& name, double& number);
  void add(const std::string& name, std::vector<double>& numbers);
  /// Anything else. `load` throws if the state does not fit; what it then has changed already is put back by loading
  /// what `save` had given before.
  void add(const std::string& name, std::function<StateDict()> save, std::function<void(const StateDict&)> load);
  /// What must hold between parts: `check` runs after all parts are loaded, and throws if they contradict each other.
  void add_check(std::function<void()> check) { checks_.push_back(std::move(check)); }
  /// A text that says which run this is: loading a checkpoint with another one is an error, unless it is not compared.
  void setting(const std::string& name, const std::string& value, bool compare = true) {
    settings_[name] = {value, compare};
  }

  /// Replaces the file atomically. Throws IoError, and StateError if a weight of a model is not finite; the old file is
  /// then untouched.
  void save(const std::filesystem::path& path) const;

  struct LoadOptions {
    bool partial;  ///< parts and settings that only the file has are passed over, instead of an error
  };
  /// All or nothing: on an error every part is what it was. Throws IoError, FormatError for a file that is no checkpoint,
  /// of another format version, or in which any bit is not as it was saved (checksums), and ValueError that lists the settings or parts that differ or names the part that does not
  /// fit, or says how the parts contradict each other.
  void load(const std::filesystem::path& path, LoadOptions options = {false});

 private:
  struct Part {
    std::string name;
    std::function<StateDict()> save;
    std::function<void(const StateDict&)> load;
    bool finite = false;  // values that are not finite are not saved
    bool early = false;   // loaded before the others
    /// Makes what puts the part back; default: loading a copy of what `save` gives.
    std::function<std::function<void()>()> snapshot = {};
  };
  struct Setting {
    std::string value;
    bool compare;
  };
  void add(Part part);
  std::vector<Part> parts_;
  std::vector<std::function<void()>> checks_;
  std::map<std::string, Setting> settings_;
};

/// The settings of a checkpoint, for building what load() then fills. Throws IoError and FormatError as load() does.
std::map<std::string, std::string> checkpoint_settings(const std::filesystem::path& path);

}  // namespace gradus::train
