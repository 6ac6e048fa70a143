// Checksums of what a safetensors file holds, kept in its metadata, where other readers pass over them.
#pragma once
#include <gradus/tensor/io/safetensors.hpp>

namespace gradus {

/// Adds the CRC-32 of each tensor (dtype, shape and values) as "crc32.NAME" and that of all other metadata as "crc32".
/// Entries of these names that are there already are replaced.
void add_checksums(TensorFile& content);
/// Throws FormatError that opens with `format` and names the tensor that changed, is missing or was added since
/// add_checksums(), or says that the metadata changed or have no checksum. `path` is for the text.
void check_checksums(const TensorFile& content, const char* format, const std::filesystem::path& path);

}  // namespace gradus
