// Archives as bytes, for tests that look at them or damage them.
#pragma once
#include <gradus/tensor/io/file.hpp>

#include "scratch_file.hpp"
#include "tensor_layer.hpp"

using Tensors = std::map<std::string, gradus::Tensor>;

inline Tensors load_bytes(const std::string& bytes) { return gradus::load_npz(ScratchFile(bytes).path); }
inline std::string saved(const Tensors& tensors, bool compress = false) {
  const ScratchFile file("");
  gradus::save_npz(tensors, file.path, {.compress = compress});
  return gradus::io::read_file(file.path);
}
