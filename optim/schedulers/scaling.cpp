#include <gradus/optim/options.hpp>
#include <gradus/optim/schedulers/scaling.hpp>

#include <cmath>

namespace gradus::optim {
namespace {
double ratio(const char* op, Index batch, Index base_batch) {
  detail::check_range(op, "batch", static_cast<double>(batch), count_from(1));
  detail::check_range(op, "base_batch", static_cast<double>(base_batch), count_from(1));
  return static_cast<double>(batch) / static_cast<double>(base_batch);
}
}  // namespace

Index epochs_to_steps(double epochs, Index steps_per_epoch) {
  detail::check_range("epochs_to_steps", "steps_per_epoch", static_cast<double>(steps_per_epoch), count_from(1));
  detail::check_range("epochs_to_steps", "epochs", epochs, at_least_zero);
  const double steps = epochs * static_cast<double>(steps_per_epoch);
  detail::check_range("epochs_to_steps", "epochs * steps_per_epoch", steps, count_from(0));
  return std::llround(steps);
}

double linear_scaled_lr(double lr, Index batch, Index base_batch) {
  detail::check_range("linear_scaled_lr", "lr", lr, at_least_zero);
  return lr * ratio("linear_scaled_lr", batch, base_batch);
}

AdamScale sqrt_scaled(const AdamScale& adam, Index batch, Index base_batch) {
  const char* op = "sqrt_scaled";
  detail::check_range(op, "lr", adam.lr, at_least_zero);
  detail::check_range(op, "beta1", adam.beta1, unit_open);
  detail::check_range(op, "beta2", adam.beta2, unit_open);
  detail::check_range(op, "eps", adam.eps, at_least_zero);
  const double k = ratio(op, batch, base_batch);
  const auto scaled = [&](const char* field, double beta) {
    const double b = 1 - k * (1 - beta);
    if (b < 0)
      fail<ValueError>(op, ": ", field, " would fall below 0: got ", beta, " and a batch ", k, " times as large");
    return b;
  };
  return {adam.lr * std::sqrt(k), scaled("beta1", adam.beta1), scaled("beta2", adam.beta2), adam.eps / std::sqrt(k)};
}

}  // namespace gradus::optim
