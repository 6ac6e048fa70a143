// Private to the npy and npz readers: the parts of the npy format.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::io {

/// The dictionary at the start of an array, parsed but not yet compared with the data.
struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
};
/// Parses the text of the dictionary. Throws FormatError "format: ...: file" for anything but the three keys once each.
NpyHeader parse_npy_header(std::string_view text, const std::string& format, const std::string& file);

/// What stands before the data of t in row-major order: magic, version 1.0, dictionary, padding to 64 bytes.
std::string npy_header(const Tensor& t);

/// The array that starts where `source`, a ByteReader or a ZipEntryReader, stands. Throws FormatError.
template <class Source>
Tensor read_npy(Source& source);

}  // namespace gradus::io
