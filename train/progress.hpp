// One live line on a terminal, a plain line now and then elsewhere.
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace gradus::train {

using Metrics = std::vector<std::pair<std::string, double>>;

struct ProgressOptions {
  std::FILE* stream = stderr;
  bool force_plain = false;         ///< plain lines even on a terminal
  double lines_every_percent = 50;  ///< distance of the plain lines; 0 for one at each update
};

/// Shows how far a long piece of work is, how fast it goes and when it will be done. Work of no steps is
/// 100 % done. Never throws: a closed pipe ends it.
class Progress {
 public:
  Progress(std::string what, std::int64_t total, ProgressOptions options = {});
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` steps are done. Cheap: draws at most ten times a second.
  void update(std::int64_t done, const Metrics& metrics = {});
  /// Clears the live line; the caller prints its own summary.
  void finish();

 private:
  std::string line(std::int64_t done, const Metrics& metrics) const;
  double percent(std::int64_t done) const;
  double seconds() const;

  std::string what_;
  std::int64_t total_, last_done_ = 0;
  ProgressOptions options_;
  bool live_, finished_ = false;
  double start_, last_drawn_ = -1, last_time_ = 0, rate_ = 0, next_percent_;
};

/// "0:07", "12:30" or "1:02:03".
std::string clock_text(double seconds);

}  // namespace gradus::train
