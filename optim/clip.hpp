// Limits on gradients, between backward() and step().
#pragma once
#include <gradus/autograd/variable.hpp>

namespace gradus::optim {

struct ClipOptions {
  double norm_type = 2;             ///< p >= 1 of the p-norm; infinity: the largest magnitude; 0: how many are not 0
  bool error_if_nonfinite = false;  ///< refuse an infinite or NaN norm before anything is changed
};
/// Scales all gradients so that their common norm is at most max_norm; returns the norm before (0 without gradients).
double clip_grad_norm_(const std::vector<Variable>& parameters, double max_norm, ClipOptions options = {});
/// Cuts every element to [-limit, limit]; NaN stays.
void clip_grad_value_(const std::vector<Variable>& parameters, double limit);

/// The norm of all gradients that are there, taken as one vector; 0 if there are none. norm_type as above.
double grad_norm(const std::vector<Variable>& parameters, double norm_type = 2);

/// The same of any f32 and f64 tensors, undefined ones left out. Computed in f64: f32 values never over- or underflow.
double total_norm(const std::vector<Tensor>& tensors, double norm_type = 2);

}  // namespace gradus::optim
