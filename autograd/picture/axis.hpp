// Private to the drawings: round numbers along an axis, for whatever values there are.
#pragma once
#include <string>
#include <vector>

namespace gradus::svg {

/// (v - from) / (to - from), also where a difference is beyond the largest number. NaN if from is to.
double share(double v, double from, double to);

enum class Scale {
  plain,
  whole,  ///< ticks at whole numbers alone, if all values are whole
  log     ///< values are decimal logarithms, ticks whole powers of ten
};
/// take() each value, then finish().
struct Axis {
  Scale scale = Scale::plain;
  double low = 1, high = 0, step = 1;
  std::vector<double> ticks = {};  ///< about five round numbers

  /// Passes over what is not finite.
  void take(double v);
  /// Sets the ticks. Widens a range that is empty or that labels could not tell from a single value; `round` widens any to
  /// round ends.
  void finish(bool round = true);
  /// 0 at the low end, 1 at the high one, cut off a thousand lengths beyond; NaN for what is not finite.
  double place(double v) const;
  /// Of a tick, with the digits that tell it from the next one.
  std::string text(double tick) const;
};

}  // namespace gradus::svg
