// Ctrl-C that loses nothing: a training loop asks after each step whether it should stop.
#pragma once
#include <csignal>

namespace gradus::train {

/// While it lives, SIGINT and SIGTERM are noted instead of ending the program; the second one ends it at once. One at a
/// time (StateError).
class StopRequest {
 public:
  StopRequest();
  /// Puts back what the signals did before.
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  explicit operator bool() const { return signal() != 0; }
  /// SIGINT, SIGTERM, or 0 as long as neither came.
  int signal() const;
  /// What a shell expects of a program that a signal stopped: 128 + signal, or 0.
  int exit_code() const { return signal() ? 128 + signal() : 0; }

 private:
  struct sigaction interrupt_before_ = {};
  struct sigaction terminate_before_ = {};
};

}  // namespace gradus::train
