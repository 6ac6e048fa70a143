// NumPy's .npy format: one array in a file, as numpy.save writes it and numpy.load reads it.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>

namespace gradus {

/// Reads an array of format 1.0, 2.0 or 3.0, plain or gzip-compressed. b1, u1, i8, f4 and f8 keep their type; i1, i2, i4,
/// u2, u4 and u8 become i64, f2 becomes f32; either byte order. An array in Fortran's order becomes a transposed view.
/// Bytes after the array give a warning. Throws IoError, and FormatError for other types and for every damaged file.
Tensor load_npy(const std::filesystem::path& path);

/// Writes the file atomically, in row-major order: the bytes of numpy.save for an array in C's order. Throws IoError, and
/// ValueError for an undefined tensor.
void save_npy(const Tensor& t, const std::filesystem::path& path);

}  // namespace gradus
