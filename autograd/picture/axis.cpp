#include <gradus/autograd/picture/axis.hpp>
#include <gradus/autograd/picture/svg.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::svg {
namespace {

constexpr double largest = std::numeric_limits<double>::max();

/// 1, 2, 2.5 or 5 times a power of ten, at least a fifth of the way; of whole numbers a whole one.
double tick_step(double low, double high, bool whole) {
  const double rough = high / 5 - low / 5,
               power = std::pow(10, std::floor(std::log10(rough)));  // no difference: it may overflow
  for (const double s : {1.0, 2.0, 2.5, 5.0})
    if (const double step = s * power; step >= rough * (1 - 1e-9) && !(whole && step != std::round(step))) return step;
  return whole ? std::max(10 * power, 1.0) : 10 * power;
}

}  // namespace

double share(double v, double from, double to) {
  const double size = std::max({std::abs(v), std::abs(from), std::abs(to)});
  return size < largest / 2 ? (v - from) / (to - from) : (v / 2 - from / 2) / (to / 2 - from / 2);
}

void Axis::take(double v) {
  if (!std::isfinite(v)) return;
  const bool first = !(low <= high);
  low = first ? v : std::min(low, v);
  high = first ? v : std::max(high, v);
  if (scale == Scale::whole && (v != std::round(v) || std::abs(v) > 1e9)) scale = Scale::plain;
}
void Axis::finish(bool round) {
  if (!(low <= high)) low = 0, high = 1;
  const double size = std::max(std::abs(low), std::abs(high)),
               least = scale == Scale::log ? 1e-6 : std::max(1e-6 * size, 1e-300);
  if (high / 2 - low / 2 < least) {
    const double more = scale != Scale::plain || size < 1e-290 ? 1 : size / 2;
    low = std::max(low - more, -largest);
    high = std::min(high + more, largest);
  }
  step =
      scale == Scale::log ? std::max(1.0, std::ceil(high / 5 - low / 5)) : tick_step(low, high, scale == Scale::whole);
  if (round) {
    const double unit = scale == Scale::log ? 1 : step;
    low = std::max(std::floor(low / unit + 1e-9) * unit, -largest);
    high = std::min(std::ceil(high / unit - 1e-9) * unit, largest);
  }
  for (double i = std::ceil(low / step - 1e-9); i <= low / step + 20 && i <= high / step + 1e-9; ++i)
    ticks.push_back(i * step + 0.0);  // no -0
}
double Axis::place(double v) const {
  if (!std::isfinite(v)) return std::nan("");
  return std::clamp(share(v, low, high), -1000.0, 1001.0);
}
std::string Axis::text(double tick) const {
  if (scale == Scale::log) return std::abs(tick) > 3 ? "1e" + number(tick) : short_number(std::pow(10, tick));
  if (tick == std::round(tick) && std::abs(tick) < 1e6) return number(tick);
  const double size = std::max(std::abs(low), std::abs(high));
  return short_number(tick, 2 + static_cast<int>(std::floor(std::log10(size)) - std::floor(std::log10(step))));
}

}  // namespace gradus::svg
