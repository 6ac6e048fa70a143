// Golden values that the scripts in tests/golden/ made with PyTorch.
#pragma once
#include <gradus/gradus.hpp>
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

/// Options by name, through the table of rows.
template <class O>
O options(const nlohmann::json& values) {
  O o;
  for (const auto& [name, value] : values.items()) {
    const auto* row = gradus::optim::find_row<O>(name);
    if (!row) throw std::runtime_error("golden: no option " + name);
    gradus::optim::set(o, *row, value.is_boolean() ? (value == true ? 1.0 : 0.0) : value.template get<double>());
  }
  return o;
}

}  // namespace golden
