#include <gradus/autograd/picture/svg.hpp>
#include <gradus/train/lr_range_test.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::train {
namespace {

void check(const LrRangeTestOptions& o) {
  const auto need = [](bool ok, const char* field, double value, const char* range) {
    if (!ok || !std::isfinite(value)) fail<ValueError>("lr_range_test: ", field, " must be ", range, ": got ", value);
  };
  need(o.low > 0, "low", o.low, "finite and > 0");
  need(o.high > o.low, "high", o.high, "finite and > low");
  need(o.steps >= 2, "steps", static_cast<double>(o.steps), ">= 2");
  need(o.smoothing > 0 && o.smoothing <= 1, "smoothing", o.smoothing, "in (0, 1]");
  need(o.stop_factor > 1, "stop_factor", o.stop_factor, "finite and > 1");
}

/// What everything was, and the way back. (No destructor does it: loading a state may throw.)
class Before {
 public:
  Before(nn::ModuleBase& model, optim::OptimizerBase& optimizer, Generator& generator)
      : model_(model), optimizer_(optimizer), generator_(generator), place_(generator.state()) {
    for (const auto& [name, t] : model.state_dict()) weights_[name] = copy(t);
    for (const Variable& p : optimizer.parameters()) {
      values_.push_back(copy(p.data()));
      gradients_.push_back(p.grad().defined() ? copy(p.grad()) : Tensor());
    }
    state_ = optimizer.state_dict();
  }
  void restore() {
    model_.load_state_dict(weights_);
    auto parameters = optimizer_.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].data().copy_from(values_[i]);
      parameters[i].grad() = gradients_[i];
    }
    optimizer_.load_state_dict(state_);
    generator_.set_state(place_);
  }
  const optim::StateDict& optimizer_state() const { return state_; }

 private:
  nn::ModuleBase& model_;
  optim::OptimizerBase& optimizer_;
  Generator& generator_;
  Generator::State place_;
  std::map<std::string, Tensor> weights_;
  std::vector<Tensor> values_, gradients_;
  optim::StateDict state_;
};

LrRangeTestResult train_at_all(optim::OptimizerBase& optimizer, const optim::Closure& closure,
                               const LrRangeTestOptions& o) {
  LrRangeTestResult result;
  double average = 0, best = std::numeric_limits<double>::infinity(), largest = 0, unit = 0;
  for (Index i = 0; i < o.steps; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(o.steps - 1);
    const double lr = o.linear ? o.low + (o.high - o.low) * share : o.low * std::pow(o.high / o.low, share);
    for (std::size_t g = 0; g < optimizer.group_count(); ++g) optimizer.set(g, "lr", lr);
    const double loss = optimizer.step(closure).item();
    result.diverged = true;
    if (!std::isfinite(loss)) break;
    average = i == 0 && !o.debias ? loss : o.smoothing * loss + (1 - o.smoothing) * average;
    const double smoothed = o.debias ? average / (1 - std::pow(1 - o.smoothing, static_cast<double>(i + 1))) : average;
    result.lr.push_back(lr);
    result.loss.push_back(loss);
    result.smoothed.push_back(smoothed);
    largest = std::max(largest, std::abs(loss));
    if (smoothed < best) {
      best = smoothed;
      unit = best > 0 ? best : largest;
    }
    if (smoothed - best > (o.stop_factor - 1) * unit) break;
    result.diverged = false;
  }
  return result;
}

/// The largest of the first tenth of the losses.
double level_of_start(const std::vector<double>& loss) {
  if (loss.empty()) return 0;
  return *std::max_element(loss.begin(), loss.begin() + static_cast<std::ptrdiff_t>((loss.size() + 9) / 10));
}

}  // namespace

LrRangeTestResult lr_range_test(nn::ModuleBase& model, optim::OptimizerBase& optimizer, const optim::Closure& closure,
                                LrRangeTestOptions options, Generator& generator) {
  check(options);
  Before before(model, optimizer, generator);
  for (const auto& [key, value] : before.optimizer_state())
    if (key.ends_with(".initial_lr") && !std::isnan(value.item()))
      fail<StateError>("lr_range_test: a schedule is attached to the optimizer — test first, then make the schedule");
  LrRangeTestResult result;
  try {
    result = train_at_all(optimizer, closure, options);
  } catch (...) {
    before.restore();
    throw;
  }
  before.restore();
  return result;
}

std::vector<double> LrRangeTestResult::curve() const {
  constexpr double width = 0.2;  // of a decade
  const double start = level_of_start(loss);
  std::vector<double> out;
  for (std::size_t i = 0; i < lr.size(); ++i) {
    double sum = 0, weights = 0;
    const auto add = [&](std::size_t k) {
      const double distance = std::log10(lr[k] / lr[i]) / width, weight = std::exp(-distance * distance / 2);
      sum += weight * (std::min(loss[k], start) - start);
      weights += weight;
      return weight > 1e-3;
    };
    for (std::size_t k = i; k < lr.size() && add(k); ++k) continue;
    for (std::size_t k = i; k-- > 0 && add(k);) continue;
    out.push_back(start + sum / weights);
  }
  return out;
}
std::optional<double> LrRangeTestResult::steepest() const {
  const auto y = curve();
  const auto best = static_cast<std::size_t>(std::min_element(y.begin(), y.end()) - y.begin());
  std::optional<double> found;
  double lowest = 0;
  for (std::size_t i = 1; i + 1 < y.size() && i <= best; ++i) {
    const double slope = (y[i + 1] - y[i - 1]) / std::log(lr[i + 1] / lr[i - 1]);
    if (slope < lowest) {
      lowest = slope;
      found = lr[i];
    }
  }
  return found;
}
std::optional<double> LrRangeTestResult::tenth_of_best() const {
  const auto y = curve();
  const auto best = std::min_element(y.begin(), y.end());
  if (y.empty() || !(*best < y[0])) return std::nullopt;
  return lr[static_cast<std::size_t>(best - y.begin())] / 10;
}

Panel lr_range_panel(const LrRangeTestResult& result, const std::string& title) {
  const auto y = result.curve();
  Panel panel{.title = title,
              .x_label = "learning rate",
              .y_label = "loss",
              .series = {{"loss", result.lr, result.loss}, {"smoothed", result.lr, y}},
              .log_x = true};
  if (y.empty()) return panel;
  const auto mark = [&](const char* name, std::optional<double> lr, Mark kind) {
    if (!lr) return;
    const auto at = std::min(std::lower_bound(result.lr.begin(), result.lr.end(), *lr), result.lr.end() - 1);
    panel.series.push_back({join(name, svg::short_number(*lr, 2)),
                            {*lr},
                            {y[static_cast<std::size_t>(at - result.lr.begin())]},
                            false,
                            kind});
  };
  mark("steepest: ", result.steepest(), Mark::ring);
  mark("a tenth of the best: ", result.tenth_of_best(), Mark::cross);
  const double low = *std::min_element(result.loss.begin(), result.loss.end()), start = level_of_start(result.loss),
               high = start + (start - low) / 4;
  if (low < high && std::isfinite(high)) panel.y = {low, high};
  return panel;
}
void save_lr_range_plot(const std::filesystem::path& path, const LrRangeTestResult& result) {
  save_line_plot(path, {lr_range_panel(result)});
}

}  // namespace gradus::train
