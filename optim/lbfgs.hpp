#pragma once
#include <gradus/optim/optimizer.hpp>

#include <memory>

namespace gradus::optim {

struct LBFGSOptions {
  static constexpr const char* name = "LBFGS";
  double lr = 1;                   ///< step length without a line search, first trial with one
  Index max_iter = 20;             ///< iterations per step()
  Index max_eval = 0;              ///< most closure calls per step(); 0: no iteration starts after max_iter * 5 / 4
  double tolerance_grad = 1e-7;    ///< stop when no gradient element is larger
  double tolerance_change = 1e-9;  ///< stop when the loss, or every parameter, changes by less
  Index history_size = 100;        ///< pairs (s, y) kept: 2 * history_size numbers per parameter, in f64
  bool strong_wolfe = false;       ///< line search
  static std::span<const OptionRow<LBFGSOptions>> rows();
  /// Throws ValueError for a line search with a single evaluation.
  static void check(const LBFGSOptions& o);
};

/// Limited-memory BFGS (Nocedal 1980; line search of Nocedal and Wright, algorithms 3.5 and 3.6), as in PyTorch: for a
/// deterministic loss over one group of parameters. A loss or gradient that is not finite shortens the step. Without a
/// line search the last point of a step() is not evaluated; if it proves not finite, the next step() goes back from there.
class LBFGS : public Optimizer<LBFGSOptions> {
 public:
  using Optimizer::Optimizer;
  /// The closure is called several times; returns the loss before the first update. Throws StateError where loss or
  /// gradient are not finite at the start. Whatever is thrown, weights and memory are as they were.
  Variable step(const Closure& closure) override;
  /// Throws StateError: this optimizer needs a closure.
  void step() override { check_step(); }
  void check_step() const override;
  void reset_state() override;
  /// How often the closure has been called in all, failed steps left out.
  Index function_evaluations() const { return memory_.evaluations; }

 protected:
  void update(Tensor&, const Tensor&, State&, const Options&) override {}
  void save_extra(StateDict& state) const override;
  void check_extra(const StateDict& state) const override;
  void load_extra(const StateDict& state) override;

 private:
  using Vector = std::vector<double>;
  struct Pair {
    Vector s, y;
    double rho;  // 1 / (y . s)
  };
  struct Point {
    double t, f, slope;  // step length, loss, derivative along the direction
    Vector g;
    Variable loss;
    bool finite() const;
  };
  struct Memory {
    Index iterations = 0, evaluations = 0;
    Vector direction, previous_gradient, start;  // of the last move
    double step_length = 0, scale = 1;
    bool walked = false;  // whether the move was made: from start, step_length * direction
    std::deque<std::shared_ptr<const Pair>> pairs;
  };
  static constexpr Index move_limit = 25;  // evaluations for one move, as in PyTorch
  static double largest(const Vector& v);  // magnitude; NaN where there is one

  Variable run(const Closure& closure);
  Vector gather(bool gradients) const;
  Vector target(double t) const;
  void move(double t);
  Point here(const Closure& closure);
  Point evaluate(const Closure& closure, double t);
  Point shorten(const Closure& closure, Point p);
  /// A point along the direction with both Wolfe conditions, or the best that was found; a is where it starts.
  Point search(const Closure& closure, double t, Point a);
  void new_direction(const Vector& g, Index history_size);

  Memory memory_;
  Index budget_ = 0;  // closure calls that are left in this step
};

}  // namespace gradus::optim
