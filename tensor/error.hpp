// The error family: every wrong use of the library ends in one of these exceptions, never in an abort.
// Texts have one form: "op: what is wrong: what came — hint".
#pragma once
#include <concepts>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus {

/// Base of all exceptions thrown by the library.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Shapes that do not fit together, or a shape that an operation cannot take.
struct ShapeError : Error {
  using Error::Error;
};
/// An element type that an operation cannot take.
struct DTypeError : Error {
  using Error::Error;
};
/// An axis, position or label outside its range.
struct IndexError : Error {
  using Error::Error;
};
/// An argument whose value makes no sense: lr = NaN, a probability of 2, an empty batch.
struct ValueError : Error {
  using Error::Error;
};
/// A call at the wrong moment: a second backward(), a saved value changed in place.
struct StateError : Error {
  using Error::Error;
};
/// A file whose content is not what its format promises.
struct FormatError : Error {
  using Error::Error;
};
/// The operating system refused to open, read or write a file.
struct IoError : Error {
  using Error::Error;
};
/// Memory that cannot be had; the text says how much was asked for.
struct MemoryError : Error {
  using Error::Error;
};

namespace detail {
/// False, for the static_assert of an overload that only says what to write instead.
template <class...>
inline constexpr bool never = false;

void append(std::string& to, std::string_view text);
inline void append(std::string& to, const char* text) { append(to, std::string_view(text)); }  // else: bool
void append(std::string& to, double value);
void append_signed(std::string& to, long long value);
void append_unsigned(std::string& to, unsigned long long value);
inline void append(std::string& to, bool value) { append(to, std::string_view(value ? "true" : "false")); }
inline void append(std::string& to, char value) { to += value; }
template <std::signed_integral T>
void append(std::string& to, T value) {
  append_signed(to, value);
}
template <std::unsigned_integral T>
void append(std::string& to, T value) {
  append_unsigned(to, value);
}

/// Path of the module that is running on this thread ("encoder.fc1"), or null. Set by nn, read by errors and the tape.
inline constinit thread_local const char* module_path = nullptr;
void append_module_path(std::string& to);
}  // namespace detail

/// Joins its arguments into one string: texts, numbers (shortest form), and whatever has an append(std::string&, const T&).
template <class... Parts>
std::string join(const Parts&... parts) {
  using detail::append;
  std::string text;
  (append(text, parts), ...);
  return text;
}

/// Throws E with the joined parts as text; inside a module's forward the module's path is added.
template <class E = Error, class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::string text = join(parts...);
  detail::append_module_path(text);
  throw E(text);
}

/// Throws E with the joined parts unless `condition` holds.
template <class E, class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) fail<E>(parts...);
}

using WarningHandler = std::function<void(const std::string&)>;
/// Replaces what is done with a warning (default: one line on stderr) and returns the old handler. Thread-safe.
WarningHandler set_warning_handler(WarningHandler handler);
/// Hands one warning to the handler. The library itself never prints anywhere else.
void warn(const std::string& text);

}  // namespace gradus
