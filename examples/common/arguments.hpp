// Command lines that take nothing for something else: numbers are read whole, in decimal digits, and in their range.
#pragma once
#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// A whole number of `least` to `most`, or a number that is at least `least` and at most `most`; ValidationError.
CLI::Option* add_whole(CLI::App& app, const std::string& name, std::int64_t& value, std::int64_t least,
                       std::int64_t most, const std::string& about);
CLI::Option* add_real(CLI::App& app, const std::string& name, double& value, double least, double most,
                      const std::string& about);
/// Of 0 to 2^64 - 1.
CLI::Option* add_seed(CLI::App& app, std::uint64_t& value);
/// Any number, kept as it is written.
CLI::Option* add_number(CLI::App& app, const std::string& name, std::string& text, const std::string& about);
/// The whole number of a text, as add_whole() takes it.
std::int64_t whole_number(const std::string& name, const std::string& text, std::int64_t least, std::int64_t most);

/// Reads the command line, in which no value may be empty. Returns the exit code if the program is to end: 0 after
/// --help, 2 for wrong usage.
std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv);

/// The exit code of a program that has printed all it had to say: 1 with a message if that could not be written (a full
/// disk), else `code`. A reader that went away is no error.
int close_output(int code);
