// The main job: train a network on Fashion-MNIST (or the bundled digits), with a validation split, a live progress line,
// checkpoints that a stopped run resumes from bit for bit, and weights, a table and pictures at the end. `train --help`
// lists the options; common/ has the command line, the data and the models.
#include <gradus/tensor/io/file.hpp>

#include "common/arguments.hpp"
#include "common/image_data.hpp"
#include "common/models.hpp"
#include "common/train_options.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace gradus;

namespace {

const std::vector<std::string> columns = {"epoch", "train_loss", "validation_loss", "validation_accuracy",
                                          "lr",    "seconds"};
/// One list of values per column: a row per finished epoch.
using History = std::map<std::string, std::vector<double>>;

void log_row(train::CsvLog& log, History& history, std::size_t row) {
  std::vector<double> values;
  for (const auto& column : columns) values.push_back(history[column][row]);
  log.row(values);
}

void draw(const std::filesystem::path& path, History& h, const std::string& title) {
  std::vector<double> percent;
  for (const double share : h["validation_accuracy"]) percent.push_back(100 * share);
  train::save_line_plot(path,
                        {{title + ": loss",
                          "epoch",
                          "cross-entropy",
                          {{"train", h["epoch"], h["train_loss"]}, {"validation", h["epoch"], h["validation_loss"]}}},
                         {title + ": accuracy", "epoch", "%", {{"validation", h["epoch"], percent}}}});
}

/// The test images that the model is surest and wrong about.
void draw_mistakes(const std::filesystem::path& path, const train::Predictions& said, const ImageData& sets) {
  std::vector<train::CaptionedImage> tiles;
  for (const auto& m : train::surest_mistakes(said.logits, said.labels, 24)) {
    char sure[32];
    std::snprintf(sure, sizeof sure, "  %.0f %%", 100 * m.confidence);
    tiles.push_back({sets.test->get(m.row).x,
                     {"is " + sets.classes[static_cast<std::size_t>(m.label)],
                      "taken for " + sets.classes[static_cast<std::size_t>(m.predicted)], sure}});
  }
  train::save_image_sheet(path, tiles, {.title = sets.name + ": the surest mistakes on the test images"});
}

/// A checkpoint that is in the way of a new run: one that another run still wants to go on from.
void check_nothing_is_lost(const TrainOptions& o) {
  const auto path = o.out / "checkpoint.safetensors";
  std::error_code none;
  if (o.overwrite || !std::filesystem::exists(path) || std::filesystem::equivalent(path, o.resume, none)) return;
  std::vector<double> epochs;
  train::Checkpoint there;
  there.add("history_epoch", epochs);
  there.load(path, {.partial = true});
  const std::string wanted = train::checkpoint_settings(path)["epochs"];
  if (join(epochs.size()) != wanted)
    fail<StateError>("train: this folder has a run that was stopped after ", epochs.size(), " of ", wanted,
                     " epochs: ", o.out.string(),
                     " — give --resume to go on, --overwrite to lose it, or another --out");
}

/// Whether the last epoch is better on the validation images than all before.
bool is_best(const History& h) {
  const auto& accuracy = h.at("validation_accuracy");
  return std::max_element(accuracy.begin(), accuracy.end()) == accuracy.end() - 1;
}

/// What allocations are for, in the words of the command line.
std::string size_of_run(const TrainOptions& o) {
  const auto s = o.settings();
  return join("a model of widths ", s.at("widths"), ", with ", o.optimizer, " and batches of ", o.batch_size);
}

int run(const TrainOptions& o, const train::StopRequest& stop) {
  const auto start = std::chrono::steady_clock::now();
  const train::OutputDirectory folder(o.out, {"checkpoint.safetensors", "model.safetensors", "model_best.safetensors",
                                              "history.csv", "history.svg", "confusion.svg", "mistakes.svg"});
  check_nothing_is_lost(o);
  if (o.threads) set_num_threads(static_cast<int>(o.threads));
  manual_seed(o.seed);
  const ImageData sets = load_image_data(o.data, o.data_root, o.validation, o.seed);
  data::DataLoader batches(sets.train, {.batch_size = o.batch_size, .shuffle = true, .seed = o.seed});
  data::DataLoader validation(sets.validation, {.batch_size = 500}), test(sets.test, {.batch_size = 500});

  nn::Sequential model = make_model({.name = o.model,
                                     .image = sets.image,
                                     .classes = static_cast<Index>(sets.classes.size()),
                                     .widths = o.widths,
                                     .dropout = o.dropout});
  const auto optimizer = optim::optimizer_factory(o.optimizer)(model.parameters());
  const auto schedule = optim::schedule_factory(o.schedule)(*optimizer, o.epochs * batches.size());
  History history;
  for (const auto& column : columns) history[column];
  train::RunningMean mean;    // of the losses of the running epoch
  double seconds_before = 0;  // the run took before it was resumed
  const auto seconds = [&] {
    return seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };

  train::Checkpoint checkpoint;
  for (const auto& [name, value] : o.settings()) checkpoint.setting(name, value, name != TrainOptions::free_setting);
  checkpoint.setting("validation", join(sets.validation->size()));
  checkpoint.add("model", model);
  checkpoint.add("optimizer", *optimizer);
  if (const bool longer = !o.resume.empty() && o.epochs != o.epochs_before; !longer)
    checkpoint.add("schedule", *schedule);
  else  // laid out over the new length, it goes on at the step it has come to
    checkpoint.add(
        "schedule", [&] { return schedule->state_dict(); },
        [&](const train::StateDict& state) {
          const Index done = state.at("index").item<Index>(), all = o.epochs * batches.size();
          if (done > all) fail<ValueError>("there are ", done, " steps already, --epochs ", o.epochs, " has ", all);
          schedule->seek(done);
        });
  checkpoint.add("generator", default_generator());
  checkpoint.add("batches", batches);
  checkpoint.add("mean", mean);
  for (auto& [column, values] : history) checkpoint.add("history_" + column, values);
  double seconds_so_far = 0;
  checkpoint.add("seconds", seconds_so_far);
  checkpoint.add_check([&] {
    const auto epochs = static_cast<Index>(history["epoch"].size());
    for (const auto& [column, values] : history)
      if (static_cast<Index>(values.size()) != epochs)
        fail<ValueError>("there are ", epochs, " epochs, and ", values.size(), " values of ", column);
    const auto [epoch, batch] = batches.state();
    if (epoch != epochs) fail<ValueError>("there are ", epochs, " rows, and ", epoch, " epochs are over");
    if (epochs > o.epochs) fail<ValueError>("there are ", epochs, " epochs already, --epochs is ", o.epochs);
    if (schedule->index() != epoch * batches.size() + batch)
      fail<ValueError>("the schedule is at step ", schedule->index(), ", the data at ", epoch * batches.size() + batch);
    if (mean.count() != batch * o.batch_size)
      fail<ValueError>("there are losses of ", mean.count(), " images, and ", batch, " batches");
    if (!(seconds_so_far >= 0 && seconds_so_far < 1e12)) fail<ValueError>("it took ", seconds_so_far, " seconds");
  });
  const auto save_checkpoint = [&] {
    seconds_so_far = seconds();
    checkpoint.save(o.out / "checkpoint.safetensors");
  };

  if (!o.resume.empty()) checkpoint.load(o.resume);
  seconds_before = seconds_so_far;
  std::printf("%s: %lld training, %lld validation, %lld test images; %lld parameters; %d threads\n", sets.name.c_str(),
              static_cast<long long>(sets.train->size()), static_cast<long long>(sets.validation->size()),
              static_cast<long long>(sets.test->size()), static_cast<long long>(model.parameter_count()),
              num_threads());
  if (!o.resume.empty())
    std::printf("resumed after %lld of %lld steps\n", static_cast<long long>(schedule->index()),
                static_cast<long long>(o.epochs * batches.size()));
  std::fflush(stdout);
  train::CsvLog log(o.out / "history.csv", columns);
  for (std::size_t row = 0; row < history["epoch"].size(); ++row) log_row(log, history, row);

  const auto save_weights = [&](const char* file) { nn::save(model, o.out / file); };
  if (const auto from = o.resume.parent_path() / "model_best.safetensors";
      !o.resume.empty() && std::filesystem::exists(from))
    io::write_file_atomically(o.out / "model_best.safetensors", io::read_file(from));  // of another folder, perhaps

  const auto parameters = model.named_parameters();
  while (static_cast<Index>(history["epoch"].size()) < o.epochs && !stop) {
    const auto epoch = static_cast<Index>(history["epoch"].size()) + 1;
    train::Progress progress(join("epoch ", epoch, "/", o.epochs), batches.size());
    for (auto [x, y] : batches) {
      bool first = true;  // L-BFGS calls the closure several times and deals with a bad trial step itself
      const Variable loss = optimizer->step([&, &x = x, &y = y] {
        optimizer->zero_grad();
        Variable l = nn::cross_entropy(model(x), y);
        if (std::exchange(first, false)) train::check_finite(schedule->index() + 1, l, parameters);
        l.backward();
        return l;
      });
      schedule->step();
      mean.add(loss.item(), y.numel());
      const Index done = batches.state().batch;
      progress.update(done ? done : batches.size(), {{"loss", mean.value()}, {"lr", optimizer->get(0, "lr")}});
      if (stop) break;
    }
    progress.finish();
    if (batches.state().batch) break;  // stopped in the middle

    optimizer->eval();
    const auto result = train::evaluate(model, validation);
    std::printf("epoch %2lld/%lld  train loss %.4f  validation loss %.4f  accuracy %.2f %%\n",
                static_cast<long long>(epoch), static_cast<long long>(o.epochs), mean.value(), result.loss,
                100 * result.accuracy);
    std::fflush(stdout);
    const double row[] = {static_cast<double>(epoch), mean.value(), result.loss, result.accuracy,
                          optimizer->get(0, "lr"),    seconds()};
    for (std::size_t i = 0; i < columns.size(); ++i) history[columns[i]].push_back(row[i]);
    log_row(log, history, history["epoch"].size() - 1);
    if (is_best(history)) save_weights("model_best.safetensors");
    optimizer->train();
    mean = {};
    if (epoch % o.checkpoint_every == 0 || epoch == o.epochs) save_checkpoint();
  }
  if (stop && static_cast<Index>(history["epoch"].size()) < o.epochs) {
    save_checkpoint();
    std::printf("stopped after %lld steps; to go on: ./dev train --resume %s%s\n",
                static_cast<long long>(schedule->index()), (o.out / "checkpoint.safetensors").c_str(),
                o.data_root.empty() ? "" : (" --data-root " + o.data_root).c_str());
    return stop.exit_code();
  }

  optimizer->eval();
  save_weights("model.safetensors");
  const auto said = train::predict(model, test);
  draw(o.out / "history.svg", history, sets.name);
  train::save_confusion_matrix(o.out / "confusion.svg", train::confusion_matrix(said.logits, said.labels),
                               {.title = sets.name + ": test images", .classes = sets.classes});
  draw_mistakes(o.out / "mistakes.svg", said, sets);
  std::printf("test accuracy: %.2f %%\n", 100 * train::accuracy(said.logits, said.labels));
  const auto& accuracy = history["validation_accuracy"];
  const auto best = std::max_element(accuracy.begin(), accuracy.end());
  std::printf("best on validation: epoch %lld, %.2f %%\n", static_cast<long long>(best - accuracy.begin()) + 1,
              100 * *best);
  for (const auto& [what, file] : {std::pair{"weights ", "model.safetensors"},
                                   {"        ", "model_best.safetensors"},
                                   {"pictures", "history.svg"},
                                   {"        ", "confusion.svg"},
                                   {"        ", "mistakes.svg"},
                                   {"table   ", "history.csv"}})
    std::printf("%s  %s\n", what, (o.out / file).c_str());
  std::printf("took %.1f s\n", seconds());
  return stop.exit_code();
}

}  // namespace

int main(int argc, char** argv) {
  TrainOptions options;
  try {
    if (const auto code = parse_train_options(argc, argv, options)) return *code;
    std::signal(SIGPIPE, SIG_IGN);  // a reader that went away must not cost the weights
    std::signal(SIGXFSZ, SIG_IGN);  // nor a log that may not grow
    const train::StopRequest stop;
    return close_output(run(options, stop));
  } catch (const MemoryError& e) {
    std::fprintf(stderr, "error: %s — for %s\n", e.what(), size_of_run(options).c_str());
    return 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
