// Changes of the gradients between backward() and step(), beside clipping (clip.hpp).
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus::optim {

/// Adds normal noise of variance eta / (1 + t)^gamma to every gradient (Neelakantan et al., arXiv 1511.06807); t counts
/// steps from 0. Throws ValueError for eta < 0, gamma < 0 or t < 0.
void add_gradient_noise_(const std::vector<Variable>& parameters, Index t, double eta = 0.01, double gamma = 0.55,
                         Generator& generator = default_generator());
/// Subtracts from each gradient with at least `min_rank` axes its mean over all axes but the first, one per output unit
/// (Yong et al., arXiv 2004.01461); min_rank 4: convolutions only. Before weight decay and moments, so before step().
void centralize_gradients_(const std::vector<Variable>& parameters, Index min_rank = 2);
/// Scales down each output unit's gradient to at most `clipping` times the norm of its weights, which counts as at least
/// eps (adaptive gradient clipping: Brock et al., arXiv 2102.06171). Vectors and scalars are one unit each per element.
void clip_grad_adaptive_(const std::vector<Variable>& parameters, double clipping = 0.01, double eps = 1e-3);

}  // namespace gradus::optim
