// Functions as modules, for Sequential.
#pragma once
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/nn/module.hpp>

namespace gradus::nn {

struct ReLU : Module<ReLU> {
  Variable forward(const Variable& x) { return relu(x); }
};
struct Sigmoid : Module<Sigmoid> {
  Variable forward(const Variable& x) { return sigmoid(x); }
};
struct Tanh : Module<Tanh> {
  Variable forward(const Variable& x) { return tanh(x); }
};
/// Joins the axes from first to last: [n, c, h, w] -> [n, c*h*w].
struct Flatten : Module<Flatten> {
  Index first, last;
  explicit Flatten(Index first_axis = 1, Index last_axis = -1) : first(first_axis), last(last_axis) {}
  Variable forward(const Variable& x) { return flatten(x, first, last); }
};

}  // namespace gradus::nn
