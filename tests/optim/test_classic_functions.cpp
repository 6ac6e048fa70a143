// Rosenbrock's, Beale's and Himmelblau's functions: long runs that must arrive.
#include "all_optimizers.hpp"
#include "catch.hpp"

#include <cmath>

using namespace gradus;
using namespace all_optimizers;

namespace {

struct Point {
  double x, y;
};
struct Function {
  double (*value)(Point);
  Point (*slope)(Point);
};
const Function rosenbrock{[](Point p) { return std::pow(1 - p.x, 2) + 100 * std::pow(p.y - p.x * p.x, 2); },
                          [](Point p) {
                            const double r = p.y - p.x * p.x;
                            return Point{-2 * (1 - p.x) - 400 * p.x * r, 200 * r};
                          }},
    beale{[](Point p) {
            double f = 0, power = 1;
            for (const double c : {1.5, 2.25, 2.625}) f += std::pow(c - p.x + p.x * (power *= p.y), 2);
            return f;
          },
          [](Point p) {
            Point g{0, 0};
            double power = 1, n = 1;
            for (const double c : {1.5, 2.25, 2.625}) {
              const double r = c - p.x + p.x * power * p.y;
              g.x += 2 * r * (power * p.y - 1);
              g.y += 2 * r * p.x * n++ * power;
              power *= p.y;
            }
            return g;
          }},
    himmelblau{[](Point p) { return std::pow(p.x * p.x + p.y - 11, 2) + std::pow(p.x + p.y * p.y - 7, 2); },
               [](Point p) {
                 const double a = p.x * p.x + p.y - 11, b = p.x + p.y * p.y - 7;
                 return Point{4 * p.x * a + 2 * b, 2 * a + 4 * p.y * b};
               }};

Point at(const Variable& v) { return {v.data().to_vector<double>()[0], v.data().to_vector<double>()[1]}; }

struct Run {
  double f;
  Point p;
  Index evaluations;
};
Run run(const Function& f, Point start, const std::string& name, const Values& options, int steps) {
  const Variable v = leaf(tensor({start.x, start.y}));
  const auto optimizer = kind_named(name).make({v}, options);
  Index evaluations = 0;
  for (int i = 0; i < steps; ++i)
    optimizer->step([&] {
      ++evaluations;
      const Point g = f.slope(at(v));
      v.grad() = tensor({g.x, g.y});
      return Variable(scalar_tensor(f.value(at(v)), DType::f64));
    });
  return {f.value(at(v)), at(v), evaluations};
}
bool about(Index evaluations, double wanted) {
  return std::abs(static_cast<double>(evaluations) - wanted) <= .3 * wanted;
}

}  // namespace

TEST_CASE("L-BFGS solves the classic functions in about the known number of evaluations", "[optim][lbfgs]") {
  const Values tight{{"strong_wolfe", 1},         {"history_size", 10}, {"tolerance_grad", 1e-12},
                     {"tolerance_change", 1e-15}, {"max_iter", 100},    {"max_eval", 1000}};
  Run r = run(rosenbrock, {-1.2, 1}, "LBFGS", tight, 1);
  CHECK(r.f < 1e-15);
  CHECK(about(r.evaluations, 45));
  r = run(beale, {1, 1}, "LBFGS", tight, 1);
  CHECK(r.f < 1e-18);
  CHECK(about(r.evaluations, 17));
  r = run(beale, {0, 0}, "LBFGS", tight, 1);
  CHECK(r.f < 1e-15);
  CHECK(about(r.evaluations, 14));
  r = run(himmelblau, {0, 0}, "LBFGS", tight, 1);
  CHECK(r.p.x == Approx(3).epsilon(1e-9));
  CHECK(r.p.y == Approx(2).epsilon(1e-9));
  CHECK(about(r.evaluations, 15));
  const Values usual{{"strong_wolfe", 1}};
  CHECK(run(rosenbrock, {-1.2, 1}, "LBFGS", usual, 1).f == Approx(.42348).epsilon(1e-4));
  CHECK(run(rosenbrock, {-1.2, 1}, "LBFGS", usual, 2).f == Approx(4.22e-10).epsilon(.01));
  CHECK(run(rosenbrock, {-1.2, 1}, "LBFGS", usual, 3).f == Approx(4.22e-10).epsilon(.01));  // stalls: tolerance_change
}

TEST_CASE("first-order optimizers arrive at the minima of the classic functions", "[optim][values]") {
  CHECK(run(rosenbrock, {-1.2, 1}, "Adam", {{"lr", .02}}, 5000).f < 1e-20);
  CHECK(run(rosenbrock, {-1.2, 1}, "SGD", {{"lr", 1e-3}, {"momentum", .9}}, 5000).f < 1e-15);
  CHECK(run(rosenbrock, {-1.2, 1}, "SGD", {{"lr", 1e-3}}, 5000).f == Approx(3.76e-3).epsilon(.01));
  CHECK(run(beale, {1, 1}, "Adam", {{"lr", .05}}, 2000).f < 1e-25);
  const Run r = run(himmelblau, {0, 0}, "SGD", {{"lr", .01}}, 200);
  CHECK(r.f < 1e-28);
  CHECK(r.p.x == Approx(3));
}
