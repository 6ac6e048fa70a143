#include <gradus/optim/lbfgs.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {

using Vector = std::vector<double>;
double dot(const Vector& a, const Vector& b) {
  double s = 0;
  for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}
void add(Vector& a, double c, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += c * b[i];
}
double largest(const Vector& a) {
  double m = 0;
  for (const double v : a) m = std::isnan(v) ? v : std::max(m, std::abs(v));
  return m;
}

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

std::span<const OptionRow<LBFGSOptions>> LBFGSOptions::rows() {
  using O = LBFGSOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"max_iter", &O::max_iter, {1}},
                                       {"max_eval", &O::max_eval},
                                       {"tolerance_grad", &O::tolerance_grad},
                                       {"tolerance_change", &O::tolerance_change},
                                       {"history_size", &O::history_size, {1}},
                                       {"strong_wolfe", &O::strong_wolfe}};
  return table;
}

void LBFGS::reset_state() {
  Optimizer::reset_state();
  iterations_ = 0;
  walked_ = false;
  pairs_.clear();
  direction_.clear();
  previous_gradient_.clear();
  left_at_.clear();
}

void LBFGS::step() {
  fail<StateError>("LBFGS: step() needs a closure: the loss is computed several times in each step");
}

// ---- flat views of parameters and gradients

LBFGS::Vector LBFGS::gather(bool gradients) const {
  Vector flat;
  for (const Slot& s : slots_) {
    const Tensor t = gradients ? gradient_of(s.parameter) : s.parameter.data();
    if (t.defined()) {
      const auto values = t.to_vector<double>();
      flat.insert(flat.end(), values.begin(), values.end());
    } else {
      flat.resize(flat.size() + static_cast<std::size_t>(s.parameter.numel()));  // an absent gradient counts as zeros
    }
  }
  return flat;
}
void LBFGS::move(const Vector& from, double t) {
  std::size_t at = 0;
  for (Slot& s : slots_) {
    Tensor values(s.parameter.shape(), DType::f64);
    for (double& v : values.mutable_span<double>()) {
      v = from[at] + t * direction_[at];
      ++at;
    }
    s.parameter.data().copy_from(values);
  }
}
LBFGS::Point LBFGS::evaluate(const Closure& closure, const Vector& from, double t) {
  move(from, t);
  const Recording on(true);
  const double f = closure().item();
  ++evaluations_;
  Vector g = gather(true);
  const double slope = dot(g, direction_);
  return {t, f, slope, std::move(g)};
}

// ---- the line search

LBFGS::Point LBFGS::search(const Closure& closure, const Vector& from, double t, double f, const Vector& g,
                           double slope, Index budget) {
  constexpr double c1 = 1e-4, c2 = 0.9;
  const double tolerance = options().tolerance_change, size = largest(direction_);
  const auto too_high = [&](const Point& p) { return !(p.f <= f + c1 * p.t * slope); };  // NaN is too high
  const auto flat_enough = [&](const Point& p) { return std::abs(p.slope) <= -c2 * slope; };

  // A bracket [a, b] that holds a point with both Wolfe conditions.
  Point a{0, f, slope, g}, b = evaluate(closure, from, t);
  Index used = 0;
  bool bracketed = false;
  for (; used < budget; ++used) {
    if (!std::isfinite(b.f)) {  // too far: the cubic knows nothing of such a point
      b = evaluate(closure, from, (a.t + b.t) / 2);
      continue;
    }
    if (too_high(b) || (used > 1 && b.f >= a.f)) {
      bracketed = true;
      break;
    }
    if (flat_enough(b)) return b;
    if (b.slope >= 0) {
      bracketed = true;
      break;
    }
    const double next = cubic_minimum(a.t, a.f, a.slope, b.t, b.f, b.slope, b.t + 0.01 * (b.t - a.t), b.t * 10);
    a = std::exchange(b, evaluate(closure, from, next));
  }
  if (!bracketed) {
    a = {0, f, slope, g};
    return std::isfinite(b.f) && !(a.f <= b.f) ? b : a;
  }

  // Shrink it. `low` has the smaller loss.
  Point *low = a.f <= b.f ? &a : &b, *high = low == &a ? &b : &a;
  bool slow = false;
  for (; used < budget; ++used) {
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
    Point p = evaluate(closure, from, next);
    if (too_high(p) || !(p.f < low->f)) {
      if (!std::isfinite(p.f)) p.f = std::numeric_limits<double>::infinity();
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

// ---- the step

void LBFGS::new_direction(const Vector& g, Index history_size) {
  if (iterations_ == 1) {
    direction_ = g;
    for (double& v : direction_) v = -v;
    pairs_.clear();
    scale_ = 1;
    return;
  }
  if (walked_) {
    Vector y = g, s = direction_;
    add(y, -1, previous_gradient_);
    for (double& v : s) v *= step_length_;
    const double ys = dot(y, s);
    if (ys > 1e-10) {  // else the curvature along s is not positive
      if (static_cast<Index>(pairs_.size()) == history_size) pairs_.pop_front();
      scale_ = ys / dot(y, y);
      pairs_.push_back({std::move(s), std::move(y), 1 / ys});
    }
  }
  // Two loops (Nocedal and Wright, algorithm 7.4): the inverse Hessian of the pairs times -g.
  Vector q = g, alpha(pairs_.size());
  for (double& v : q) v = -v;
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    alpha[i] = pairs_[i].rho * dot(pairs_[i].s, q);
    add(q, -alpha[i], pairs_[i].y);
  }
  for (double& v : q) v *= scale_;
  for (std::size_t i = 0; i < pairs_.size(); ++i) add(q, alpha[i] - pairs_[i].rho * dot(pairs_[i].y, q), pairs_[i].s);
  direction_ = std::move(q);
}

Variable LBFGS::step(const Closure& closure) {
  if (group_count() != 1) fail<ValueError>("LBFGS: works on one group of parameters: there are ", group_count());
  const Options o = options();
  validate(name(), o);
  const Index max_eval = o.max_eval ? o.max_eval : o.max_iter * 5 / 4;
  const NoGrad off;
  Variable first;
  {
    const Recording on(true);
    first = closure().detach();
  }
  ++evaluations_;
  double f = first.item();
  Index used = 1;
  Vector g = gather(true);
  if (!std::isfinite(f)) fail<StateError>("LBFGS: the loss is not finite at the start of a step: ", f);
  if (largest(g) <= o.tolerance_grad) return first;
  walked_ = walked_ && gather(false) == left_at_;  // after a load or a pull, the gradients' difference says nothing

  for (Index n = 1; n <= o.max_iter; ++n) {
    ++iterations_;
    new_direction(g, o.history_size);
    previous_gradient_ = g;
    const double before = f;
    double sum = 0;
    for (const double v : g) sum += std::abs(v);
    step_length_ = iterations_ == 1 ? std::min(1.0, 1 / sum) * o.lr : o.lr;
    const double slope = dot(g, direction_);
    walked_ = false;
    if (slope > -o.tolerance_change) break;
    const Vector start = gather(false);
    const Index evaluations_before = evaluations_;
    if (o.strong_wolfe) {
      Point p = search(closure, start, step_length_, f, g, slope, max_eval - used);
      step_length_ = p.t;
      f = p.f;
      g = std::move(p.g);
      move(start, step_length_);
    } else if (n != o.max_iter) {
      Point p = evaluate(closure, start, step_length_);
      f = p.f;
      g = std::move(p.g);
    } else {
      move(start, step_length_);
    }
    walked_ = true;
    used += evaluations_ - evaluations_before;
    if (n == o.max_iter || used >= max_eval || largest(g) <= o.tolerance_grad) break;
    if (largest(direction_) * std::abs(step_length_) <= o.tolerance_change || std::abs(f - before) < o.tolerance_change)
      break;
  }
  left_at_ = gather(false);
  return first;
}

// ---- checkpoints: everything under "lbfgs."

void LBFGS::save_extra(StateDict& state) const {
  state["lbfgs.counters"] =
      tensor(std::vector<Index>{iterations_, evaluations_, walked_, static_cast<Index>(pairs_.size())});
  state["lbfgs.scalars"] = tensor({step_length_, scale_});
  state["lbfgs.direction"] = tensor(direction_);
  state["lbfgs.previous_gradient"] = tensor(previous_gradient_);
  state["lbfgs.left_at"] = tensor(left_at_);
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    state[join("lbfgs.s.", i)] = tensor(pairs_[i].s);
    state[join("lbfgs.y.", i)] = tensor(pairs_[i].y);
    state[join("lbfgs.rho.", i)] = tensor({pairs_[i].rho});
  }
}
void LBFGS::check_extra(const StateDict& state) const {
  const auto need = [&](const std::string& key, Index numel) {
    const auto found = state.find(key);
    if (found == state.end()) fail<ValueError>("LBFGS: load_state_dict: missing ", key);
    if (found->second.numel() != numel)
      fail<ValueError>("LBFGS: load_state_dict: ", key, " does not fit: ", found->second.numel(), " numbers, needs ",
                       numel);
    return found->second;
  };
  for (const auto& [key, t] : state)
    if (key.starts_with("state.")) fail<ValueError>("LBFGS: load_state_dict: ", key, " is unknown to this optimizer");
  Index n = 0;
  for (const Slot& s : slots_) n += s.parameter.numel();
  const auto counters = need("lbfgs.counters", 4).to_vector<Index>();
  need("lbfgs.scalars", 2);
  need("lbfgs.direction", counters[0] ? n : 0);
  need("lbfgs.previous_gradient", counters[0] ? n : 0);
  need("lbfgs.left_at", counters[0] ? n : 0);
  for (Index i = 0; i < counters[3]; ++i) {
    need(join("lbfgs.s.", i), n);
    need(join("lbfgs.y.", i), n);
    need(join("lbfgs.rho.", i), 1);
  }
}
void LBFGS::load_extra(const StateDict& state) {
  const auto counters = state.at("lbfgs.counters").to_vector<Index>();
  iterations_ = counters[0];
  evaluations_ = counters[1];
  walked_ = counters[2] != 0;
  step_length_ = state.at("lbfgs.scalars").to_vector<double>()[0];
  scale_ = state.at("lbfgs.scalars").to_vector<double>()[1];
  direction_ = state.at("lbfgs.direction").to_vector<double>();
  previous_gradient_ = state.at("lbfgs.previous_gradient").to_vector<double>();
  left_at_ = state.at("lbfgs.left_at").to_vector<double>();
  pairs_.clear();
  for (Index i = 0; i < counters[3]; ++i)
    pairs_.push_back({state.at(join("lbfgs.s.", i)).to_vector<double>(),
                      state.at(join("lbfgs.y.", i)).to_vector<double>(), state.at(join("lbfgs.rho.", i)).item()});
}

}  // namespace gradus::optim
