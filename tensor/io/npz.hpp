// NumPy's .npz format: named arrays in a zip archive, as numpy.savez and savez_compressed write them.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace gradus {

struct NpzOptions {
  bool compress = false;  ///< deflate the arrays, as numpy.savez_compressed does
};

/// Reads all arrays, as load_npy reads one; names lose a ".npy" at their end and are never paths. Throws IoError, and
/// FormatError for everything that is no archive of arrays, naming the entry and the field.
std::map<std::string, Tensor> load_npz(const std::filesystem::path& path);

/// Writes the file atomically; equal content gives equal bytes. Throws IoError, and ValueError for an undefined tensor or
/// a name that is too long, not UTF-8 or holds a null byte.
void save_npz(const std::map<std::string, Tensor>& tensors, const std::filesystem::path& path,
              const NpzOptions& options = {});

}  // namespace gradus
