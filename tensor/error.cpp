#include <gradus/tensor/error.hpp>

#include <charconv>
#include <cstdio>
#include <mutex>
#include <utility>

namespace gradus {
namespace detail {
namespace {
template <class T>
void append_number(std::string& to, T value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  to.append(buffer, end);
}
}  // namespace

void append(std::string& to, std::string_view text) { to += text; }
void append(std::string& to, double value) { append_number(to, value); }
void append_signed(std::string& to, long long value) { append_number(to, value); }
void append_unsigned(std::string& to, unsigned long long value) { append_number(to, value); }

void append_module_path(std::string& to) {
  if (module_path && *module_path) to.append(" (in module ").append(module_path).append(")");
}
}  // namespace detail

namespace {
std::mutex handler_mutex;
WarningHandler& current_handler() {
  static WarningHandler handler = [](const std::string& text) { std::fprintf(stderr, "gradus: %s\n", text.c_str()); };
  return handler;
}
}  // namespace

WarningHandler set_warning_handler(WarningHandler handler) {
  const std::lock_guard lock(handler_mutex);
  return std::exchange(current_handler(), std::move(handler));
}

void warn(const std::string& text) {
  WarningHandler handler;
  {
    const std::lock_guard lock(handler_mutex);
    handler = current_handler();
  }
  if (handler) handler(text);
}

}  // namespace gradus
