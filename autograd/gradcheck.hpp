// Are the derivatives right? Compared with finite differences, along random directions and for a random cotangent, so
// that one evaluation tests all inputs and outputs at once (a cotangent of ones would hide a sign or a transposition).
#pragma once
#include <gradus/autograd/functional.hpp>

#include <string>

namespace gradus {

struct GradcheckOptions {
  double step = 6e-6;  ///< of the central difference: about the cube root of f64's precision
  double rtol = 1e-6, atol = 1e-8;
  std::uint64_t seed = 0;  ///< of directions and cotangent
  int directions = 2;      ///< how many random directions are tried
};
struct GradcheckResult {
  bool ok = true;
  std::string message;  ///< what was compared, or what differs
  double analytic = 0, numeric = 0;
  explicit operator bool() const { return ok; }
};
/// Whether f's first derivatives at `inputs` (f64) agree with central differences. Throws DTypeError for other dtypes.
GradcheckResult gradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// The same for the second derivatives: the derivative of the recorded gradient.
GradcheckResult gradgradcheck(const Function& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace gradus
