#include "problems.hpp"

#include <cmath>

using namespace gradus;

namespace {

struct Curve {
  const char* name;
  const char* text;
  Variable (*value)(const Variable& x, const Variable& y);
  double x, y;  // the start
  Plane plane;
};
const Curve curves[] = {
    {"Rosenbrock",
     "(1 − x)² + 100 (y − x²)²: a bent valley, nearly flat along its floor",
     [](const Variable& x, const Variable& y) { return pow(1 - x, 2) + 100 * pow(y - x * x, 2); },
     -1.2,
     1,
     {{-1.8, 1.8}, {-0.9, 2.1}, {{1, 1}}}},
    {"Beale",
     "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²: a plateau with steep rims",
     [](const Variable& x, const Variable& y) {
       return pow(1.5 - x + x * y, 2) + pow(2.25 - x + x * y * y, 2) + pow(2.625 - x + x * y * y * y, 2);
     },
     1,
     1,
     {{-0.5, 4}, {-1.25, 2.5}, {{3, 0.5}}}},
    {"Himmelblau",
     "(x² + y − 11)² + (x + y² − 7)²: four equal minima, saddles between them",
     [](const Variable& x, const Variable& y) { return pow(x * x + y - 11, 2) + pow(x + y * y - 7, 2); },
     -4,
     0.5,
     {{-5, 5}, {-5, 5}, {{3, 2}, {-2.805118, 3.131313}, {-3.77931, -3.283186}, {3.584428, -1.848127}}}},
    {"Quadratic",
     "½ (u² + 100 v²), u and v turned by 30° about (1, 0.5): condition number 100, off the axes",
     [](const Variable& x, const Variable& y) {
       const double c = std::sqrt(0.75), s = 0.5;
       const Variable a = x - 1, b = y - 0.5;  // not about 0, where weight decay and steps in proportion to weights end
       return 0.5 * pow(c * a + s * b, 2) + 50 * pow(c * b - s * a, 2);
     },
     -1,
     1,
     {{-1.5, 2.25}, {-1.25, 2}, {{1, 0.5}}}}};

/// The start itself, and places k per cent of its length away, each in a direction of its own.
Tensor moved_start(const Curve& curve, int k) {
  const double length = 0.01 * k * std::hypot(curve.x, curve.y);
  const double direction = 2 * std::acos(-1.0) * Generator(static_cast<std::uint64_t>(k)).next_double();
  return tensor({{curve.x + length * std::cos(direction), curve.y + length * std::sin(direction)}});
}

Problem on_the_plane(const Curve& curve) {
  const auto at = [&curve](const Variable& p) { return curve.value(select(p, 1, 0), select(p, 1, 1)); };
  const double height = no_grad([&] { return sum(at(moved_start(curve, 0))).item(); });
  return {.name = curve.name,
          .text = curve.text,
          .starts_text = join("(", curve.x, ", ", curve.y, ") and four places 1 to 4 % of its length away from it"),
          .least = 0,
          .tolerance = 1e-6 * height,
          .budget = 10'000,
          .plane = curve.plane,
          .start = [at, &curve](int start, bool) {
            const Variable p =
                leaf(moved_start(curve, start));  // [1, 2]: a matrix, so that rules for matrices have one
            const auto loss = [=] { return sum(at(p)); };
            return Attempt{.parameters = {p}, .loss = loss, .whole_loss = loss};
          }};
}

/// Mean cross-entropy plus 0.005 ‖w‖² over the standardised measurements.
Problem logistic_regression() {
  const auto set = data::breast_cancer();
  const Tensor raw = to(set.x(), DType::f64);
  const Tensor x = (raw - mean(raw, {0})) / stddev(raw, {0}, 0), y = set.y();
  const auto start = [x, y](int start, bool) {
    Generator generator(static_cast<std::uint64_t>(start));
    const double spread = start == 0 ? 0 : 1 / std::sqrt(static_cast<double>(x.size(1)));
    const Variable w = leaf(uniform({x.size(1), 1}, -spread, spread, DType::f64, generator));
    const Variable b = leaf(zeros({1}, DType::f64));
    const auto loss = [=] {
      const Variable benign = matmul(x, w) + b;  // against a logit of 0 for malignant
      return nn::cross_entropy(concat({zeros_like(benign.data()), benign}, 1), y) + 0.005 * sum(w * w);
    };
    return Attempt{.parameters = {w, b}, .loss = loss, .whole_loss = loss};
  };
  Attempt best = start(0, true);
  optim::LBFGS optimizer(best.parameters,
                         {.max_iter = 500, .tolerance_grad = 1e-12, .tolerance_change = 1e-16, .strong_wolfe = true});
  optimizer.step([&] {
    optimizer.zero_grad();
    Variable loss = best.loss();
    loss.backward();
    return loss;
  });
  const double least = best.loss().item(), height = start(0, true).loss().item();
  return {.name = "Logistic regression",
          .text =
              "breast cancer data, 569 rows of 30 standardised measurements, mean cross-entropy + 0.005 ‖w‖², all "
              "rows in each gradient",
          .starts_text = "weights of 0, and four times uniform ones as those of nn::Linear",
          .least = least,
          .tolerance = 1e-4 * (height - least),
          .budget = 3'000,
          .start = start};
}

struct Network : nn::Module<Network> {
  nn::Linear fc1{64, 32}, fc2{32, 10};
  Variable forward(const Variable& x) { return fc2(relu(fc1(x))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};

Problem digits_network() {
  constexpr Index count = 1500, batch = 50;
  const auto parts = data::random_split(data::transformed(data::digits(), data::flatten_input()), {count, 297}, 1);
  std::vector<Index> rows(count);
  for (Index i = 0; i < count; ++i) rows[static_cast<std::size_t>(i)] = i;
  const auto all = parts[0].batch(rows);
  std::vector<Network> networks;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    manual_seed(seed);
    networks.emplace_back();
  }
  const auto start = [all, networks](int start, bool full_batch) {
    const auto network = std::make_shared<Network>(networks[static_cast<std::size_t>(start)]);
    struct Place {
      Generator generator;
      Tensor order = {};
      Index next = count;
      data::Example now = {};
    };
    const auto place = std::make_shared<Place>(Place{Generator(static_cast<std::uint64_t>(start), 1)});
    place->now = all;
    Attempt attempt{.parameters = network->parameters(),
                    .loss = [=] { return nn::cross_entropy((*network)(place->now.x), place->now.y); },
                    .whole_loss = [=] { return nn::cross_entropy((*network)(all.x), all.y); },
                    .batches = full_batch ? count / batch : 1};
    if (!full_batch)
      attempt.next = [=] {
        if (place->next == count) {
          place->order = randperm(count, place->generator);
          place->next = 0;
        }
        const Tensor chosen = slice(place->order, 0, place->next, place->next + batch);
        place->now = data::Example{index_select(all.x, 0, chosen), index_select(all.y, 0, chosen)};
        place->next += batch;
      };
    return attempt;
  };
  return {
      .name = "Digits",
      .text =
          "network 64-32-10 with ReLU on 1500 digits, batches of 50 (L-BFGS and Rprop: all at once, which counts for "
          "30), training loss of all of them",
      .starts_text = "five seeds, of weights and of batches",
      .least = 0,
      .tolerance = 0.05,
      .budget = 2'000,
      .check_every = 10,
      .start = start};
}

}  // namespace

Variable plane_function(const std::string& name, const Variable& x, const Variable& y) {
  for (const Curve& curve : curves)
    if (name == curve.name) return curve.value(x, y);
  fail<ValueError>("plane_function: there is no ", name);
}

std::vector<Problem> make_problems() {
  std::vector<Problem> all;
  for (const Curve& curve : curves) all.push_back(on_the_plane(curve));
  all.push_back(logistic_regression());
  all.push_back(digits_network());
  return all;
}
