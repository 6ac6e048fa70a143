// Chapter 6, second derivatives: Newton's method against gradient descent, a slope inside a loss, the curvature of a network.
#include "common/example.hpp"

#include <cmath>
#include <cstdio>

using namespace gradus;

namespace {

/// Rosenbrock's valley: easy to fall into, long and bent and nearly flat along its floor. The least value is 0, at (1, 1).
Variable rosenbrock(const Variable& x, const Variable& y) { return pow(1 - x, 2) + 100 * pow(y - x * x, 2); }
Variable rosenbrock_at(const Variable& p) { return rosenbrock(select(p, 0, 0), select(p, 0, 1)); }

void newton_against_descent(const ExampleOptions& options) {
  const Tensor start = tensor({-1.2, 1.0});
  train::Series descent{"gradient descent", {}, {}}, newton{"Newton", {}, {}};  // the ways through the plane
  train::Series descent_values{"gradient descent", {}, {}}, newton_values{"Newton", {}, {}};  // f after each step
  const auto note = [](train::Series& way, train::Series& values, const Tensor& p, int step, double f) {
    way.x.push_back(p[0].item());
    way.y.push_back(p[1].item());
    values.x.push_back(step + 1);  // evaluations, because a step 0 has no place on a logarithmic axis
    values.y.push_back(f);
  };

  // 1. Gradient descent knows the slope. Its step must be small enough for the steep walls, and is then tiny on the floor.
  const int steps = options.quick ? 1000 : 10000;
  Tensor p = copy(start);
  for (int step = 0; step <= steps; ++step) {
    const auto [f, slope] = vjp(rosenbrock_at, p);  // the value and the gradient of a scalar function
    if (step < 100 || step % 50 == 0) note(descent, descent_values, p, step, f.item());
    if (step == 10 || step == 100 || step == 1000 || step == 10000)
      std::printf("descent step %5d  x %8.5f  y %8.5f  f %.3e\n", step, p[0].item(), p[1].item(), f.item());
    p = p - 1e-3 * slope;
  }

  // 2. Newton's method knows the curvature too: it goes to where the slope of the local parabola is 0, H step = -slope.
  p = copy(start);
  for (int step = 0; step <= 6; ++step) {
    const auto [f, slope] = vjp(rosenbrock_at, p);
    note(newton, newton_values, p, step, f.item());
    std::printf("Newton  step %5d  x %8.5f  y %8.5f  f %.3e\n", step, p[0].item(), p[1].item(), f.item());
    p = p - linalg::solve(hessian(rosenbrock_at, p), slope);
  }

  // 3. For n weights the Hessian has n^2 numbers. Its product with one vector costs two backward passes and no matrix.
  const Tensor v = tensor({1.0, 2.0});
  const Tensor product = matmul(hessian(rosenbrock_at, start), v), without = hvp(rosenbrock_at, start, v).derivative;
  std::printf("H v by the matrix (%.1f, %.1f), by hvp (%.1f, %.1f)\n\n", product[0].item(), product[1].item(),
              without[0].item(), without[1].item());

  const Index k = options.quick ? 40 : 120;
  const Tensor x = (arange(k, DType::f64) + 0.5) * (4.0 / static_cast<double>(k)) - 2.0,
               y = unsqueeze(-1.5 * x - 1.0, 1);
  const Tensor depth = no_grad([&] { return log(1 + rosenbrock(x, y)).data(); });  // [k] and [k, 1] broadcast to [k, k]
  train::save_field_sheet(options.picture("06_newton.svg"),
                          {{.title = "Two ways down",
                            .values = depth,
                            .x = {-2, 2},
                            .y = {-4, 2},
                            .colours = train::Colours::sequential,
                            .scale = "log(1 + f)",
                            .marks = {descent,
                                      newton,
                                      {"start", {start[0].item()}, {start[1].item()}, false, train::Mark::ring},
                                      {"minimum", {1}, {1}, false, train::Mark::cross}}}},
                          {.size = 400});
  train::save_line_plot(options.picture("06_newton_values.svg"),
                        {{"Rosenbrock's valley", "evaluations", "f", {descent_values, newton_values}, true, true}});
}

// A network of one input and one output, its weights in one vector: then its Hessian is one matrix.
constexpr Index width = 8, weight_count = 3 * width + 1;
Variable network(const Variable& weights, const Variable& x) {  // x [n, 1] -> [n, 1]
  const auto part = [&](Index from, Index n) { return slice(weights, 0, from, from + n); };
  const Variable h = tanh(x * part(0, width) + part(width, width));
  return matmul(h, unsqueeze(part(2 * width, width), 1)) + part(3 * width, 1);
}

/// Weights that make small: the mean squared error plus `penalty` times the mean squared slope of the network itself.
Tensor fit(const Tensor& start, const Tensor& x, const Tensor& y, double penalty, int steps) {
  Variable weights = leaf(copy(start));
  optim::AdamW optimizer({weights}, {.lr = 3e-2, .weight_decay = 0});
  const Tensor everywhere = unsqueeze(arange(-1, 1.001, 0.05, DType::f64), 1);
  train::Progress progress(join("penalty ", penalty), steps);
  for (int step = 1; step <= steps; ++step) {
    optimizer.zero_grad();
    Variable loss = nn::mse_loss(network(weights, x), y);
    if (penalty > 0) {
      // The slope at each place: a gradient, recorded because of create_graph, so that the loss may contain it and backward()
      // differentiates it once more, for the weights. (Summed: the output at one place depends on that place alone.)
      const Variable place = leaf(copy(everywhere));
      const Variable slope = grad(sum(network(weights, place)), place, {.create_graph = true});
      loss = loss + penalty * mean(slope * slope);
    }
    loss.backward();
    optimizer.step();
    progress.update(step, {{"loss", loss.item()}});
  }
  progress.finish();
  return weights.data();
}

void slopes_and_curvature(const ExampleOptions& options) {
  // 4. Ten noisy points, and two fits from the same start: one with the error alone, one that also pays for steepness.
  const Tensor x = uniform({10, 1}, -1, 1, DType::f64), y = tanh(2.0 * x) + 0.25 * randn({10, 1}, DType::f64);
  const Tensor start = randn({weight_count}, DType::f64);
  const int steps = options.quick ? 200 : 6000;
  const Tensor plain = fit(start, x, y, 0, steps), smooth = fit(start, x, y, 0.02, steps);

  const Tensor places = unsqueeze(arange(-1, 1.001, 0.01, DType::f64), 1), truth = tanh(2.0 * places);
  std::vector<train::Series> curves = {{"data", x.to_vector<double>(), y.to_vector<double>(), false},
                                       {"truth", places.to_vector<double>(), truth.to_vector<double>()}};
  const auto loss = [&](const Variable& weights) { return nn::mse_loss(network(weights, x), y); };
  for (const auto& [name, weights] : {std::pair{"plain", plain}, {"penalty", smooth}}) {
    const NoGrad off;
    const Tensor curve = network(weights, places).data();
    std::printf("%-8s  error on the points %.5f, against the truth %.5f\n", name, loss(weights).item(),
                mean(pow(curve - truth, 2)).item());
    curves.push_back({name, places.to_vector<double>(), curve.to_vector<double>()});
  }
  train::save_line_plot(options.picture("06_penalty.svg"), {{"A penalty on the slope", "x", "y", curves}});

  // 5. The Hessian of the plain loss over all 25 weights, where training began and where it ended, and its eigenvalues: the
  // curvatures along the directions that the loss treats independently.
  std::vector<train::Field> maps;
  std::vector<train::Series> spectra;
  for (const auto& [name, weights] : {std::pair{"at the start", start}, {"at the end", plain}}) {
    const Tensor h = hessian(loss, weights);
    const auto values = linalg::eigh(h).values.to_vector<double>();  // ascending
    const auto below = [&](double limit) {
      return static_cast<int>(std::lower_bound(values.begin(), values.end(), limit) - values.begin());
    };
    std::printf("%-12s  %2d negative curvatures, least %.1e; largest %.1e; %d of 25 within a thousandth of it from 0\n",
                name, below(0), values.front(), values.back(),
                below(1e-3 * values.back()) - below(-1e-3 * values.back()));
    maps.push_back({.title = name, .values = h, .scale = "second derivative"});
    spectra.push_back({name, arange(weight_count, DType::f64).to_vector<double>(), values, false});
  }
  train::save_field_sheet(options.picture("06_hessian.svg"), maps, {.title = "The Hessian of a network of 25 weights"});
  train::save_line_plot(options.picture("06_eigenvalues.svg"),
                        {{"Its positive eigenvalues", "number", "curvature", spectra, true}});
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv, "Second derivatives: Newton's method, a penalty on a slope, the Hessian of a network.",
                     [](const ExampleOptions& options) {
                       newton_against_descent(options);
                       slopes_and_curvature(options);
                     });
}
