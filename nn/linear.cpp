#include <gradus/autograd/ops/linalg.hpp>
#include <gradus/nn/init/init.hpp>
#include <gradus/nn/linear.hpp>

#include <cmath>

namespace gradus::nn {

Linear::Linear(Index in, Index out, Options options) {
  if (in < 0 || out < 0) fail<ValueError>("Linear: sizes must be at least 0: in is ", in, ", out is ", out);
  weight = Parameter(empty({out, in}, options.dtype));
  init::kaiming_uniform_(weight.data(), {.a = std::sqrt(5.0)});
  if (!options.bias) return;
  const double bound = in ? 1 / std::sqrt(static_cast<double>(in)) : 0;
  bias = Parameter(uniform({out}, -bound, bound, options.dtype));
}
Variable Linear::forward(const Variable& x) { return linear(x, weight, bias); }
std::string Linear::extra_repr() const {
  return join("in_features=", weight.size(1), ", out_features=", weight.size(0), ", bias=", bias.defined());
}

}  // namespace gradus::nn
