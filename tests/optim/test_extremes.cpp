// Gradients so large or small that their squares leave the range of f32 or f64, and means that keep nothing of the past.
#include "all_optimizers.hpp"
#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace gradus;
using namespace all_optimizers;

namespace {

bool finite(const Tensor& t) {
  for (const double v : t.to_vector<double>())
    if (!std::isfinite(v)) return false;
  return true;
}
Parameters ones_for(const Kind& k, DType dtype) {
  return {leaf(ones({2, 3}, dtype)), leaf(ones(k.matrices_only() ? Shape{3, 2} : Shape{4}, dtype))};
}
/// Gradients of 1 everywhere but at the first element of the first parameter.
Gradient first_element(double value) {
  return [=](std::size_t i, const Tensor& p) {
    Tensor g = ones_like(p);
    if (i == 0) select(select(g, 0, 0), 0, 0).fill(value);
    return g;
  };
}
/// Different values everywhere.
Tensor wave(const Tensor& p, double shift = 0) {
  return to(sin(reshape(to(arange(p.numel()), DType::f64), p.shape()) + shift), p.dtype());
}
double first_of(const Parameters& ps) { return ps[0].data().to_vector<double>()[0]; }
/// Options that make every running mean forget at once, as far as the optimizer has such.
Values forgetting(const Kind& k) {
  Values o;
  for (const char* name : {"beta1", "beta2", "beta3", "alpha", "rho", "beta2_decay"})
    if (k.has(name) && k.name != "RAdam") o[name] = 0;  // which needs beta2 > 0.6
  if (k.matrices_only()) o["momentum"] = 0;
  if (k.has("weight_decay")) o["weight_decay"] = 0;
  return o;
}

}  // namespace

TEST_CASE("gradients whose squares overflow or vanish leave every optimizer with numbers", "[optim][extremes]") {
  for (const Kind& k : kinds())
    for (const DType dtype : {DType::f32, DType::f64}) {
      const bool f32 = dtype == DType::f32;
      const std::vector<double> large = f32 ? std::vector{1e20, -1e25, 1e30} : std::vector{1e160, -1e200, 1e250},
                                small = f32 ? std::vector{1e-25, -1e-40, 0.0} : std::vector{1e-170, -1e-310, 0.0};
      std::vector<std::vector<double>> courses;
      for (const double v : large) courses.push_back({v, 1, 1, 1, v, v, v, v, v, v, v, 1, -v, v, 1});
      for (const double v : small) courses.push_back({v, v, v, 1, 1, v, v, v, v, -v, v, 1, -v});
      for (const Values& more : {Values{}, k.more, forgetting(k)})
        for (const auto& course : courses) {
          INFO(join(k.name, " ", dtype, " ", course[0], more.empty() ? "" : " with options"));
          const Parameters ps = ones_for(k, dtype);
          Values o = more;
          o["lr"] = 1e-3;
          const auto optimizer = k.make(ps, o);
          for (const double v : course) {
            step(*optimizer, ps, first_element(v));
            REQUIRE(finite(ps[0].data()));
            REQUIRE(finite(ps[1].data()));
          }
        }
    }
}

TEST_CASE("an element whose square is infinite rests and the others go on", "[optim][extremes]") {
  for (const char* name :
       {"Adam", "AdamW", "NAdam", "RMSprop", "Adagrad", "Adadelta", "Adan", "ScheduleFreeAdamW", "LAMB"}) {
    const Kind& k = kind_named(name);
    for (Values o : {Values{}, k.more}) {
      if (k.has("weight_decay")) o["weight_decay"] = 0;
      INFO(name << (o.size() > 1 ? " with more options" : ""));
      const Parameters ps = ones_for(k, DType::f32), plain = ones_for(k, DType::f32);
      const auto optimizer = k.make(ps, o), other = k.make(plain, o);
      for (int i = 0; i < 20; ++i) {
        step(*optimizer, ps, first_element(i == 0 ? 3e25 : 1));
        step(*other, plain, first_element(1));
      }
      CHECK(first_of(ps) == 1);
      CHECK(first_of(plain) < 1);
      CHECK(same_bits(ps[1].data(), plain[1].data()));
      CHECK(same_bits(select(ps[0].data(), 0, 1), select(plain[0].data(), 0, 1)));
    }
  }
}

TEST_CASE("a gradient of 1e20 followed by ones ends where PyTorch ends", "[optim][extremes]") {
  struct Known {
    const char* name;
    Values options;
    double wanted;  // PyTorch 2.13, after 1e20, 1, 1, 1, 1, 1, 1, 1
  };
  for (const Known& c :
       {Known{"Adam", {}, 0.9962121844}, Known{"AdamW", {}, 0.9961322546},
        Known{"Adam", {{"amsgrad", 1}}, 0.9962167740}, Known{"RAdam", {}, -2.144773352e17},
        Known{"RMSprop", {}, 0.8999999762}, Known{"RMSprop", {{"centered", 1}, {"momentum", .9}}, 0.4275979996},
        Known{"Adagrad", {}, 1.0}, Known{"Adadelta", {}, 1.0}, Known{"Adamax", {}, 0.9950783253}}) {
    INFO(c.name);
    const Parameters ps = ones_for(kind_named(c.name), DType::f32);
    const auto optimizer = kind_named(c.name).make(ps, c.options);
    for (int i = 0; i < 8; ++i) step(*optimizer, ps, first_element(i == 0 ? 1e20 : 1));
    CHECK(first_of(ps) == Approx(c.wanted).epsilon(1e-5));
  }
}

TEST_CASE("a mean that keeps nothing is the newest value bit for bit", "[optim][extremes]") {
  {
    const Variable x = leaf(tensor({0.f}));
    optim::RMSprop optimizer({x}, {.lr = 0.1, .alpha = 0});
    for (const float g : {1e5f, 1.f, 1.f}) {
      x.grad() = tensor({g});
      optimizer.step();
    }
    CHECK(x.item() == Approx(-0.3).epsilon(1e-6));
  }
  int compared = 0;
  for (const Kind& k : kinds()) {
    Values o = k.more;
    for (const auto& [name, value] : forgetting(k)) o[name] = value;
    const auto after = [&](double start) {
      const Parameters ps = ones_for(k, DType::f32);
      const auto optimizer = k.make(ps, o);
      for (const double v : {start, 1.5, 1.5}) step(*optimizer, ps, first_element(v));
      return optimizer->state_dict();
    };
    for (const double start : {1e5, 3e38}) {
      const auto calm = after(1), wild = after(start);
      for (const char* slot :
           {"exp_avg", "exp_avg_sq", "square_avg", "grad_avg", "exp_avg_diff", "row_var", "col_var", "variance"}) {
        const std::string key = std::string("state.0.") + slot;
        if (k.name == "RAdam" || !calm.contains(key)) continue;
        INFO(k.name << " " << slot << " after " << start);
        CHECK(same_bits(calm.at(key), wild.at(key)));
        ++compared;
      }
    }
  }
  CHECK(compared >= 36);
  using optim::Element;
  Element<float> a = 3e38f, b = -3e38f, c = std::numeric_limits<float>::infinity();
  CHECK(lerp(a, b, 1).x == b.x);
  CHECK(lerp(c, b, 1).x == b.x);
  CHECK(lerp(Element<float>(0.1f), Element<float>(0.1f), 0.3).x == 0.1f);
  CHECK(lerp(Element<float>(1e10f), Element<float>(1), 1 - 1e-15).x == Approx(1).epsilon(2e-5));
  CHECK(lerp(Element<float>(7), Element<float>(1e5f), 0).x == 7);
  CHECK(mean_square(c, Element<float>(3), 0).x == 9);
  CHECK(mean_square(c, Element<float>(3), 0.5).x == c.x);
}

TEST_CASE("averages of weights that stand still are those weights bit for bit", "[optim][extremes][averaging]") {
  using optim::Average;
  using optim::EmaWarmup;
  for (const optim::AveragingOptions& o :
       {optim::AveragingOptions{}, optim::AveragingOptions{.kind = Average::exponential, .decay = 0.9},
        optim::AveragingOptions{.kind = Average::exponential, .decay = 0.3},
        optim::AveragingOptions{.kind = Average::exponential, .warmup = EmaWarmup::power}}) {
    const Variable w = leaf(randn({50}));
    optim::WeightAverage average({w}, o);
    for (int i = 0; i < 300; ++i) average.update();
    CHECK(equal(average.averages()[0], w.data()));
  }
  Variable w = leaf(full({3}, 1e5));
  optim::WeightAverage newest({w}, {.kind = Average::exponential, .decay = 0});
  newest.update();
  w.data().fill(1.1);
  newest.update();
  CHECK(equal(newest.averages()[0], w.data()));
  // Lookahead pulls parameters that never move, too.
  const Parameters ps{leaf(randn({50})), leaf(randn({50}))}, before = leaves_like(ps);
  optim::Lookahead lookahead(kind_named("SGD").make(ps, {}), {.k = 2, .alpha = 0.3});
  for (int i = 0; i < 300; ++i)
    step(lookahead, ps, [](std::size_t j, const Tensor& p) { return j ? Tensor() : p * 1.0; });
  CHECK(same_bits(ps[1].data(), before[1].data()));
}

TEST_CASE("norms that optimizers and clipping take never overflow", "[optim][extremes][clip]") {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const double scale : dtype == DType::f32 ? std::vector{1e20, 1e30, 1e-25} : std::vector{1e200, 1e-200}) {
      INFO(join(dtype, " ", scale));
      const Parameters ps{leaf(full({2, 3}, 2, dtype)), leaf(full({3, 2}, 2, dtype))};
      const auto set = [&] {
        for (const Variable& p : ps) p.grad() = full(p.shape(), scale, dtype);
      };
      set();
      CHECK(optim::total_norm({ps[0].grad(), Tensor(), transpose(ps[1].grad())}) ==
            Approx(scale * std::sqrt(12)).epsilon(1e-6));
      CHECK(optim::clip_grad_norm_(ps, 1) == Approx(scale * std::sqrt(12)).epsilon(1e-6));
      CHECK(ps[0].grad().to_vector<double>()[0] == Approx(scale > 1 ? 1 / std::sqrt(12) : scale).epsilon(1e-5));
      set();
      optim::clip_grad_adaptive_(ps, 0.01);
      CHECK(ps[0].grad().to_vector<double>()[0] == Approx(scale > 1 ? 0.02 : scale).epsilon(1e-5));
      for (const bool adaptive : {false, true}) {
        set();
        optim::SAM sam(kind_named("SGD").make(ps, {{"lr", 0}}), {.rho = 0.1, .adaptive = adaptive, .eta = 0});
        sam.first_step();
        double squares = 0;
        for (const Variable& p : ps)
          for (const double v : p.data().to_vector<double>()) squares += (v - 2) * (v - 2);
        if (scale > 1) CHECK(std::sqrt(squares) == Approx(adaptive ? 0.2 : 0.1).epsilon(1e-5));
        else CHECK(squares < 1e-20);
        sam.second_step();
        CHECK(first_of(ps) == 2);
      }
      if (scale < 1) continue;
      // Rules that do not see the scale of the gradients make the same step.
      for (const auto& [name, options] :
           std::map<std::string, Values>{{"LARS", {{"always_adapt", 1}, {"momentum", 0}}},
                                         {"LAMB", {{"weight_decay", 0}, {"max_grad_norm", 1}, {"eps", 0}}},
                                         {"Muon", {}},
                                         {"Adan", {{"max_grad_norm", 1}}}}) {
        INFO(name);
        const Parameters usual = leaves_like(ps), scaled = leaves_like(ps);
        const auto a = kind_named(name).make(usual, options), b = kind_named(name).make(scaled, options);
        step(*a, usual, [](std::size_t, const Tensor& p) { return wave(p, 0.5); });
        step(*b, scaled, [&](std::size_t, const Tensor& p) { return wave(p, 0.5) * scale; });
        for (std::size_t i = 0; i < 2; ++i) CHECK(allclose(usual[i].data(), scaled[i].data(), 1e-5));
      }
    }
}

TEST_CASE("Adafactor's step does not see the scale of the gradients", "[optim][extremes]") {
  const auto after = [](double scale) {
    const Variable w = leaf(full({3, 4}, 0.5)), b = leaf(full({4}, 0.5));
    optim::Adafactor optimizer({w, b});
    for (int i = 0; i < 5; ++i)
      step(optimizer, {w, b}, [&](std::size_t, const Tensor& p) { return wave(p, i) * scale; });
    return copy(w.data());
  };
  for (const double scale : {1e3, 1e12, 1e18})
    CHECK(allclose(after(scale), after(1e2), 1e-4));  // rows * columns > 3e38
  const Variable small = leaf(ones({2}));
  optim::Adafactor tiny({small}, {.eps1 = 1e-30});  // squared it would be 0
  step(tiny, {small}, [](std::size_t, const Tensor& p) { return zeros_like(p); });
  CHECK(finite(small.data()));
}

TEST_CASE("Rprop sees the sign of the smallest gradients", "[optim][extremes]") {
  const auto after = [](double scale) {
    const Variable x = leaf(ones({1}));
    optim::Rprop optimizer({x});
    for (const double sign : {1, 1, 1, -1, -1, 1, 1}) {
      x.grad() = full({1}, sign * scale);
      optimizer.step();
    }
    return x.item();
  };
  CHECK(after(1e-25) == after(1));
  CHECK(after(1e25) == after(1));
}
