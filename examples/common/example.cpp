#include "common/example.hpp"

#include "common/arguments.hpp"

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
  add_seed(app, options.seed);
  app.add_option("--out", out, "folder for the pictures")->capture_default_str();
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  try {
    options.out = out;
    const train::OutputDirectory folder(options.out);
    manual_seed(options.seed);
    story(options);
    return close_output(0);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
