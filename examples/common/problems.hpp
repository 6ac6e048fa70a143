// Things to minimise, on which optimizers are compared: four functions of a plane, a convex fit, a network.
#pragma once
#include <gradus/gradus.hpp>

#include <optional>

/// One start of a problem: weights of its own, and what to do with them.
struct Attempt {
  std::vector<gradus::Variable> parameters;
  std::function<gradus::Variable()> loss;        ///< of the present batch, with a tape
  std::function<void()> next = [] {};            ///< on to the next batch
  std::function<gradus::Variable()> whole_loss;  ///< over all data
  gradus::Index batches = 1;                     ///< that one gradient of `loss` counts for
};
struct Plane {
  gradus::train::Interval x, y;
  std::vector<std::pair<double, double>> minima;
};
struct Problem {
  std::string name, text, starts_text;
  double least;                   ///< value of the best weights
  double tolerance;               ///< solved when the loss is no more than this above `least`
  gradus::Index budget;           ///< gradients that a run may ask for
  gradus::Index check_every = 1;  ///< steps
  int starts = 5;                 ///< the usual one, and others to see what was chance
  std::optional<Plane> plane = {};
  /// Start number 0 ... starts - 1; with all data in one batch for methods that need that. For any thread.
  std::function<Attempt(int start, bool full_batch)> start;
};

/// The value at points x, y of the plane problem of this name: Rosenbrock, Beale, Himmelblau, Quadratic.
gradus::Variable plane_function(const std::string& name, const gradus::Variable& x, const gradus::Variable& y);
std::vector<Problem> make_problems();
