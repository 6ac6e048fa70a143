#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>

namespace gradus::data {

/// Reads an IDX file (the format of MNIST), plain or gzip. u8 stays u8; signed and 16- and 32-bit whole numbers become
/// i64; f32 and f64 stay. Throws IoError, and FormatError naming field, offset, expected and found: before memory is
/// asked for, sizes are held against what the file can contain; the length must match exactly.
Tensor read_idx(const std::filesystem::path& path);

}  // namespace gradus::data
