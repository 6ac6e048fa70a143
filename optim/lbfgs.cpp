#include <gradus/optim/lbfgs.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gradus::optim {
namespace {

using Vector = std::vector<double>;
double dot(const Vector& a, const Vector& b) {
  double s = 0;
  for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}
/// Of finite numbers, whose squares may overflow.
double length(const Vector& a) {
  double m = 1e-300, s = 0;
  for (const double v : a) m = std::max(m, std::abs(v));
  for (const double v : a) s += v / m * (v / m);
  return m * std::sqrt(s);
}
void add(Vector& a, double c, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += c * b[i];
}

}  // namespace

std::span<const OptionRow<LBFGSOptions>> LBFGSOptions::rows() {
  using O = LBFGSOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"max_iter", &O::max_iter, count_from(1)},
                                       {"max_eval", &O::max_eval, count_from(0)},
                                       {"tolerance_grad", &O::tolerance_grad},
                                       {"tolerance_change", &O::tolerance_change},
                                       {"history_size", &O::history_size, count_from(1)},
                                       {"strong_wolfe", &O::strong_wolfe}};
  return table;
}
void LBFGSOptions::check(const LBFGSOptions& o) {
  if (o.strong_wolfe && o.max_eval == 1)
    fail<ValueError>("LBFGS: a line search needs max_eval >= 2, or 0: got ", o.max_eval);
}

double LBFGS::largest(const Vector& v) {
  double m = 0;
  for (const double x : v) m = x != x || m != m ? std::nan("") : std::max(m, std::abs(x));
  return m;
}
void LBFGS::reset_state() {
  Optimizer::reset_state();
  const Index evaluations = std::exchange(memory_, {}).evaluations;
  memory_.evaluations = evaluations;
}

void LBFGS::check_step() const {
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
/// Where the move of step length t leads, in the parameters' precision.
LBFGS::Vector LBFGS::target(double t) const {
  Vector flat = memory_.start;
  if (t != 0) add(flat, t, memory_.direction);
  std::size_t at = 0;
  for (const Slot& s : slots_)
    for (Index i = 0; i < s.parameter.numel(); ++i, ++at)
      if (s.parameter.dtype() == DType::f32) flat[at] = static_cast<float>(flat[at]);
  return flat;
}
void LBFGS::move(double t) {
  const Vector flat = target(t);
  std::size_t at = 0;
  for (Slot& s : slots_) {
    Tensor values(s.parameter.shape(), DType::f64);
    for (double& v : values.mutable_span<double>()) v = flat[at++];
    s.parameter.data().copy_from(values);
  }
}

bool LBFGS::Point::finite() const { return std::isfinite(f) && std::isfinite(largest(g)); }
/// Loss and gradient where the parameters are; no slope.
LBFGS::Point LBFGS::here(const Closure& closure) {
  const Recording on(true);
  Variable loss = closure().detach();
  ++memory_.evaluations;
  --budget_;
  const double f = loss.item();
  return {0, f, 0, gather(true), std::move(loss)};
}
LBFGS::Point LBFGS::evaluate(const Closure& closure, double t) {
  move(t);
  Point p = here(closure);
  p.t = t;
  p.slope = dot(p.g, memory_.direction);
  return p;
}
/// Halves a step until its end is finite; step 0 if there is none.
LBFGS::Point LBFGS::shorten(const Closure& closure, Point p) {
  for (Index left = std::min(budget_, move_limit); left > 0 && !p.finite(); --left)
    p = evaluate(closure, left == 1 ? 0 : p.t / 2);
  return p;
}

// ---- the step

void LBFGS::new_direction(const Vector& g, Index history_size) {
  Memory& m = memory_;
  if (m.iterations == 1) {
    double sum = 0;
    for (const double v : g) sum += std::abs(v);
    m.direction = g;
    for (double& v : m.direction) v *= -std::min(1.0, 1 / sum);
    m.pairs.clear();
    m.scale = 1;
    return;
  }
  if (m.walked) {
    Pair pair{m.direction, g, 0};
    for (double& v : pair.s) v *= m.step_length;
    add(pair.y, -1, m.previous_gradient);
    const double ys = dot(pair.y, pair.s), size = length(pair.y);
    if (ys > 1e-10 && std::isfinite(ys)) {  // else the curvature along s is not positive
      if (static_cast<Index>(m.pairs.size()) == history_size) m.pairs.pop_front();
      m.scale = ys / size / size;
      pair.rho = 1 / ys;
      m.pairs.push_back(std::make_shared<const Pair>(std::move(pair)));
    }
  }
  // Two loops (Nocedal and Wright, algorithm 7.4): the inverse Hessian of the pairs times -g.
  Vector q = g, alpha(m.pairs.size());
  for (double& v : q) v = -v;
  for (std::size_t i = m.pairs.size(); i-- > 0;) {
    alpha[i] = m.pairs[i]->rho * dot(m.pairs[i]->s, q);
    add(q, -alpha[i], m.pairs[i]->y);
  }
  for (double& v : q) v *= m.scale;
  for (std::size_t i = 0; i < m.pairs.size(); ++i)
    add(q, alpha[i] - m.pairs[i]->rho * dot(m.pairs[i]->y, q), m.pairs[i]->s);
  m.direction = std::move(q);
}

Variable LBFGS::step(const Closure& closure) {
  const NoGrad off;
  const Memory before = memory_;
  std::vector<Tensor> weights;
  for (const Slot& s : slots_) weights.push_back(copy(s.parameter.data()));
  try {
    return run(closure);
  } catch (...) {
    memory_ = before;
    for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i].parameter.data().copy_from(weights[i]);
    throw;
  }
}
Variable LBFGS::run(const Closure& closure) {
  if (group_count() != 1) fail<ValueError>("LBFGS: works on one group of parameters: there are ", group_count());
  const Options o = options();
  validate(name(), o);
  Memory& m = memory_;
  budget_ = o.max_eval ? o.max_eval : std::numeric_limits<Index>::max();
  const Index end = m.evaluations + (o.max_eval ? o.max_eval : o.max_iter * 5 / 4);
  Point p = here(closure);
  // After a load or a pull the gradients' difference says nothing.
  m.walked = m.walked && gather(false) == target(m.step_length);
  if (m.walked && !p.finite() && budget_ > 0) {  // the last move was made without looking
    p.t = m.step_length;
    p = shorten(closure, std::move(p));
    m.step_length = p.t;
  }
  if (!p.finite())
    fail<StateError>("LBFGS: ", std::isfinite(p.f) ? "the gradient" : "the loss",
                     " is not finite at the start of a step: ", std::isfinite(p.f) ? largest(p.g) : p.f);
  const Variable first = p.loss;
  if (std::none_of(slots_.begin(), slots_.end(), [](const Slot& s) { return s.parameter.grad().defined(); }))
    warn_of_no_gradient();
  if (largest(p.g) <= o.tolerance_grad) return first;

  for (Index n = 1; n <= o.max_iter && (budget_ > 0 || !o.strong_wolfe); ++n) {
    ++m.iterations;
    new_direction(p.g, o.history_size);
    m.previous_gradient = p.g;
    m.step_length = o.lr;
    m.walked = false;
    p.t = 0;
    p.slope = dot(p.g, m.direction);
    if (!(p.slope <= -o.tolerance_change)) break;
    m.start = gather(false);
    const double before = p.f;
    const bool last = n == o.max_iter || budget_ == 0;
    if (o.strong_wolfe) {
      p = search(closure, o.lr, std::move(p));
    } else if (!last) {
      Point next = shorten(closure, evaluate(closure, o.lr));
      if (next.finite()) p = std::move(next);  // else it stays
    } else {
      p.t = o.lr;
    }
    m.step_length = p.t;
    move(p.t);
    m.walked = p.t != 0;
    if (last || m.evaluations >= end || largest(p.g) <= o.tolerance_grad) break;
    if (largest(m.direction) * std::abs(p.t) <= o.tolerance_change || std::abs(p.f - before) < o.tolerance_change)
      break;
  }
  return first;
}

// ---- checkpoints: everything under "lbfgs."

void LBFGS::save_extra(StateDict& state) const {
  const Memory& m = memory_;
  state["lbfgs.counters"] =
      tensor(std::vector<Index>{m.iterations, m.evaluations, m.walked, static_cast<Index>(m.pairs.size())});
  state["lbfgs.scalars"] = tensor({m.step_length, m.scale});
  state["lbfgs.direction"] = tensor(m.direction);
  state["lbfgs.previous_gradient"] = tensor(m.previous_gradient);
  state["lbfgs.start"] = tensor(m.start);
  for (std::size_t i = 0; i < m.pairs.size(); ++i) {
    state[join("lbfgs.s.", i)] = tensor(m.pairs[i]->s);
    state[join("lbfgs.y.", i)] = tensor(m.pairs[i]->y);
    state[join("lbfgs.rho.", i)] = tensor({m.pairs[i]->rho});
  }
}
void LBFGS::check_extra(const StateDict& state) const {
  const auto need = [&](const std::string& key, Index numel, DType dtype = DType::f64) {
    const auto found = state.find(key);
    if (found == state.end()) fail<ValueError>("LBFGS: load_state_dict: missing ", key);
    const Tensor& t = found->second;
    if (t.numel() != numel || t.dtype() != dtype)
      fail<ValueError>("LBFGS: load_state_dict: ", key, " does not fit: ", t.numel(), " numbers of ", t.dtype(),
                       ", needs ", numel, " of ", dtype);
    if (const auto values = t.to_vector<double>(); !std::isfinite(largest(values)))
      fail<ValueError>("LBFGS: load_state_dict: ", key, " must be finite: got ", largest(values));
    return t;
  };
  for (const auto& [key, t] : state)
    if (key.starts_with("state.")) fail<ValueError>("LBFGS: load_state_dict: ", key, " is unknown to this optimizer");
  Index n = 0;
  for (const Slot& s : slots_) n += s.parameter.numel();
  const auto counters = need("lbfgs.counters", 4, DType::i64).to_vector<Index>();
  const Index keys = static_cast<Index>(state.size());
  const auto [least, most] = std::minmax_element(counters.begin(), counters.end());
  if (*least < 0 || *most > 1'000'000'000'000'000 || counters[2] > 1 || counters[3] > keys)
    fail<ValueError>("LBFGS: load_state_dict: lbfgs.counters are none: ",
                     join(counters[0], ", ", counters[1], ", ", counters[2], ", ", counters[3]));
  need("lbfgs.scalars", 2);
  need("lbfgs.direction", counters[0] ? n : 0);
  need("lbfgs.previous_gradient", counters[0] ? n : 0);
  need("lbfgs.start", counters[0] ? n : 0);
  for (Index i = 0; i < counters[3]; ++i) {
    need(join("lbfgs.s.", i), n);
    need(join("lbfgs.y.", i), n);
    need(join("lbfgs.rho.", i), 1);
  }
}
void LBFGS::load_extra(const StateDict& state) {
  const auto vector = [&](const std::string& key) { return state.at("lbfgs." + key).to_vector<double>(); };
  const auto counters = state.at("lbfgs.counters").to_vector<Index>();
  memory_ = {counters[0],
             counters[1],
             vector("direction"),
             vector("previous_gradient"),
             vector("start"),
             vector("scalars")[0],
             vector("scalars")[1],
             counters[2] != 0,
             {}};
  for (Index i = 0; i < counters[3]; ++i)
    memory_.pairs.push_back(
        std::make_shared<const Pair>(Pair{vector(join("s.", i)), vector(join("y.", i)), vector(join("rho.", i))[0]}));
}

}  // namespace gradus::optim
