#include <gradus/optim/schedulers/plateau.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

std::span<const OptionRow<ReduceLROnPlateauOptions>> ReduceLROnPlateauOptions::rows() {
  using O = ReduceLROnPlateauOptions;
  static const OptionRow<O> table[] = {{"factor", &O::factor, {0, 1, true, true}},
                                       {"patience", &O::patience, count_from(0)},
                                       {"threshold", &O::threshold},
                                       {"cooldown", &O::cooldown, count_from(0)},
                                       {"min_lr", &O::min_lr},
                                       {"eps", &O::eps}};
  return table;
}
std::span<const ChoiceRow<ReduceLROnPlateauOptions>> ReduceLROnPlateauOptions::choices() {
  using O = ReduceLROnPlateauOptions;
  static const ChoiceRow<O> table[] = {choice<&O::mode>("mode", {"min", "max"}),
                                       choice<&O::threshold_mode>("threshold_mode", {"rel", "abs"})};
  return table;
}

ReduceLROnPlateau::ReduceLROnPlateau(OptimizerBase& optimizer, Options options)
    : o_(std::move(options)), optimizer_(&optimizer),
      best_(o_.mode == PlateauMode::min ? std::numeric_limits<double>::infinity()
                                        : -std::numeric_limits<double>::infinity()) {
  validate("ReduceLROnPlateau", o_);
  if (!o_.min_lrs.empty() && o_.min_lrs.size() != optimizer.group_count())
    fail<ValueError>("ReduceLROnPlateau: min_lrs needs one value per group: got ", o_.min_lrs.size(), " for ",
                     optimizer.group_count(), " groups");
  for (const double lr : o_.min_lrs) detail::check_range("ReduceLROnPlateau", "min_lrs", lr, at_least_zero);
}

bool ReduceLROnPlateau::better(double metric) const {
  double margin = o_.threshold_mode == ThresholdMode::rel ? best_ * o_.threshold : o_.threshold;
  if (std::isinf(best_)) margin = 0;  // inf - inf would be NaN
  return o_.mode == PlateauMode::min ? metric < best_ - margin : metric > best_ + margin;
}
bool ReduceLROnPlateau::step(double metric) {
  if (better(metric)) {
    best_ = metric;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_ = 0;
  }
  if (bad_ <= o_.patience) return false;
  bool reduced = false;
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) {
    const double lr = optimizer_->get(g, "lr"), floor = g < o_.min_lrs.size() ? o_.min_lrs[g] : o_.min_lr;
    const double lower = std::max(lr * o_.factor, floor);
    if (!(lr - lower > o_.eps)) continue;
    optimizer_->set(g, "lr", lower);
    reduced = true;
  }
  cooldown_left_ = o_.cooldown;
  bad_ = 0;
  return reduced;
}
std::vector<double> ReduceLROnPlateau::last_lr() const {
  std::vector<double> values;
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) values.push_back(optimizer_->get(g, "lr"));
  return values;
}

StateDict ReduceLROnPlateau::state_dict() const {
  return {{"best", scalar_tensor(best_, DType::f64)},
          {"bad_epochs", scalar_tensor(bad_, DType::i64)},
          {"cooldown_left", scalar_tensor(cooldown_left_, DType::i64)}};
}
void ReduceLROnPlateau::load_state_dict(const StateDict& state) {
  const auto one = [&](const char* key, DType dtype) -> const Tensor& {
    const auto found = state.find(key);
    if (found == state.end() || found->second.numel() != 1 || found->second.dtype() != dtype)
      fail<ValueError>("ReduceLROnPlateau: load_state_dict: no ", key, " in the state");
    return found->second;
  };
  const double best = one("best", DType::f64).item();
  const Index bad = one("bad_epochs", DType::i64).item<Index>(), left = one("cooldown_left", DType::i64).item<Index>();
  if (best != best) fail<ValueError>("ReduceLROnPlateau: load_state_dict: best is NaN");
  detail::check_range("ReduceLROnPlateau", "bad_epochs", static_cast<double>(bad), count_from(0));
  detail::check_range("ReduceLROnPlateau", "cooldown_left", static_cast<double>(left), count_from(0));
  best_ = best;
  bad_ = bad;
  cooldown_left_ = left;
}

}  // namespace gradus::optim
