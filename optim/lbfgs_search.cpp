// The line search of L-BFGS (Nocedal and Wright, algorithms 3.5 and 3.6).
#include <gradus/optim/lbfgs.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gradus::optim {
namespace {

/// Minimum of the cubic through two points with slopes, kept inside [low, high]; their middle if there is none.
double cubic_minimum(double x1, double f1, double g1, double x2, double f2, double g2, double low, double high) {
  const double d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2), square = d1 * d1 - g1 * g2;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double x = x1 <= x2 ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
                            : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2));
  return std::isfinite(x) ? std::min(std::max(x, low), high) : (low + high) / 2;
}

}  // namespace

LBFGS::Point LBFGS::search(const Closure& closure, double t, Point a) {
  constexpr double c1 = 1e-4, c2 = 0.9;
  const double tolerance = options().tolerance_change, size = largest(memory_.direction), f = a.f, slope = a.slope;
  const auto too_high = [&](const Point& p) { return !(p.f <= f + c1 * p.t * slope); };  // NaN is too high
  const auto flat_enough = [&](const Point& p) { return std::abs(p.slope) <= -c2 * slope; };
  const Index floor = budget_ - std::min(budget_, move_limit);

  // A bracket [a, b] that holds a point with both Wolfe conditions.
  const Point start = a;
  Point b = evaluate(closure, t);
  for (Index used = 0;; ++used) {
    if (budget_ == floor) return b.finite() && b.f < f ? b : start;
    if (!b.finite()) {  // too far: the cubic knows nothing of such a point
      b = evaluate(closure, (a.t + b.t) / 2);
      continue;
    }
    if (too_high(b) || (used > 1 && b.f >= a.f)) break;
    if (flat_enough(b)) return b;
    if (b.slope >= 0) break;
    const double next = cubic_minimum(a.t, a.f, a.slope, b.t, b.f, b.slope, b.t + 0.01 * (b.t - a.t), b.t * 10);
    a = std::exchange(b, evaluate(closure, next));
  }

  // Shrink it. `low` has the smaller loss.
  Point *low = a.f <= b.f ? &a : &b, *high = low == &a ? &b : &a;
  bool slow = false;
  while (budget_ > floor) {
    const double left = std::min(a.t, b.t), right = std::max(a.t, b.t);
    if ((right - left) * size < tolerance) break;
    double next = cubic_minimum(a.t, a.f, a.slope, b.t, b.f, b.slope, left, right);
    const double margin = 0.1 * (right - left);
    if (std::min(right - next, next - left) < margin) {  // too near an end to make progress
      if (slow || next >= right || next <= left) {
        next = std::abs(next - right) < std::abs(next - left) ? right - margin : left + margin;
        slow = false;
      } else {
        slow = true;
      }
    } else {
      slow = false;
    }
    Point p = evaluate(closure, next);
    if (!p.finite()) p.f = std::numeric_limits<double>::infinity();
    if (too_high(p) || !(p.f < low->f)) {
      *high = std::move(p);
      low = a.f <= b.f ? &a : &b;
      high = low == &a ? &b : &a;
      continue;
    }
    const bool done = flat_enough(p);
    if (!done && p.slope * (high->t - low->t) >= 0) *high = *low;
    *low = std::move(p);
    if (done) break;
  }
  return *low;
}

}  // namespace gradus::optim
