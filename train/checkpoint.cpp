#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/io/checksum.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/train/checkpoint.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace gradus::train {
namespace {

constexpr const char* format_name = "gradus-checkpoint";
constexpr int format_version = 2;  // 1 had no checksums
constexpr Index most = Index{1} << 53;
const std::string setting_prefix = "setting.", part_prefix = "part.";

Tensor number(Index value) { return scalar_tensor(value, DType::i64); }
Tensor number(double value) { return scalar_tensor(value, DType::f64); }
Tensor bits(std::uint64_t value) { return number(std::bit_cast<Index>(value)); }

template <class T>
T read(const StateDict& state, const char* key) {
  const auto found = state.find(key);
  if (found == state.end()) fail<ValueError>("there is no ", key);
  const Tensor& t = found->second;
  if (t.dtype() != dtype_of<T>() || t.numel() != 1)
    fail<ValueError>(key, " is no single ", name(dtype_of<T>()), ": ", t.dtype(), " ", t.shape());
  return t.item<T>();
}
std::uint64_t read_bits(const StateDict& state, const char* key) {
  return std::bit_cast<std::uint64_t>(read<Index>(state, key));
}
void check_same(const char* what, Index here, Index there) {
  if (here != there) fail<ValueError>(what, " is ", here, " here, ", there, " in the checkpoint");
}

/// A checkpoint file, opened and known to be one.
TensorFile open(const std::filesystem::path& path) {
  TensorFile file = load_safetensors(path);
  const std::string& format = file.metadata["format"];
  if (format != format_name)
    fail<FormatError>("checkpoint: this is none, its format is \"", format, "\": ", path.string(),
                      " — load_safetensors and nn::load read tensors and weights");
  const std::string& text = file.metadata["format_version"];
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || end != text.data() + text.size() || version < 1)
    fail<FormatError>("checkpoint: format_version is no number: got \"", text, "\": ", path.string());
  if (version != format_version)
    fail<FormatError>("checkpoint: written by ", version > format_version ? "a later" : "an earlier",
                      " version: format_version is ", version, ", this one reads ", format_version, ": ",
                      path.string());
  check_checksums(file, "checkpoint", path);
  return file;
}
/// The metadata whose keys start so, without that start.
std::map<std::string, std::string> with_prefix(const std::map<std::string, std::string>& metadata,
                                               const std::string& prefix) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : metadata)
    if (key.starts_with(prefix)) out[key.substr(prefix.size())] = value;
  return out;
}

/// Loads copies of these values, of which a model's are handles.
std::function<void()> put_back(StateDict state, std::function<void(const StateDict&)> load) {
  for (auto& [key, t] : state) t = copy(t);
  return [state = std::move(state), load = std::move(load)] { load(state); };
}

}  // namespace

// ---- parts

void Checkpoint::add(Part part) {
  if (part.name.empty() || part.name.find('.') != std::string::npos)
    fail<ValueError>("checkpoint: a part needs a name without dots: got \"", part.name, "\"");
  for (const Part& p : parts_)
    if (p.name == part.name) fail<ValueError>("checkpoint: there is a part of this name already: ", part.name);
  parts_.push_back(std::move(part));
}
void Checkpoint::add(const std::string& name, std::function<StateDict()> save,
                     std::function<void(const StateDict&)> load) {
  add(Part{.name = name, .save = std::move(save), .load = std::move(load)});
}
void Checkpoint::add(const std::string& name, nn::ModuleBase& model) {
  add(Part{.name = name,
           .save = [&model] { return model.state_dict(); },
           .load = [&model](const StateDict& state) { model.load_state_dict(state); },
           .finite = true});
}
void Checkpoint::add(const std::string& name, optim::OptimizerBase& optimizer) {
  add(
      name, [&optimizer] { return optimizer.state_dict(); },
      [&optimizer](const StateDict& state) { optimizer.load_state_dict(state); });
}
void Checkpoint::add(const std::string& name, optim::Scheduler& schedule) {
  add(Part{.name = name,
           .save = [&schedule] { return schedule.state_dict(); },
           .load = [&schedule](const StateDict& state) { schedule.load_state_dict(state); },
           .early = true});  // it sets learning rates, which the optimizer then has as they were
}
void Checkpoint::add(const std::string& name, optim::ReduceLROnPlateau& schedule) {
  add(
      name, [&schedule] { return schedule.state_dict(); },
      [&schedule](const StateDict& state) { schedule.load_state_dict(state); });
}
void Checkpoint::add(const std::string& name, Generator& generator) {
  add(
      name,
      [&generator] {
        const auto s = generator.state();
        return StateDict{{"seed", bits(s.seed)}, {"stream", bits(s.stream)}, {"position", bits(s.position)}};
      },
      [&generator](const StateDict& state) {
        generator.set_state({read_bits(state, "seed"), read_bits(state, "stream"), read_bits(state, "position")});
      });
}
void Checkpoint::add(const std::string& name, data::DataLoader& loader) {
  const auto save = [&loader] {
    const auto& o = loader.options();
    return StateDict{{"epoch", number(loader.state().epoch)},
                     {"batch", number(loader.state().batch)},
                     {"examples", number(loader.dataset().size())},
                     {"batch_size", number(o.batch_size)},
                     {"shuffle", number(Index{o.shuffle})},
                     {"drop_last", number(Index{o.drop_last})},
                     {"seed", bits(o.seed)}};
  };
  const auto load = [&loader](const StateDict& state) {
    const auto& o = loader.options();
    check_same("the number of examples", loader.dataset().size(), read<Index>(state, "examples"));
    check_same("batch_size", o.batch_size, read<Index>(state, "batch_size"));
    check_same("shuffle", o.shuffle, read<Index>(state, "shuffle"));
    check_same("drop_last", o.drop_last, read<Index>(state, "drop_last"));
    check_same("seed", std::bit_cast<Index>(o.seed), read<Index>(state, "seed"));
    loader.load_state({read<Index>(state, "epoch"), read<Index>(state, "batch")});
  };
  // Whether its next loop goes on in an epoch or begins one is no part of its state: the whole loader is kept.
  const auto snapshot = [&loader]() -> std::function<void()> {
    return [&loader, before = loader] { loader = before; };
  };
  add(Part{.name = name, .save = save, .load = load, .snapshot = snapshot});
}
void Checkpoint::add(const std::string& name, RunningMean& mean) {
  add(
      name,
      [&mean] {
        return StateDict{{"sum", number(mean.sum())}, {"count", number(mean.count())}};
      },
      [&mean](const StateDict& state) {
        const Index count = read<Index>(state, "count");
        if (count < 0 || count > most) fail<ValueError>("count must be at least 0 and at most 2^53: got ", count);
        mean = RunningMean(read<double>(state, "sum"), count);
      });
}
void Checkpoint::add(const std::string& name, Index& value) {
  add(
      name,
      [&value] {
        return StateDict{{"value", number(value)}};
      },
      [&value](const StateDict& state) { value = read<Index>(state, "value"); });
}
void Checkpoint::add(const std::string& name, double& value) {
  add(
      name,
      [&value] {
        return StateDict{{"value", number(value)}};
      },
      [&value](const StateDict& state) { value = read<double>(state, "value"); });
}
void Checkpoint::add(const std::string& name, std::vector<double>& values) {
  add(
      name,
      [&values] {
        return StateDict{{"values", tensor(values)}};
      },
      [&values](const StateDict& state) {
        const auto found = state.find("values");
        if (found == state.end() || found->second.dtype() != DType::f64 || found->second.rank() != 1)
          fail<ValueError>("there is no list of numbers");
        values = found->second.to_vector<double>();
      });
}

// ---- files

void Checkpoint::save(const std::filesystem::path& path) const {
  TensorFile file;
  file.metadata = {{"format", format_name}, {"format_version", join(format_version)}};
  for (const auto& [name, setting] : settings_) file.metadata[setting_prefix + name] = setting.value;
  for (const Part& part : parts_) {
    file.metadata[part_prefix + part.name] = "1";
    for (auto& [key, t] : part.save()) {
      if (part.finite && is_floating(t.dtype()) && !all(isfinite(t))) {
        const auto values = t.to_vector<double>();
        const auto bad = std::find_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
        fail<StateError>("checkpoint: ", part.name, ".", key, " is not finite: got ", *bad, " — not saved, ",
                         path.string(), " stays as it is");
      }
      file.tensors[part.name + "." + key] = t;
    }
  }
  add_checksums(file);
  save_safetensors(path, file);
}

void Checkpoint::load(const std::filesystem::path& path, LoadOptions options) {
  const TensorFile file = open(path);
  std::string differences;
  const auto compare = [&](const char* what, const std::map<std::string, std::string>& here,
                           const std::map<std::string, std::string>& there) {
    for (const auto& [name, value] : here)
      if (const auto found = there.find(name); found == there.end())
        differences += join("; ", what, name, " is not in the checkpoint");
      else if (found->second != value)
        differences += join("; ", what, name, " is ", value, " here, ", found->second, " in the checkpoint");
    for (const auto& [name, value] : there)
      if (!options.partial && !here.contains(name)) differences += join("; ", what, name, " is only in the checkpoint");
  };
  std::map<std::string, std::string> names, settings, stored = with_prefix(file.metadata, setting_prefix);
  for (const Part& part : parts_) names[part.name] = "1";
  for (const auto& [name, setting] : settings_)
    if (setting.compare) settings[name] = setting.value;
    else stored.erase(name);
  compare("", settings, stored);
  compare("part ", names, with_prefix(file.metadata, part_prefix));
  if (!differences.empty())
    fail<ValueError>("checkpoint: it does not fit this run: ", differences.substr(2), ": ", path.string());

  std::map<std::string, StateDict> states;
  for (const auto& [name, t] : file.tensors) {
    const auto dot = name.find('.');
    if (dot == std::string::npos) fail<FormatError>("checkpoint: a tensor of no part: ", name, ": ", path.string());
    states[name.substr(0, dot)][name.substr(dot + 1)] = t;
  }
  std::vector<const Part*> order;
  for (const Part& part : parts_) order.push_back(&part);
  std::stable_partition(order.begin(), order.end(), [](const Part* p) { return p->early; });
  std::vector<std::function<void()>> back;
  for (const Part* part : order) back.push_back(part->snapshot ? part->snapshot() : put_back(part->save(), part->load));
  std::string what;
  try {
    for (const Part* part : order) {
      what = part->name + " does not fit";
      part->load(states[part->name]);
    }
    what = "its parts contradict each other";
    for (const auto& check : checks_) check();
  } catch (const std::exception& e) {
    for (const auto& part : back) part();
    fail<ValueError>("checkpoint: ", what, ": ", e.what(), ": ", path.string());
  } catch (...) {
    for (const auto& part : back) part();
    throw;
  }
}

std::map<std::string, std::string> checkpoint_settings(const std::filesystem::path& path) {
  return with_prefix(open(path).metadata, setting_prefix);
}

}  // namespace gradus::train
