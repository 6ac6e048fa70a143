#pragma once
#include <gradus/autograd/variable.hpp>

#include <string>

namespace gradus::train {

/// Throws StateError naming the step and the first tensor that is not finite when the loss is NaN or infinite. Looks at
/// parameters and gradients only then.
void check_finite(Index step, double loss, const std::vector<std::pair<std::string, Variable>>& named_parameters);

}  // namespace gradus::train
