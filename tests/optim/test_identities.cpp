// What is known in closed form or to many digits: first steps, laws of constant gradients, rates and limits on quadratics.
#include "all_optimizers.hpp"
#include "catch.hpp"

#include <cmath>

using namespace gradus;
using namespace all_optimizers;

namespace {

using Path = std::vector<double>;

std::unique_ptr<OptimizerBase> make(const std::string& name, const Parameters& ps, const Values& options) {
  return kind_named(name).make(ps, options);
}
void check(const Path& got, const Path& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("step " << i + 1 << ": " << got[i] << " instead of " << wanted[i]);
    CHECK(std::abs(got[i] - wanted[i]) <= 1e-14 + 6e-12 * std::abs(wanted[i]));  // as printed, to 12 digits
  }
}
/// The values of one number with gradient slope(x), step by step.
Path walk(OptimizerBase& optimizer, const Variable& x, int steps, const std::function<double(double)>& slope) {
  Path path;
  for (int i = 0; i < steps; ++i) {
    x.grad() = tensor({slope(x.item())});
    optimizer.step();
    path.push_back(x.item());
  }
  return path;
}
Path walk(const std::string& name, const Values& options, double start, int steps,
          const std::function<double(double)>& slope) {
  const Variable x = leaf(tensor({start}));
  return walk(*make(name, {x}, options), x, steps, slope);
}
Path distances(const Path& path, double start) {
  Path steps;
  for (const double x : path) steps.push_back(std::exchange(start, x) - x);
  return steps;
}

}  // namespace

TEST_CASE("first steps on an ill-conditioned quadratic have their known values", "[optim][values]") {
  const auto five = [](const std::string& name, const Values& options, const Path& x, const Path& y) {
    INFO(name);
    check(walk(name, options, 1, 5, [](double v) { return v; }), x);
    check(walk(name, options, -2, 5, [](double v) { return 10 * v; }), y);
  };
  five("SGD", {{"lr", .1}, {"momentum", .9}, {"weight_decay", .01}},
       {.899, .717301, .481324499, .220331873701, -.0368150083119},
       {.002, 1.801798, 1.618016402, -.167021454602, -1.60636704949});
  const Path adam_x{.900000001, .800412229712, .701586274504, .603939062682, .507963661927},
      adam_y{-1.90000000005, -1.80016648571, -1.70062339143, -1.60150489447, -1.50295578026};
  five("Adam", {{"lr", .1}}, adam_x, adam_y);
  five("Adam", {{"lr", .1}, {"amsgrad", 1}}, adam_x, adam_y);
  five("Adam", {{"lr", .1}, {"weight_decay", .1}},
       {.900000000909, .800412229527, .701586274221, .603939062299, .507963661443},
       {-1.90000000005, -1.80016648571, -1.70062339143, -1.60150489446, -1.50295578025});
  for (const char* name : {"AdamW", "Adam"}) {
    Values o{{"lr", .1}, {"weight_decay", .1}};
    if (name == std::string("Adam")) o["decoupled_weight_decay"] = 1;
    five(name, o, {.890000001, .781571856954, .675101223189, .571047599207, .469952659619},
         {-1.88000000005, -1.76140895018, -1.64436868295, -1.52903271045, -1.41556647892});
  }
  five("Adagrad", {{"lr", .1}}, {.90000000001, .833103526852, .780456181366, .736223132671, .697714862065},
       {-1.9, -1.83112505381, -1.77582151501, -1.7285570378, -1.68676159813});
  five("Adagrad", {{"lr", .1}, {"lr_decay", .1}, {"initial_accumulator_value", .5}},
       {.918350341914, .863812805059, .822859261410, .790245168117, .763308372691},
       {-1.90006244147, -1.83746833155, -1.79128241162, -1.75471677193, -1.72456474324});
  five("RMSprop", {{"lr", .01}}, {.90000001, .832917975265, .779982281982, .735389054203, .696465799281},
       {-1.9000000005, -1.83094332614, -1.775349442, -1.72771381324, -1.68548157852});
  five("RMSprop", {{"lr", .01}, {"centered", 1}, {"momentum", .9}},
       {.899496228575, .741305992821, .549650184577, .342474197875, .134701949648},
       {-1.89949621898, -1.739298746674, -1.540678012516, -1.317966224480, -1.081923530379});
}

TEST_CASE("first steps on a parabola have their known values", "[optim][values]") {
  const auto known = [](const std::string& name, const Values& options, const Path& wanted) {
    INFO(name);
    check(walk(name, options, 1, static_cast<int>(wanted.size()), [](double v) { return v; }), wanted);
  };
  known("Adamax", {{"lr", .1}}, {.900000001, .805168328117, .715499474737, .630973077161, .551553805051});
  known("NAdam", {{"lr", .1}}, {.894354823221, .819973071532, .752729267616, .687716052741, .623662893783});
  known("RAdam", {{"lr", .1}},  // adaptive from the sixth step on
        {.9, .805263157895, .715770052437, .63148663009, .552364195102, .549920979219, .546862953215});
  known("Adadelta", {}, {.996837738151, .993598198408, .990309082801, .986984092613, .983631387349});
  known("ASGD", {}, {.989999, .980098027426728, .970296081757349});
  known("Rprop", {{"lr", .1}},
        {.9, .78, .636, .4632, .25584, .007008, -.2915904, -.2915904, -.1422912, .03686784, .03686784});
  known("Lion", {{"lr", .1}}, {.9, .8, .7, .6, .5});
}

TEST_CASE("steps under a constant gradient follow their laws", "[optim][values]") {
  const double lr = 0.1;
  const auto steps = [](const std::string& name, const Values& options) {
    return distances(walk(name, options, 0, 30, [](double) { return 7.0; }), 0);
  };
  const Path adagrad = steps("Adagrad", {{"lr", lr}, {"eps", 0}}), adam = steps("Adam", {{"lr", lr}, {"eps", 0}}),
             adamax = steps("Adamax", {{"lr", lr}, {"eps", 0}}), lion = steps("Lion", {{"lr", lr}}),
             rmsprop = steps("RMSprop", {{"lr", lr}, {"eps", 0}}), sgd = steps("SGD", {{"lr", lr}, {"momentum", .9}});
  for (std::size_t i = 0; i < 30; ++i) {
    const auto k = static_cast<double>(i + 1);
    CHECK(adagrad[i] == Approx(lr / std::sqrt(k)).epsilon(1e-12));
    CHECK(adam[i] == Approx(lr).epsilon(1e-12));
    CHECK(adamax[i] == Approx(lr).epsilon(1e-12));
    CHECK(lion[i] == Approx(lr).epsilon(1e-12));
    CHECK(rmsprop[i] == Approx(lr / std::sqrt(1 - std::pow(.99, k))).epsilon(1e-12));
    CHECK(sgd[i] == Approx(lr * 7 * (1 - std::pow(.9, k)) / (1 - .9)).epsilon(1e-12));
  }
}

TEST_CASE("decay inside the gradient of Adam moves by lr or not at all, however strong it is", "[optim][adam]") {
  for (const double decay : {0.01, 10.0}) {
    const Values o{{"lr", .1}, {"eps", 0}, {"weight_decay", decay}};
    check(walk("Adam", o, 1, 1, [](double) { return 0.0; }), {.9});  // however strong it is
    check(walk("Adam", o, 1, 5, [](double v) { return v; }),
          walk("Adam", {{"lr", .1}, {"eps", 0}}, 1, 5, [](double v) { return v; }));
  }
}

TEST_CASE("adaptive rates do not see the scale of the loss", "[optim][values]") {
  for (const char* name : {"Adam", "RMSprop", "Adagrad", "Lion", "Adamax", "NAdam", "Adan", "Rprop"})
    for (const double scale : {1e-3, 1e3}) {
      INFO(name);
      Values o{{"lr", .01}};
      if (kind_named(name).has("eps")) o["eps"] = 1e-14;
      const Path plain = walk(name, o, 1, 20, [](double v) { return v; }),
                 scaled = walk(name, o, 1, 20, [=](double v) { return scale * v; });
      for (std::size_t i = 0; i < plain.size(); ++i) CHECK(scaled[i] == Approx(plain[i]).epsilon(1e-9));
    }
}

TEST_CASE("AMSGrad converges where Adam goes to the worst point", "[optim][adam]") {
  // Reddi et al.: on [-1, 1] the gradient is 10 every third step, else -1; the best point is -1.
  for (const bool amsgrad : {false, true}) {
    const Variable x = leaf(tensor({0.0}));
    optim::Adam optimizer(Parameters{x}, {.beta1 = 0, .beta2 = 1.0 / 101, .amsgrad = amsgrad});
    for (int t = 1; t <= 6000; ++t) {
      optimizer.set(0, "lr", .5 / std::sqrt(t));
      x.grad() = tensor({t % 3 == 1 ? 10.0 : -1.0});
      optimizer.step();
      Tensor p = x.data();
      p.fill(std::clamp(x.item(), -1.0, 1.0));
    }
    INFO(x.item());
    CHECK((amsgrad ? x.item() < -.97 : x.item() > .97));
  }
}

TEST_CASE("rates on quadratics are those of theory", "[optim][rates]") {
  struct Rate {
    const char* what;
    double lr, momentum;
    bool nesterov, defective;  // a double root: t times the power
    double rate;
  };
  for (const double kappa : {10., 100., 1000.}) {
    const double L = kappa, mu = 1, root = std::sqrt(kappa), wide = std::sqrt(3 * kappa + 1);
    for (const Rate& r :
         {Rate{"gradient descent", 2 / (L + mu), 0, false, false, (kappa - 1) / (kappa + 1)},
          Rate{"heavy ball", 4 / std::pow(std::sqrt(L) + std::sqrt(mu), 2), std::pow((root - 1) / (root + 1), 2), false,
               true, (root - 1) / (root + 1)},
          Rate{"Nesterov", 1 / L, (root - 1) / (root + 1), true, true, 1 - 1 / root},
          Rate{"Nesterov, tuned", 4 / (3 * L + mu), (wide - 2) / (wide + 2), true, true, 1 - 2 / wide}}) {
      INFO(r.what << " condition " << kappa);
      const Variable x = leaf(tensor({1.0, 1.0}));
      optim::SGD optimizer(Parameters{x}, {.lr = r.lr, .momentum = r.momentum, .nesterov = r.nesterov});
      const int last = static_cast<int>(300 / -std::log(r.rate)), first = last / 4;
      double at_first = 0;
      for (int t = 1; t <= last; ++t) {
        x.grad() = x.data() * tensor({mu, L});
        optimizer.step();
        if (t == first) at_first = norm(x.data()).item();
      }
      const double growth = r.defective ? static_cast<double>(last) / first : 1;
      CHECK(std::pow(norm(x.data()).item() / at_first / growth, 1.0 / (last - first)) == Approx(r.rate).epsilon(1e-3));
    }
  }
}

TEST_CASE("momentum is stable up to its limit and not beyond", "[optim][rates]") {
  for (const double mu : {0., .5, .9})
    for (const bool nesterov : {false, true}) {
      if (nesterov && mu == 0) continue;
      const double limit = nesterov ? (2 + 2 * mu) / (1 + 2 * mu) : 2 * (1 + mu);
      const auto end = [&](double factor) {
        const Values o{{"lr", factor * limit}, {"momentum", mu}, {"nesterov", nesterov}};
        return std::abs(walk("SGD", o, 1, 5000, [](double v) { return v; }).back());
      };
      INFO("momentum " << mu << " nesterov " << nesterov);
      CHECK(end(.999) < 1e-3);
      CHECK(end(1.001) > 1e3);
    }
}

// ---- wrappers

TEST_CASE("Lookahead lowers the variance on a noisy quadratic as computed", "[optim][lookahead]") {
  const double lr = .1, alpha = .5, q = 1 - lr, qk = std::pow(q, 5);
  const double theory =
      alpha * alpha * (1 - qk * qk) / (alpha * alpha * (1 - qk * qk) + 2 * alpha * (1 - alpha) * (1 - qk));
  CHECK(theory == Approx(.443).epsilon(1e-3));
  const auto variance = [&](bool lookahead) {
    Generator generator(7);
    const Variable x = leaf(zeros({2000}, DType::f64));
    std::unique_ptr<OptimizerBase> optimizer = std::make_unique<optim::SGD>(Parameters{x}, optim::SGDOptions{.lr = lr});
    if (lookahead) optimizer = std::make_unique<optim::Lookahead>(std::move(optimizer), optim::LookaheadOptions{});
    double squares = 0;
    int count = 0;
    for (int t = 1; t <= 1000; ++t) {
      x.grad() = x.data() + randn({2000}, DType::f64, generator);
      optimizer->step();
      if (t > 200 && t % 5 == 0) squares += mean(x.data() * x.data()).item(), ++count;
    }
    return squares / count;
  };
  const double plain = variance(false);
  CHECK(plain == Approx(lr * lr / (1 - q * q)).epsilon(.05));
  CHECK(variance(true) / plain == Approx(theory).epsilon(.05));
}

TEST_CASE("Lookahead at its ends is the inner optimizer", "[optim][lookahead]") {
  const auto path = [](double lr, std::optional<optim::LookaheadOptions> around, double momentum) {
    const Variable x = leaf(tensor({1.0}));
    std::unique_ptr<OptimizerBase> o =
        std::make_unique<optim::SGD>(Parameters{x}, optim::SGDOptions{.lr = lr, .momentum = momentum});
    if (around) o = std::make_unique<optim::Lookahead>(std::move(o), *around);
    return walk(*o, x, 20, [](double v) { return 3 * v + std::sin(v); });
  };
  for (const Index k : {1, 3}) CHECK(path(.1, optim::LookaheadOptions{.k = k, .alpha = 1}, .9) == path(.1, {}, .9));
  check(path(.1, optim::LookaheadOptions{.k = 1, .alpha = .3}, 0), path(.03, {}, 0));  // steps scaled by alpha
  const Path still = path(.1, optim::LookaheadOptions{.k = 4, .alpha = 0}, .9);
  for (std::size_t i = 3; i < still.size(); i += 4) CHECK(still[i] == 1);
}

TEST_CASE("SAM circles the minimum at its known distance", "[optim][sam]") {
  const double lr = .1, lambda = 1, rho = .05;
  const Variable x = leaf(tensor({1.0}));
  optim::SAM sam(std::make_unique<optim::SGD>(Parameters{x}, optim::SGDOptions{.lr = lr}), {.rho = rho});
  double before = 0;
  for (int i = 0; i < 1000; ++i) {
    before = x.item();
    step(sam, {x}, [&](std::size_t, const Tensor& p) { return p * lambda; });
  }
  CHECK(std::abs(x.item()) == Approx(lr * lambda * rho / (2 - lr * lambda)).epsilon(1e-9));
  CHECK(x.item() == Approx(-before).epsilon(1e-9));
}

TEST_CASE("ASAM sees no rescaling of weights", "[optim][sam]") {
  // f(w, v) = (sum w v - 1)^2 / 2 is the same at (a w, v / a); with eta = 0 so is its value where ASAM looks.
  const auto sharpness = [](double a) {
    const Variable w = leaf(tensor({{1.0 * a, 2.0 * a}})), v = leaf(tensor({{3.0 / a, -0.5 / a}}));
    optim::SAM sam(std::make_unique<optim::SGD>(Parameters{w, v}), {.rho = .5, .adaptive = true, .eta = 0});
    const double r = sum(w.data() * v.data()).item() - 1;
    w.grad() = v.data() * r;
    v.grad() = w.data() * r;
    sam.first_step();
    return std::pow(sum(w.data() * v.data()).item() - 1, 2) / 2;
  };
  CHECK(sharpness(1) > .5);
  for (const double a : {3., 10.}) CHECK(sharpness(a) == Approx(sharpness(1)).epsilon(1e-12));
}

// ---- single rules

TEST_CASE("orthogonalize moves singular values as its polynomial does", "[optim][muon]") {
  const Path s{.001, .002, .005, .01, .05, .1, .3, .5, .7},
      wanted{.470544, .860039, 1.154366, .698917, .758120, .712120, 1.079592, .765439, 1.120323};
  double squares = 0;
  for (const double v : s) squares += v * v;
  const std::size_t n = s.size() + 1;
  Path diagonal(n * n, 0);
  for (std::size_t i = 0; i < n; ++i)  // the last one makes the norm 1
    diagonal[i * n + i] = i < s.size() ? s[i] : std::sqrt(1 - squares);
  const Tensor x = tensor(diagonal, {static_cast<Index>(n), static_cast<Index>(n)});
  for (const double scale : {1., 1e-3, 50.}) {
    const Path y = optim::orthogonalize(x * scale).to_vector<double>();
    for (std::size_t i = 0; i < n * n; ++i)
      if (i / n != i % n) CHECK(std::abs(y[i]) < 1e-14);  // still diagonal
      else if (i / n < s.size()) CHECK(y[i] == Approx(wanted[i / n]).margin(6e-7));
  }
  CHECK(optim::orthogonalize(tensor({{5.0}})).item() == Approx(.696436).margin(6e-7));
  const Tensor tall = tensor({{1.0, 2.0}, {-1.0, 0.5}, {0.3, 4.0}}), wide = optim::orthogonalize(transpose(tall));
  CHECK(allclose(optim::orthogonalize(tall), transpose(wide), 1e-13));
  Tensor batch = zeros({2, 3, 2}, DType::f64);
  select(batch, 0, 0).copy_from(tall);
  select(batch, 0, 1).copy_from(tall * -7.0);
  const Tensor both = optim::orthogonalize(batch);
  CHECK(allclose(select(both, 0, 0), transpose(wide), 1e-13));
  CHECK(allclose(select(both, 0, 1), transpose(wide) * -1.0, 1e-13));
  CHECK_THROWS_WITH(optim::orthogonalize(tensor({1.0})), ContainsSubstring("needs at least two axes: shape is [1]"));
}

TEST_CASE("Lion ends in steps of lr around the minimum", "[optim][lion]") {
  const Path path = walk("Lion", {{"lr", .01}}, .505, 1000, [](double v) { return v; });
  for (std::size_t i = 500; i < path.size(); ++i) {
    CHECK(std::abs(path[i]) < .3);  // momentum carries it past
    CHECK(std::abs(std::abs(path[i] - path[i - 1]) - .01) < 1e-12);
  }
}

TEST_CASE("ASGD averages from t0 on and exchanges averages and parameters", "[optim][asgd]") {
  const Variable x = leaf(tensor({1.0})), idle = leaf(tensor({5.0}));
  optim::ASGD optimizer({x, idle}, {.lr = .1, .t0 = 3});
  const Path path = walk(optimizer, x, 8, [](double v) { return 2 * v; });
  optimizer.swap_averages();  // the weight of step t is 1 / max(1, t - 1 - t0): the mean of the last four
  CHECK(x.item() == Approx((path[4] + path[5] + path[6] + path[7]) / 4).epsilon(1e-14));
  CHECK(idle.item() == 5);
  optimizer.swap_averages();
  CHECK(x.item() == path.back());
}

TEST_CASE("a schedule-free average is that of all z and its evaluation comes and goes", "[optim][schedule_free]") {
  const Variable x = leaf(tensor({1.0}));
  optim::ScheduleFreeSGD optimizer(Parameters{x}, {.lr = .1, .beta = .9});
  double z_sum = 0;
  for (int t = 1; t <= 10; ++t) {
    x.grad() = x.data() * 2.0;
    optimizer.step();
    z_sum += optimizer.state_dict().at("state.0.z").item();
  }
  const double y = x.item();
  optimizer.eval();
  optimizer.eval();
  CHECK_FALSE(optimizer.training());
  CHECK(x.item() == Approx(z_sum / 10).epsilon(1e-12));
  CHECK_THROWS_WITH(optimizer.step(), "ScheduleFreeSGD: step() in evaluation mode: call train() first");
  optimizer.train();
  optimizer.train();
  CHECK(x.item() == y);
}
