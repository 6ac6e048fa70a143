#include "common/arguments.hpp"

#include <poll.h>

#include <charconv>
#include <cstdio>

namespace {

template <class T>
std::optional<T> read(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool decimal = text.size() < 2 || text[text[0] == '-'] != '0' || text.find('.') != std::string::npos;
  return error == std::errc{} && end == text.data() + text.size() && decimal ? std::optional(value) : std::nullopt;
}
std::string show(double v) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, v).ptr};
}
[[noreturn]] void refuse(const std::string& name, const std::string& wanted, const std::string& text) {
  throw CLI::ValidationError(name, "must be " + wanted + ": got " + text);
}

}  // namespace

std::int64_t whole_number(const std::string& name, const std::string& text, std::int64_t least, std::int64_t most) {
  const auto value = read<std::int64_t>(text);
  if (!value || *value < least || *value > most)
    refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
  return *value;
}
CLI::Option* add_whole(CLI::App& app, const std::string& name, std::int64_t& value, std::int64_t least,
                       std::int64_t most, const std::string& about) {
  const auto read = [name, &value, least, most](const std::string& text) {
    value = whole_number(name, text, least, most);
  };
  return app.add_option_function<std::string>(name, read, about)->type_name("INT")->default_str(std::to_string(value));
}
CLI::Option* add_real(CLI::App& app, const std::string& name, double& value, double least, double most,
                      const std::string& about) {
  const auto put = [name, &value, least, most](const std::string& text) {
    const auto number = read<double>(text);
    if (!number || !(*number >= least && *number <= most))  // NaN is not
      refuse(name, "a number from " + show(least) + " to " + show(most), text);
    value = *number;
  };
  return app.add_option_function<std::string>(name, put, about)->type_name("FLOAT")->default_str(show(value));
}
CLI::Option* add_number(CLI::App& app, const std::string& name, std::string& text, const std::string& about) {
  const auto put = [name, &text](const std::string& given) {
    if (!read<double>(given)) refuse(name, "a number", given);
    text = given;
  };
  return app.add_option_function<std::string>(name, put, about)->type_name("FLOAT");
}
CLI::Option* add_seed(CLI::App& app, std::uint64_t& value) {
  const auto put = [&value](const std::string& text) {
    const auto number = read<std::uint64_t>(text);
    if (!number) refuse("--seed", "a whole number from 0 to 18446744073709551615", text);
    value = *number;
  };
  return app.add_option_function<std::string>("--seed", put, "of everything that is random")
      ->type_name("UINT")
      ->default_str(std::to_string(value));
}

std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    if (text.empty() || (text.starts_with("--") && text.find('=') == text.size() - 1)) {
      std::fprintf(stderr, "an argument is empty: %s\n", text.empty() ? argv[i - 1] : argv[i]);
      return 2;
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? close_output(0) : 2;
  }
  return std::nullopt;
}

int close_output(int code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  pollfd out{1, POLLOUT, 0};
  if (poll(&out, 1, 0) > 0 && (out.revents & POLLERR)) return code;
  std::fprintf(stderr, "error: standard output cannot be written: not all of what was to be printed is there\n");
  return code ? code : 1;
}
