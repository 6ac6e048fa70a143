// Sums around a schedule: epochs as steps, and hyper-parameters for another batch size.
#pragma once
#include <gradus/tensor/dtype.hpp>

namespace gradus::optim {

/// Optimizer steps in so many epochs, which may be a fraction, rounded: schedules that are stepped per batch count these.
/// Throws ValueError unless epochs is finite and >= 0 and steps_per_epoch (loader.size()) is >= 1.
Index epochs_to_steps(double epochs, Index steps_per_epoch);

/// lr * batch / base_batch: SGD, with a warm-up (Goyal et al., arXiv 1706.02677). Neither rule holds beyond the critical
/// batch size. Throws ValueError unless all are finite and lr >= 0, the sizes >= 1.
double linear_scaled_lr(double lr, Index batch, Index base_batch);

/// What the square-root rule changes in Adam and its relatives.
struct AdamScale {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};
/// With k = batch / base_batch: lr sqrt(k), 1 - k (1 - beta), eps / sqrt(k) (Malladi et al., arXiv 2205.10287). Throws
/// ValueError for values out of range and where a beta would fall below 0.
AdamScale sqrt_scaled(const AdamScale& adam, Index batch, Index base_batch);

}  // namespace gradus::optim
