// The image sets that the examples train on, split and named.
#pragma once
#include <gradus/gradus.hpp>

struct ImageData {
  std::string name;
  gradus::data::DatasetPtr train, validation, test;
  gradus::Shape image;               ///< of one example, [c, h, w]
  std::vector<std::string> classes;  ///< their names
};

/// "fashion-mnist" or "digits" for "auto": the first that is there, else the name itself.
std::string resolve_image_data(const std::string& name, const std::string& root);
/// Reads and splits one of them; `validation` examples are held back from training (-1: 5000, digits 180).
ImageData load_image_data(const std::string& name, const std::string& root, gradus::Index validation,
                          std::uint64_t seed);
