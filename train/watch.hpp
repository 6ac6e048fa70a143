#pragma once
#include <gradus/autograd/variable.hpp>

#include <string>

namespace gradus::train {

/// Throws StateError when the loss is NaN or infinite, naming the step and the first tensor that is not finite: a
/// parameter, a gradient, or else the earliest value on the loss's tape, with its operation and module. Looks at nothing
/// but the loss while it is finite. Call it before backward(), which releases the tape.
void check_finite(Index step, const Variable& loss,
                  const std::vector<std::pair<std::string, Variable>>& named_parameters);

}  // namespace gradus::train
