#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

struct LBFGSOptions {
  static constexpr const char* name = "LBFGS";
  double lr = 1;                   ///< step length without a line search, first trial with one
  Index max_iter = 20;             ///< iterations per step()
  Index max_eval = 0;              ///< closure calls per step(); 0 stands for max_iter * 5 / 4
  double tolerance_grad = 1e-7;    ///< stop when no gradient element is larger
  double tolerance_change = 1e-9;  ///< stop when the loss, or every parameter, changes by less
  Index history_size = 100;        ///< pairs (s, y) kept: 2 * history_size numbers per parameter, in f64
  bool strong_wolfe = false;       ///< line search
  static std::span<const OptionRow<LBFGSOptions>> rows();
};

/// Limited-memory BFGS (Nocedal 1980; line search of Nocedal and Wright, algorithms 3.5 and 3.6), as in PyTorch: for a
/// deterministic loss over one group of parameters. A loss that is not finite shortens the step.
class LBFGS : public Optimizer<LBFGSOptions> {
 public:
  using Optimizer::Optimizer;
  /// The closure is called several times; returns the loss before the first update.
  Variable step(const Closure& closure) override;
  /// Throws StateError: this optimizer needs a closure.
  void step() override;
  void reset_state() override;
  /// How often the closure has been called in all.
  Index function_evaluations() const { return evaluations_; }

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
  };
  Vector gather(bool gradients) const;
  void move(const Vector& from, double t);
  Point evaluate(const Closure& closure, const Vector& from, double t);
  Point search(const Closure& closure, const Vector& from, double t, double f, const Vector& g, double slope,
               Index budget);
  void new_direction(const Vector& g, Index history_size);

  Index iterations_ = 0, evaluations_ = 0;
  Vector direction_, previous_gradient_, left_at_;
  double step_length_ = 0, scale_ = 1;
  bool walked_ = false;  // whether direction_ * step_length_ was really gone, and led to left_at_
  std::deque<Pair> pairs_;
};

}  // namespace gradus::optim
