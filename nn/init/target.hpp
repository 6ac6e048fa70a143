#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus::nn::init {

/// What a rule writes into: a Tensor, a view of one such as transpose(w), or the value of a Parameter. Throws ValueError
/// if there is none (a layer without bias).
struct Target {
  Target(Tensor t) : value(std::move(t)) {  // NOLINT(google-explicit-constructor): xavier_uniform_(w) is the point
    if (!value.defined()) fail<ValueError>("init: there is no tensor to write into — a layer without bias?");
  }
  Target(const Variable& v) : Target(v.data()) {}  // NOLINT(google-explicit-constructor)

  Tensor value;
};

}  // namespace gradus::nn::init
