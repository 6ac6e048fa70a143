// Less memory for more time: a part of the computation whose values are computed again when the backward pass needs them.
#pragma once
#include <gradus/autograd/functional.hpp>

namespace gradus {

/// f(inputs), of which the tape keeps only the inputs: backward runs f again, with the random numbers that it had (Chen
/// et al., arXiv 1604.06174). f may use other leaves, such as weights; what it computes must not depend on when it runs.
/// Throws StateError in backward if f's second result has another shape.
Variable checkpoint(const Function& f, const std::vector<Variable>& inputs);
Variable checkpoint(const UnaryFunction& f, const Variable& input);

}  // namespace gradus
