// Golden values that the scripts in tests/golden/ made with PyTorch.
#pragma once
#include <gradus/tensor/io/safetensors.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace golden {

inline std::string path(const std::string& file) { return std::string(GRADUS_SOURCE_DIR) + "/tests/golden/" + file; }
inline nlohmann::json json(const std::string& file) {
  std::ifstream in(path(file));
  return nlohmann::json::parse(in);
}
inline gradus::TensorFile tensors(const std::string& file) { return gradus::load_safetensors(path(file)); }

}  // namespace golden
