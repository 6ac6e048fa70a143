// What the programs of the course have in common: a command line, a folder for their pictures, one way to fail.
#pragma once
#include <gradus/gradus.hpp>

struct ExampleOptions {
  bool quick = false;  ///< a short form that still goes through everything
  std::uint64_t seed = 1;
  std::filesystem::path out;

  /// The file for a picture; says where it is.
  std::filesystem::path picture(const std::string& name) const;
};

/// main() of an example: reads --quick, --seed, --out and --help, seeds the default generator, makes the folder and runs the
/// story. Returns the exit code: 2 for wrong usage, 1 if the story throws.
int run_example(int argc, char** argv, const std::string& about, void (*story)(const ExampleOptions&));
