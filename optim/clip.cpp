#include <gradus/optim/clip.hpp>
#include <gradus/optim/element.hpp>
#include <gradus/tensor/arithmetic.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {

/// The gradients that are there, each dense.
std::vector<Tensor> gradients(const std::vector<Variable>& parameters) {
  std::vector<Tensor> found;
  for (const Variable& p : parameters) {
    if (!p.requires_grad()) continue;
    Tensor& g = p.grad();
    if (!g.defined()) continue;
    if (!is_floating(g.dtype())) fail<DTypeError>("clip: gradients must be f32 or f64: got ", g.dtype());
    if (!is_dense(g.shape(), g.strides())) g = copy(g);
    found.push_back(g);
  }
  return found;
}

/// f(value) folded over all elements, in fixed chunks: `join` combines two results, starting from 0.
template <class F, class Join>
double fold(const std::vector<Tensor>& tensors, F f, Join join) {
  double total = 0;
  for (const Tensor& t : tensors)
    dispatch_floating(t.dtype(), "grad_norm", [&]<class T>() {
      const T* x = t.read<T>();
      constexpr Index chunk = parallel_grain;
      std::vector<double> parts(static_cast<std::size_t>((t.numel() + chunk - 1) / chunk));
      parallel_for(t.numel(), chunk, [&](Index begin, Index end) {
        simd::run([&] {
          double lane[8] = {};
          Index i = begin;
          for (; i + 8 <= end; i += 8)
            for (Index l = 0; l < 8; ++l) lane[l] = join(lane[l], f(static_cast<double>(x[i + l])));
          for (; i < end; ++i) lane[0] = join(lane[0], f(static_cast<double>(x[i])));
          for (Index l = 1; l < 8; ++l) lane[0] = join(lane[0], lane[l]);
          parts[static_cast<std::size_t>(begin / chunk)] = lane[0];
        });
      });
      for (const double part : parts) total = join(total, part);
    });
  return total;
}
constexpr auto plus = [](double a, double b) { return a + b; };
constexpr auto larger = [](double a, double b) { return a != a || a > b ? a : b; };

double norm_of(const std::vector<Tensor>& tensors, double p) {
  if (p == 0)
    return fold(
        tensors, [](double v) { return v != v ? v : static_cast<double>(v != 0); }, plus);
  if (p == 2) {
    const double squares = fold(
        tensors, [](double v) { return v * v; }, plus);
    if (squares > 1e-290 && std::isfinite(squares)) return std::sqrt(squares);  // below, squares have lost digits
  }
  const double largest = fold(
      tensors, [](double v) { return std::abs(v); }, larger);
  if (std::isinf(p) || largest == 0 || !std::isfinite(largest)) return largest;
  // Scaled into [0, 1]: no overflow, however large the values are.
  return largest * std::pow(fold(
                                tensors, [=](double v) { return std::pow(std::abs(v) / largest, p); }, plus),
                            1 / p);
}

void check_norm_type(const char* function, double p) {
  if (!(p >= 1 || p == 0)) fail<ValueError>(function, ": norm_type must be 0 or at least 1: got ", p);
}

}  // namespace

double total_norm(const std::vector<Tensor>& tensors, double norm_type) {
  check_norm_type("total_norm", norm_type);
  std::vector<Tensor> dense;
  for (const Tensor& t : tensors)
    if (t.defined()) dense.push_back(is_dense(t.shape(), t.strides()) ? t : copy(t));
  return norm_of(dense, norm_type);
}
double grad_norm(const std::vector<Variable>& parameters, double norm_type) {
  check_norm_type("grad_norm", norm_type);
  return norm_of(gradients(parameters), norm_type);
}

double clip_grad_norm_(const std::vector<Variable>& parameters, double max_norm, ClipOptions options) {
  const double p = options.norm_type;
  if (!(max_norm >= 0) || !std::isfinite(max_norm))
    fail<ValueError>("clip_grad_norm_: max_norm must be finite and >= 0: got ", max_norm);
  check_norm_type("clip_grad_norm_", p);
  auto found = gradients(parameters);
  const double norm = norm_of(found, p);
  if (options.error_if_nonfinite && !std::isfinite(norm))
    fail<ValueError>("clip_grad_norm_: the norm of the gradients is not finite: ", norm);
  const double scale = std::min(1.0, max_norm / (norm + 1e-6));
  for (Tensor& g : found) mul_(g, std::isnan(norm) ? norm : scale);  // std::min would drop the NaN
  return norm;
}

void clip_grad_value_(const std::vector<Variable>& parameters, double limit) {
  if (!(limit >= 0) || !std::isfinite(limit))
    fail<ValueError>("clip_grad_value_: the limit must be finite and >= 0: got ", limit);
  for (Tensor& g : gradients(parameters))
    for_each_element(
        [=](auto& x) { x = x > limit    ? decltype(x + x)(limit)
                           : x < -limit ? decltype(x + x)(-limit)
                                        : x; }, g);
}

}  // namespace gradus::optim
