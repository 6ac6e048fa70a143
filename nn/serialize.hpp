// Models on disk, as safetensors files that other programs read too.
#pragma once
#include <gradus/nn/module.hpp>

#include <filesystem>

namespace gradus::nn {

/// Writes all parameters and buffers; the file is replaced whole or not at all. Throws IoError.
void save(const ModuleBase& module, const std::filesystem::path& path);
/// Reads them back, all or nothing. Throws IoError, FormatError, or ValueError listing what does not fit the module.
LoadResult load(ModuleBase& module, const std::filesystem::path& path, LoadOptions options = {});

}  // namespace gradus::nn
