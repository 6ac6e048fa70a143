#include <gradus/nn/serialize.hpp>
#include <gradus/tensor/io/safetensors.hpp>

namespace gradus::nn {

void save(ModuleBase& module, const std::filesystem::path& path) {
  save_safetensors(path, {module.state_dict(), {{"format", "pt"}, {"module", module.type_name()}}});
}
LoadResult load(ModuleBase& module, const std::filesystem::path& path, LoadOptions options) {
  return module.load_state_dict(load_safetensors(path).tensors, options);
}

}  // namespace gradus::nn
