// Private to the safetensors reader: the JSON header, parsed but not yet compared with the file.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gradus::io {

/// One tensor's line of the header.
struct TensorEntry {
  std::optional<std::string> dtype;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;  // begin and end, relative to the first byte after the header
};
struct SafetensorsHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

/// Parses the header; every tensor has all three fields. Throws FormatError naming `file` for invalid JSON, another
/// structure, or a key that occurs twice.
SafetensorsHeader parse_safetensors_header(const std::string& text, const std::string& file);
/// The text as a JSON string with its quotes. Throws ValueError if it is not UTF-8.
std::string json_string(const std::string& text);

}  // namespace gradus::io
