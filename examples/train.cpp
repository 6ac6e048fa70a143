// The main job: train a multi-layer perceptron on Fashion-MNIST (or the bundled digits), with a validation split, a live
// progress line, and weights, a table and a picture of the run at the end. `train --help` lists the options.
#include <gradus/gradus.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>

using namespace gradus;

namespace {

struct Settings {
  std::string data = "auto";
  std::string data_root;
  std::vector<Index> widths{256, 128};
  double dropout = 0, lr = 4e-3, weight_decay = 1e-2;
  int epochs = 10, threads = 0;
  Index batch_size = 128, validation = -1;
  std::uint64_t seed = 1;
  std::string out;
};

volatile std::sig_atomic_t interrupted = 0;

struct Data {
  std::string name;
  std::vector<data::DatasetPtr> parts;  // train, validation, test
  Shape image;
};

Data load(const Settings& s) {
  bool fashion = s.data == "fashion-mnist";
  if (s.data == "auto") {
    fashion = data::fashion_mnist_available(s.data_root);
    if (!fashion)
      std::printf(
          "Fashion-MNIST is not here (Debian package dataset-fashion-mnist): falling back to the bundled digits\n");
  }
  if (fashion) {
    const auto train = data::fashion_mnist("train", s.data_root), test = data::fashion_mnist("test", s.data_root);
    const Index held = s.validation < 0 ? 5000 : s.validation;
    if (held < 1 || held >= train.size())
      fail<ValueError>("train: --validation must leave examples on both sides: got ", held, " of ", train.size());
    auto parts = data::random_split(train, {train.size() - held, held}, s.seed);
    return {"fashion-mnist", {data::share(parts[0]), data::share(parts[1]), data::share(test)}, {1, 28, 28}};
  }
  const auto all = data::digits();
  const Index held = s.validation < 0 ? 180 : s.validation, test = 297;
  if (held < 1 || held + test >= all.size())
    fail<ValueError>("train: --validation must leave examples on both sides: got ", held, " of ", all.size() - test);
  auto parts = data::random_split(all, {all.size() - held - test, held, test}, s.seed);
  return {"digits", {data::share(parts[0]), data::share(parts[1]), data::share(parts[2])}, {1, 8, 8}};
}

nn::Sequential make_model(const Settings& s, const Shape& image) {
  nn::Sequential model{nn::Flatten()};
  Index width = image.numel();
  for (const Index next : s.widths) {
    model.push_back(nn::Linear(width, next));
    model.push_back(nn::ReLU());
    if (s.dropout > 0) model.push_back(nn::Dropout(s.dropout));
    width = next;
  }
  model.push_back(nn::Linear(width, 10));
  return model;
}

struct History {
  std::vector<double> epoch, train_loss, loss, accuracy;
};

void draw(const std::filesystem::path& path, const History& h, const std::string& title) {
  train::save_line_plot(path, {{title + ": loss",
                                "epoch",
                                "cross-entropy",
                                {{"train", h.epoch, h.train_loss}, {"validation", h.epoch, h.loss}}},
                               {title + ": accuracy", "epoch", "%", {{"validation", h.epoch, h.accuracy}}}});
}

int run(const Settings& s) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  if (s.threads) set_num_threads(s.threads);
  manual_seed(s.seed);
  const Data sets = load(s);
  const std::filesystem::path out = s.out.empty() ? "runs/" + sets.name : s.out;
  train::prepare_output_directory(out);
  data::DataLoader batches(sets.parts[0], {.batch_size = s.batch_size, .shuffle = true, .seed = s.seed});
  data::DataLoader validation(sets.parts[1], {.batch_size = 500}), test(sets.parts[2], {.batch_size = 500});

  nn::Sequential model = make_model(s, sets.image);
  const auto parameters = model.named_parameters();
  std::printf("%s: %lld training, %lld validation, %lld test images; %lld parameters; %d threads\n", sets.name.c_str(),
              static_cast<long long>(sets.parts[0]->size()), static_cast<long long>(sets.parts[1]->size()),
              static_cast<long long>(sets.parts[2]->size()), static_cast<long long>(model.parameter_count()),
              num_threads());
  std::fflush(stdout);
  optim::AdamW optimizer(model.parameters(), {.lr = s.lr, .weight_decay = s.weight_decay});
  optim::OneCycleLR schedule(optimizer, {.max_lr = s.lr, .total_steps = std::max<Index>(4, s.epochs * batches.size())});

  train::CsvLog log(out / "history.csv",
                    {"epoch", "train_loss", "validation_loss", "validation_accuracy", "lr", "seconds"});
  History history;
  Index step = 0;
  for (int epoch = 1; epoch <= s.epochs && !interrupted; ++epoch) {
    train::RunningMean mean;
    train::Progress progress(join("epoch ", epoch, "/", s.epochs), batches.size());
    Index done = 0;
    for (auto [x, y] : batches) {
      optimizer.zero_grad();
      const Variable loss = nn::cross_entropy(model(x), y);
      train::check_finite(++step, loss, parameters);
      loss.backward();
      optimizer.step();
      schedule.step();
      mean.add(loss.item(), y.numel());
      progress.update(++done, {{"loss", mean.value()}, {"lr", optimizer.get(0, "lr")}});
      if (interrupted) break;
    }
    progress.finish();
    const auto result = train::evaluate(model, validation);
    std::printf("epoch %2d/%d  train loss %.4f  validation loss %.4f  accuracy %.2f %%\n", epoch, s.epochs,
                mean.value(), result.loss, 100 * result.accuracy);
    std::fflush(stdout);
    log.row(
        {static_cast<double>(epoch), mean.value(), result.loss, result.accuracy, optimizer.get(0, "lr"), seconds()});
    history.epoch.push_back(epoch);
    history.train_loss.push_back(mean.value());
    history.loss.push_back(result.loss);
    history.accuracy.push_back(100 * result.accuracy);
  }

  nn::save(model, out / "model.safetensors");
  draw(out / "history.svg", history, sets.name);
  std::printf("test accuracy: %.2f %%\n", 100 * train::evaluate(model, test).accuracy);
  std::printf("weights  %s\npicture  %s\ntable    %s\n%s%.1f s\n", (out / "model.safetensors").c_str(),
              (out / "history.svg").c_str(), (out / "history.csv").c_str(),
              interrupted ? "interrupted after " : "took ", seconds());
  return interrupted ? 128 + SIGINT : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app{"Trains a multi-layer perceptron on small images."};
  app.add_option("--data", s.data, "auto (Fashion-MNIST, else digits), fashion-mnist or digits")
      ->check(CLI::IsMember({"auto", "fashion-mnist", "digits"}))
      ->capture_default_str();
  app.add_option("--data-root", s.data_root, "folder with Fashion-MNIST's four files");
  app.add_option("--epochs", s.epochs, "passes over the training set")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--batch-size", s.batch_size, "images per step")->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_option("--lr", s.lr, "largest learning rate of the one-cycle schedule")->capture_default_str();
  app.add_option("--weight-decay", s.weight_decay, "of AdamW")->capture_default_str();
  app.add_option("--widths", s.widths, "sizes of the hidden layers: 256,128")
      ->delimiter(',')
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--dropout", s.dropout, "probability after each hidden layer")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--validation", s.validation, "images held back from training (default: 5000, digits 180)");
  app.add_option("--seed", s.seed, "of weights, split and order")->capture_default_str();
  app.add_option("--threads", s.threads, "0 for all cores")->check(CLI::Range(0, 1024))->capture_default_str();
  app.add_option("--out", s.out, "folder for weights, picture and table (default: runs/<data>)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away must not cost the weights
  std::signal(SIGINT, [](int) {
    interrupted = 1;
    std::signal(SIGINT, SIG_DFL);  // a second one ends it at once
  });
  try {
    return run(s);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
