#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "golden.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace gradus;

namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::filesystem::path scratch(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("gradus_" + std::to_string(getpid()) + "_" + name);
}

struct Mlp : nn::Module<Mlp> {
  nn::Linear fc1{64, 32}, fc2{32, 10};
  Variable forward(const Variable& x) { return fc2(relu(fc1(x))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};

/// Losses of 50 steps on the digits from PyTorch's initial weights.
template <class MakeOptimizer>
std::vector<double> losses(DType dtype, Mlp& model, MakeOptimizer make, bool one_cycle = false) {
  const TensorFile file = golden::tensors("training.safetensors");
  model.to(dtype);
  nn::StateDict start;
  for (const char* name : {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}) start[name] = file.tensors.at(name);
  model.load_state_dict(start, {.cast = true});
  auto optimizer = make(model.parameters());
  std::unique_ptr<optim::OneCycleLR> schedule;
  if (one_cycle)
    schedule =
        std::make_unique<optim::OneCycleLR>(*optimizer, optim::OneCycleLROptions{.max_lr = 2e-2, .total_steps = 50});
  const auto digits = data::digits();
  const Tensor x = to(flatten(digits.x(), 1), dtype);
  std::vector<double> found;
  for (Index i = 0; i < 50; ++i) {
    optimizer->zero_grad();
    const Variable loss =
        nn::cross_entropy(model(slice(x, 0, 32 * i, 32 * i + 32)), slice(digits.y(), 0, 32 * i, 32 * i + 32));
    loss.backward();
    optimizer->step();
    if (schedule) schedule->step();
    found.push_back(loss.item());
  }
  return found;
}
auto adamw() {
  return [](const auto& ps) {
    return std::make_unique<optim::AdamW>(ps, optim::AdamWOptions{.lr = 1e-2, .weight_decay = 1e-2});
  };
}
auto sgd() {
  return [](const auto& ps) { return std::make_unique<optim::SGD>(ps, optim::SGDOptions{.lr = 0.1, .momentum = 0.9}); };
}
void compare(const std::vector<double>& got, const std::string& name, double rtol) {
  const auto wanted = golden::tensors("training.safetensors").tensors.at(name).to_vector<double>();
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO(name << " step " << i << ": " << got[i] << " instead of " << wanted[i]);
    CHECK(std::abs(got[i] - wanted[i]) <= rtol * std::abs(wanted[i]));
  }
}

}  // namespace

TEST_CASE("fifty training steps follow PyTorch in f64 and f32", "[train][golden]") {
  Mlp a, b, c, d, e;
  compare(losses(DType::f64, a, adamw()), "adamw.f64.loss", 1e-9);
  compare(losses(DType::f64, b, sgd()), "sgd_momentum.f64.loss", 1e-9);
  compare(losses(DType::f64, c, adamw(), true), "adamw_onecycle.f64.loss", 1e-9);
  compare(losses(DType::f32, d, adamw()), "adamw.f32.loss", 1e-3);
  compare(losses(DType::f32, e, sgd()), "sgd_momentum.f32.loss", 1e-3);
  const TensorFile file = golden::tensors("training.safetensors");
  for (const auto& [name, t] : a.state_dict()) CHECK(allclose(t, file.tensors.at("adamw.f64." + name), 1e-8, 1e-12));
}

TEST_CASE("ten thousand training steps leave the memory flat", "[train][memory]") {
  const auto resident = [] {
    std::ifstream in("/proc/self/statm");
    long total = 0, pages = 0;
    in >> total >> pages;
    return static_cast<double>(pages);
  };
  nn::Sequential model(nn::Linear(20, 16), nn::ReLU(), nn::Dropout(0.1), nn::Linear(16, 4));
  optim::AdamW optimizer(model.parameters());
  const Tensor x = randn({32, 20}), y = randint(0, 4, {32});
  [[maybe_unused]] double early = 0;
  std::size_t live = 0, live_at_end = 0;
  for (int i = 0; i < 10'000; ++i) {
    optimizer.zero_grad();
    const Variable loss = nn::cross_entropy(model(x), y);
    loss.backward();
    optimizer.step();
    if (i == 100) {
      early = resident();
      live = memory_stats().live;
    }
    live_at_end = memory_stats().live;
  }
  CHECK(live_at_end == live);
#if !defined(__SANITIZE_ADDRESS__)  // the sanitizer keeps freed memory back on purpose
  CHECK(resident() <= 1.01 * early);
#endif
}

TEST_CASE("a loss that is not finite stops the training with the place named", "[train][watch]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Variable good = leaf(ones({2})), bad = leaf(tensor({1.f, static_cast<float>(nan)}));
  const Variable fine = scalar_tensor(0.5, DType::f64), broken = scalar_tensor(nan, DType::f64);
  CHECK_NOTHROW(train::check_finite(1, fine, {{"fc.weight", bad}}));
  CHECK_THROWS_WITH(
      train::check_finite(137, broken, {{"constant", Variable(ones({1}))}, {"fc.bias", good}, {"fc.weight", bad}}),
      "train: the loss became nan at step 137: the first tensor that is not finite is fc.weight ([2], 1 of 2 values) — "
      "try "
      "a smaller learning rate, or clip the gradients");
  good.grad() = full({2}, std::numeric_limits<double>::infinity());
  CHECK_THROWS_WITH(
      train::check_finite(3, broken, {{"fc.bias", good}}),
      ContainsSubstring("the first tensor that is not finite is the gradient of fc.bias ([2], 2 of 2 values)"));
  CHECK_THROWS_WITH(train::check_finite(3, broken, {}), ContainsSubstring("is the loss itself ([], 1 of 1 values)"));
}

TEST_CASE("a loss that overflows in the forward pass names the operation and the module", "[train][watch]") {
  nn::Sequential model(nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 4));
  for (const auto& [name, p] : model.named_parameters()) Variable(p).data().fill(1e30);
  const Variable loss = nn::cross_entropy(model(ones({5, 2})), zeros({5}, DType::i64));
  CHECK_THROWS_WITH(train::check_finite(2, loss, model.named_parameters()),
                    ContainsSubstring("at step 2: the first tensor that is not finite is what was handed to "
                                      "cross_entropy ([5, 4], 20 of 20 values)"));
}

TEST_CASE("accuracy counts rows and refuses nonsense", "[train][metrics]") {
  const Tensor logits = tensor({{1.0, 2.0}, {3.0, 0.0}, {0.0, 1.0}});
  CHECK(train::correct(logits, tensor<Index>({1, 0, 0})) == 2);
  CHECK(train::accuracy(logits, tensor<Index>({1, 0, 0})) == Approx(2.0 / 3));
  CHECK_THROWS_WITH(train::accuracy(logits, tensor<Index>({1, 0, 2})),
                    "accuracy: a label is out of range: label 2 in row 2, there are 2 classes");
  CHECK_THROWS_AS(train::accuracy(logits, tensor<Index>({1})), ShapeError);
  CHECK_THROWS_WITH(train::accuracy(empty({0, 2}), empty({0}, DType::i64)), ContainsSubstring("accuracy: no rows"));
  const double nan = std::nan("");
  CHECK(train::correct(tensor({{nan, nan}, {0.0, nan}}), tensor<Index>({0, 0})) == 0);
  CHECK_THROWS_AS(train::correct(logits, ones({3})), DTypeError);
  train::RunningMean mean;
  CHECK_THROWS_AS(mean.value(), ValueError);
  mean.add(1, 3);
  mean.add(5, 1);
  CHECK(mean.value() == 2);
}

TEST_CASE("evaluation runs in eval mode off the tape and restores the mode", "[train][metrics]") {
  nn::Sequential model(nn::Dropout(1), nn::Flatten(), nn::Linear(64, 10));
  auto loader = data::DataLoader(data::digits(), {.batch_size = 500});
  const auto a = train::evaluate(model, loader), b = train::evaluate(model, loader);
  CHECK(a.loss == b.loss);
  CHECK(model.training());
  CHECK(a.accuracy < 0.5);
  model.eval();
  train::evaluate(model, loader);
  CHECK_FALSE(model.training());
}

TEST_CASE("progress writes plain lines where there is no terminal", "[train][progress]") {
  std::FILE* file = std::tmpfile();
  {
    train::Progress progress("epoch 1/2", 200, {.stream = file, .lines_every_percent = 50});
    for (int i = 1; i <= 200; ++i) progress.update(i, {{"loss", 0.25}});
  }
  std::rewind(file);
  char text[1000] = {};
  const std::size_t n = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  const std::string out(text, n);
  CHECK(std::count(out.begin(), out.end(), '\n') == 2);
  CHECK(out.find("epoch 1/2   50%  100/200") == 0);
  CHECK(out.find("loss 0.2500") != std::string::npos);
  CHECK(out.find('\r') == std::string::npos);
  CHECK(train::clock_text(7) == "0:07");
  CHECK(train::clock_text(3723) == "1:02:03");
}

TEST_CASE("progress over any number of steps and lines ends", "[train][progress]") {
  for (const std::int64_t total :
       {std::int64_t{INT64_MIN}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{INT64_MAX}})
    for (const double every : {-1.0, 0.0, 1e-300, 50.0, 1e300, std::nan(""), HUGE_VAL}) {
      std::FILE* file = std::tmpfile();
      {
        train::Progress progress("work", total, {.stream = file, .lines_every_percent = every});
        for (const std::int64_t done : {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{INT64_MAX}})
          progress.update(done);
      }
      std::fclose(file);
    }
  CHECK(train::clock_text(-5) == "0:00");
  CHECK(train::clock_text(std::nan("")) == "?");
  CHECK(train::clock_text(1e300) == "?");
}

TEST_CASE("the table is complete on disk after every row", "[train][csv]") {
  const auto path = scratch("log.csv");
  {
    train::CsvLog log(path, {"epoch", "loss"});
    log.row({1, 0.1});
    CHECK(slurp(path) == "epoch,loss\n1,0.1\n");
    CHECK_THROWS_WITH(log.row({1}), "csv: the row does not fit: 1 values, 2 columns");
    log.row({2, std::nan("")});
    CHECK(slurp(path) == "epoch,loss\n1,0.1\n2,nan\n");
  }
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {0.1,           -0.0,         5e-324,   1.7976931348623157e308,
                                      -std::nan(""), std::nan(""), infinity, -infinity};
  {
    train::CsvLog log(path, {"a,b", ""});
    for (const double v : values) log.row({v, 1});
  }
  const auto table = data::read_csv(path, {.header = true, .allow_nonfinite = true});  // reads what the log writes
  CHECK(table.columns == std::vector<std::string>{"a,b", ""});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double back = table.values[static_cast<Index>(i)][0].item();
    CHECK((back == values[i] || (std::isnan(back) && std::isnan(values[i]))));
    CHECK((std::isnan(back) || std::signbit(back) == std::signbit(values[i])));
  }
  CHECK(slurp(path).find("-nan") == std::string::npos);
  std::filesystem::remove(path);
  CHECK_THROWS_AS(train::CsvLog("/nonexistent/log.csv", {"a"}), IoError);
  CHECK_THROWS_AS(train::CsvLog("/dev/full", {"a"}), IoError);
}

TEST_CASE("plots draw gaps and escape texts and survive empty series", "[train][plot]") {
  const double nan = std::nan("");
  const std::string svg = train::line_plot(
      {{"a < b", "x", "y", {{"one & two", {0, 1, 2, 3, 4}, {1, 2, nan, 3, 4}}}}, {"none", "x", "y", {}}});
  CHECK(svg.find("a &lt; b") != std::string::npos);
  CHECK(svg.find("one &amp; two") != std::string::npos);
  std::size_t lines = 0;
  for (auto at = svg.find("<polyline"); at != std::string::npos; at = svg.find("<polyline", at + 1)) ++lines;
  CHECK(lines == 2);
  CHECK(svg.find("nan") == std::string::npos);
  const std::string log = train::line_plot({{"log", "x", "y", {{"s", {0, 1, 2}, {0, 10, 1000}}}, true}});
  CHECK(log.find(">1000<") != std::string::npos);
  CHECK(log.find("nan") == std::string::npos);
  const std::string both =
      train::line_plot({{"both", "x", "y", {{"s", {1e-4, 0, 1}, {1, 1, 10}}, {"p", {1}, {1}, false}}, true, true}});
  for (const char* tick : {">1e-4<", ">0.001<", ">0.1<", ">1<", ">10<"}) CHECK(both.find(tick) != std::string::npos);
  CHECK(both.find(">0.03162<") == std::string::npos);                  // whole powers of ten alone
  CHECK(both.find("nan") == std::string::npos);                        // x = 0 is left out
  CHECK(both.find("none\" stroke=\"#dc2626\"") == std::string::npos);  // points alone
  CHECK(both.find("<g fill=\"#dc2626\" stroke=\"white\"") != std::string::npos);
  CHECK_THROWS_WITH(train::line_plot({{"t", "x", "y", {{"s", {0, 1}, {0}}}}}),
                    "plot: series s has 2 x values and 1 y values");
  CHECK_THROWS_WITH(train::line_plot({{.title = "t", .series = {}, .y = {2, 1}}}),
                    "plot: y must ascend and be finite: got 2 to 1");
  CHECK_THROWS_WITH(train::line_plot({{.title = "t", .series = {}, .log_y = true, .y = {0, 1}}}),
                    "plot: y must ascend and be finite and positive: got 0 to 1");
  CHECK_THROWS_AS(train::line_plot({{.title = "t", .series = {}, .y = {0, HUGE_VAL}}}), ValueError);
  CHECK_THROWS_WITH(train::line_plot({}, {.columns = -1}), "plot: columns must be at least 0: got -1");
  CHECK_THROWS_WITH(train::line_plot({}, {.width = nan}),
                    "plot: a panel must be 200 to 4096 wide and 160 to 4096 high: got nan x 360");
}

TEST_CASE("panels stand in rows, and curves are cut off where y ends", "[train][plot]") {
  const train::Panel panel{.title = "t", .series = {{"s", {1, 2, 3}, {1, 1e9, 1}}}, .y = {0, 2}};
  const std::string sheet = train::line_plot(std::vector(5, panel), {.columns = 2, .width = 300, .height = 200});
  CHECK_THAT(sheet, ContainsSubstring("viewBox=\"0 0 600 600\"") && ContainsSubstring("url(#panel4)"));
  CHECK_THAT(sheet, ContainsSubstring(">1.5<") && !ContainsSubstring("1e9") && !ContainsSubstring("1e+9"));
  CHECK_THAT(train::line_plot({panel}, {.columns = 7}), ContainsSubstring("viewBox=\"0 0 460 360\""));
}

TEST_CASE("evaluating gives each module its own mode back", "[train][nn]") {
  struct Net : nn::Module<Net> {
    nn::Sequential frozen{nn::Linear(2, 2), nn::Dropout(0.5)};
    nn::Linear head{2, 2};
    Variable forward(const Variable& x) { return head(frozen(x)); }
    void fields(nn::Fields& f) {
      f("frozen", frozen);
      f("head", head);
    }
  } net;
  net.frozen.eval();
  net.frozen[0].module().train();
  data::DataLoader loader(data::TensorDataset(ones({4, 2}), zeros({4}, DType::i64)));
  const auto modes = [&] {
    return std::vector<bool>{net.training(), net.frozen.training(), net.frozen[0].module().training(),
                             net.frozen[1].module().training(), net.head.training()};
  };
  const auto before = modes();
  REQUIRE(before == std::vector<bool>{true, false, true, false, true});
  train::evaluate(net, loader);
  CHECK(modes() == before);
  train::predict(net, loader);
  CHECK(modes() == before);
  {
    const nn::EvalMode mode(net);
    CHECK(modes() == std::vector<bool>(5, false));
  }
  CHECK(modes() == before);
}
