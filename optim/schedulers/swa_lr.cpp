#include <gradus/optim/schedulers/swa_lr.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::optim {

std::span<const OptionRow<SWALROptions>> SWALROptions::rows() {
  using O = SWALROptions;
  static const OptionRow<O> table[] = {{"swa_lr", &O::swa_lr, above_zero},
                                       {"anneal_epochs", &O::anneal_epochs, count_from(0)}};
  return table;
}
std::span<const ChoiceRow<SWALROptions>> SWALROptions::choices() {
  static const ChoiceRow<SWALROptions> table[] = {choice<&SWALROptions::anneal>("anneal", {"cos", "linear"})};
  return table;
}

namespace {
SWALROptions with_swa_lr(SWALROptions o) {
  if (!o.swa_lrs.empty()) o.swa_lr = o.swa_lrs[0];  // which then need not be given
  return o;
}
}  // namespace

SWALR::SWALR(OptimizerBase& optimizer, Options options)
    : OptionSchedule("SWALR", optimizer, with_swa_lr(std::move(options))) {
  check_list("swa_lrs", o_.swa_lrs, above_zero);
  start();
}
void SWALR::seek(Index e) {
  const bool first = found_.empty() && e > 0;
  if (first) found_ = last_lr();
  try {
    Scheduler::seek(e);
  } catch (...) {
    if (first) found_.clear();
    throw;
  }
}
double SWALR::rate(std::size_t group, Index e, double before) const {
  const double t = e >= o_.anneal_epochs ? 1 : static_cast<double>(e) / static_cast<double>(o_.anneal_epochs);
  const double share = o_.anneal == Anneal::linear ? t : (1 - std::cos(std::numbers::pi * t)) / 2;
  return of_group(o_.swa_lrs, o_.swa_lr, group) * share + before * (1 - share);
}
double SWALR::start_lr(std::size_t group) const { return of_group(found_, optimizer().get(group, "lr"), group); }
StateDict SWALR::settings() const {
  StateDict all = OptionSchedule::settings();
  all["swa_lrs"] = tensor(o_.swa_lrs);
  return all;
}
void SWALR::save_extra(StateDict& state) const {
  if (!found_.empty()) state["found"] = tensor(found_);
}
void SWALR::load_extra(const StateDict& state) {
  std::vector<double> rates;
  if (const auto there = state.find("found"); there != state.end()) {
    rates = there->second.to_vector<double>();
    check_list("found", rates, at_least_zero);
  }
  found_ = rates;
}

}  // namespace gradus::optim
