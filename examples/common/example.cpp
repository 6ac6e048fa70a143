#include "common/example.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

using namespace gradus;

std::filesystem::path ExampleOptions::picture(const std::string& name) const {
  std::printf("picture: %s\n", (out / name).c_str());
  return out / name;
}

int run_example(int argc, char** argv, const std::string& about, void (*story)(const ExampleOptions&)) {
  ExampleOptions options;
  std::string out = "runs/" + std::filesystem::path(argv[0]).filename().string();
  CLI::App app{about};
  app.add_flag("--quick", options.quick, "a short form: the same story with fewer steps");
  app.add_option("--seed", options.seed, "of everything that is random")->capture_default_str();
  app.add_option("--out", out, "folder for the pictures")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    options.out = out;
    train::prepare_output_directory(options.out);
    manual_seed(options.seed);
    story(options);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
