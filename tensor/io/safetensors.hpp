// The safetensors format: named tensors and texts in one file that cannot contain code, as Python's safetensors reads
// and writes it.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace gradus {

/// What a safetensors file holds.
struct TensorFile {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes the file atomically; equal content gives equal bytes. Views are written in row-major order. Throws IoError,
/// and ValueError for an undefined tensor, a tensor named "__metadata__" or a name that is not UTF-8.
void save_safetensors(const std::filesystem::path& path, const TensorFile& content);

/// Reads and checks a whole file. BOOL, U8, I64, F32, F64 keep their type; F16 and BF16 become f32, I8, I16, I32, U16
/// and U32 become i64. Throws IoError, and FormatError for other types and for every file the format does not allow.
TensorFile load_safetensors(const std::filesystem::path& path);

}  // namespace gradus
