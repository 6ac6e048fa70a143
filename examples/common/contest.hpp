// A contest of optimizers: from several starts, each with the best learning rate that a search finds.
#pragma once
#include "problems.hpp"

#include <limits>

struct Contender {
  const char* name;
  const char* text;  ///< as optimizer_factory() takes it, without lr
  double lowest;     ///< of the 21 learning rates, each twice the one before
  bool full_batch = false;
  const char* also = "";  ///< another option that gets the learning rate
};

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// What came of one start. Lost: the loss rose to a million times its first height, or is no number.
struct Run {
  bool solved = false, lost = false;
  double steps = 0, gradients = infinity;  ///< until it came within the tolerance to stay
  double gap = infinity;                   ///< loss above the least one, at the end
  gradus::train::Series way = {};          ///< in the plane
};
/// What came of a learning rate: the medians over all starts; lost if one of them was.
struct Verdict {
  double lr = 0;
  bool lost = true, solved = false;
  double steps = 0, gradients = infinity, gap = infinity;
  std::vector<Run> runs = {};  ///< by start; fewer if the rate was given up
  bool end = false;            ///< the best one at the end of the rates tried
  bool edge = false;           ///< the best one, and the next higher one is lost

  std::size_t starts_solved() const;
  /// The fewest and the most gradients of the starts that were solved.
  std::pair<double, double> spread() const;
};

/// Runs one learning rate from all starts; given up, with no figures, once its median must be worse than the best's.
Verdict judge(const Problem& problem, const Contender& contender, double lr, const Verdict* best = nullptr);
/// The best of 21 learning rates, each twice the one before, of those √2 apart within four times on each side of the best (beyond
/// the 21 if need be, 64 times at most), and of its neighbours ⁴√2 apart.
Verdict best_of(const Problem& problem, const Contender& contender, bool quick);
/// The lowest and the highest of the 21.
std::pair<double, double> rates_of(const Contender& contender);
