#include "common/train_options.hpp"

#include "common/arguments.hpp"
#include "common/image_data.hpp"
#include "common/models.hpp"
#include "common/optimizer_rates.hpp"

#include <sstream>

using namespace gradus;

namespace {

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}
/// A check that passes on what `f` throws.
template <class F>
CLI::Validator accepted_by(F f) {
  return CLI::Validator(
      [f](std::string& text) -> std::string {
        try {
          f(text);
          return {};
        } catch (const Error& e) {
          return e.what();
        }
      },
      "");
}
CLI::Validator one_of(const char* what, const std::vector<std::string>& names) {
  return accepted_by([=](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) optim::fail_unknown(what, name, names);
  });
}

}  // namespace

std::map<std::string, std::string> TrainOptions::settings() const {
  std::string sizes;
  for (const Index w : widths) sizes += join(sizes.empty() ? "" : ",", w);
  return {{"data", data},           {"model", model},
          {"widths", sizes},        {"dropout", join(dropout)},
          {"epochs", join(epochs)}, {"batch-size", join(batch_size)},
          {"optimizer", optimizer}, {"schedule", schedule},
          {"seed", join(seed)}};
}

std::optional<int> parse_train_options(int argc, char** argv, TrainOptions& o) {
  CLI::App app{
      "Trains a network on small images and leaves weights, a table and pictures of the run.\n"
      "Ctrl-C saves a checkpoint, from which --resume goes on as if nothing had happened."};
  constexpr Index most_images = 1'000'000;
  std::string out, resume, lr, weight_decay;
  app.footer("What --optimizer leaves open: " + all_rates());
  app.add_option("--data", o.data, "auto (Fashion-MNIST, else digits), fashion-mnist or digits")
      ->check(one_of("data set", {"auto", "digits", "fashion-mnist"}))
      ->capture_default_str();
  app.add_option("--data-root", o.data_root, "folder with Fashion-MNIST's four files");
  add_whole(app, "--validation", o.validation, 1, most_images,
            "images held back from training (default: 5000, digits 180)")
      ->default_str("");
  app.add_option("--model", o.model, list(model_names()))->check(one_of("model", model_names()))->capture_default_str();
  const auto read_widths = [&o](const std::string& text) {
    o.widths.clear();
    std::istringstream parts(text + ",");  // so that an empty last one is seen
    for (std::string part; std::getline(parts, part, ',');)
      o.widths.push_back(whole_number("--widths", part, 1, 1'000'000));
  };
  app.add_option_function<std::string>("--widths", read_widths, "sizes of the hidden layers")->default_str("256,128");
  add_real(app, "--dropout", o.dropout, 0, 1, "probability after each hidden layer");
  add_whole(app, "--epochs", o.epochs, 1, 100'000,
            "passes over the training set; more of them lengthen a run to resume");
  add_whole(app, "--batch-size", o.batch_size, 1, most_images, "images per step");
  app.add_option("--optimizer", o.optimizer, "NAME[,option=value...]: " + list(optim::optimizer_names()))
      ->check(accepted_by([](const std::string& text) { optim::optimizer_factory(text); }))
      ->capture_default_str();
  auto* lr_option = add_number(app, "--lr", lr, "short for lr=... of the optimizer: the peak of the schedule");
  auto* decay_option = add_number(app, "--weight-decay", weight_decay, "short for weight_decay=... of the optimizer");
  app.add_option("--schedule", o.schedule,
                 "NAME[,option=value...] or a chain such as warmup:5%+cosine: " + list(optim::schedule_names()))
      ->check(accepted_by([](const std::string& text) { optim::schedule_factory(text); }))
      ->capture_default_str();
  add_seed(app, o.seed)->description("of weights, split, order and dropout");
  add_whole(app, "--threads", o.threads, 0, 1024, "0 for all cores");
  app.add_option("--out", out, "folder for what the run leaves (default: runs/<data>, or that of the checkpoint)");
  add_whole(app, "--checkpoint-every", o.checkpoint_every, 1, 100'000, "epochs from one checkpoint to the next");
  app.add_flag("--overwrite", o.overwrite, "begin anew in a folder with the checkpoint of a run that was stopped");
  auto* resume_option =
      app.add_option("--resume", resume,
                     "go on from a checkpoint (default: the one in --out); options that are not given come from it")
          ->expected(0, 1)
          ->excludes("--overwrite");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  try {
    o.data = resolve_image_data(o.data, o.data_root);
    o.out = out;
    if (o.out.empty() && !resume.empty()) o.out = std::filesystem::path(resume).parent_path();
    if (o.out.empty()) o.out = resume.empty() ? "runs/" + o.data : ".";
    if (resume_option->count()) {
      o.resume = resume.empty() ? o.out / "checkpoint.safetensors" : std::filesystem::path(resume);
      for (const auto& [name, value] : train::checkpoint_settings(o.resume)) {
        CLI::Option* option = app.get_option_no_throw("--" + name);
        if (!option)
          fail<ValueError>("train: the checkpoint has a setting that is no option: ", name, ": ", o.resume.string());
        if (name == TrainOptions::free_setting) o.epochs_before = whole_number("epochs", value, 1, 100'000);
        if (option->count()) continue;  // given here: load() compares
        option->add_result(value);
        option->run_callback();
      }
    }
    auto optimizer = optim::parse_specs(o.optimizer);
    if (lr_option->count()) optimizer[0].options["lr"] = lr;
    if (decay_option->count()) optimizer[0].options["weight_decay"] = weight_decay;
    o.optimizer = with_rates(optim::to_text(optimizer));
    o.schedule = optim::to_text(optim::parse_specs(o.schedule));
    if (const auto check = accepted_by([](auto& text) { optim::optimizer_factory(text); }); !check(o.optimizer).empty())
      throw CLI::ValidationError("--lr, --weight-decay", check(o.optimizer));
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return std::nullopt;
}
