// The networks that train.cpp knows by name.
#pragma once
#include <gradus/gradus.hpp>

struct ModelOptions {
  std::string name;
  gradus::Shape image;  ///< of one example, [c, h, w]
  gradus::Index classes;
  std::vector<gradus::Index> widths;  ///< of the hidden layers
  double dropout;                     ///< after each of them
};
std::vector<std::string> model_names();
/// From images [n, c, h, w] to logits [n, classes].
gradus::nn::Sequential make_model(const ModelOptions& options);
