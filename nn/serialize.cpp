#include <gradus/nn/serialize.hpp>
#include <gradus/tensor/io/safetensors.hpp>

namespace gradus::nn {

void save(const ModuleBase& module, const std::filesystem::path& path) {
  save_safetensors(path, {module.state_dict(), {{"format", "pt"}, {"module", module.type_name()}}});
}
LoadResult load(ModuleBase& module, const std::filesystem::path& path, LoadOptions options) {
  const TensorFile file = load_safetensors(path);
  try {
    return module.load_state_dict(file.tensors, options);
  } catch (const ValueError& e) {
    throw ValueError(join(e.what(), ": ", path.string()));
  }
}

}  // namespace gradus::nn
