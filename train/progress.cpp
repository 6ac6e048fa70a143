#include <gradus/train/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace gradus::train {
namespace {
double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
bool dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term && std::strcmp(term, "dumb") == 0;
}
std::size_t terminal_width(std::FILE* stream) {
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
std::string short_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, std::isfinite(v) && std::abs(v) < 1e-2 && v != 0 ? "%.2e" : "%.4f", v);
  return text;
}
}  // namespace

std::string clock_text(double seconds) {
  if (!(seconds < 1e15)) return "?";  // NaN too
  const auto s = static_cast<long long>(std::max(0.0, std::round(seconds)));
  char text[32];
  if (s >= 3600) std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
  return text;
}

Progress::Progress(std::string what, std::int64_t total, ProgressOptions options)
    : what_(std::move(what)), total_(total), options_(options),
      live_(!options.force_plain && isatty(fileno(options.stream)) != 0 && !dumb_terminal()), start_(now()),
      next_percent_(options.lines_every_percent) {}
Progress::~Progress() { finish(); }

double Progress::percent(std::int64_t done) const {
  return total_ > 0 ? 100.0 * static_cast<double>(done) / static_cast<double>(total_) : 100;
}
double Progress::seconds() const { return now() - start_; }

std::string Progress::line(std::int64_t done, const Metrics& metrics) const {
  char text[160];
  std::snprintf(text, sizeof text, "%s  %3.0f%%  %lld/%lld", what_.c_str(), percent(done), static_cast<long long>(done),
                static_cast<long long>(total_));
  std::string out = text;
  if (rate_ > 0) {
    std::snprintf(text, sizeof text, "  %.0f/s  left %s", rate_,
                  clock_text((static_cast<double>(total_) - static_cast<double>(done)) / rate_).c_str());
    out += text;
  }
  for (const auto& [name, value] : metrics) out += "  " + name + " " + short_number(value);
  return out;
}

void Progress::update(std::int64_t done, const Metrics& metrics) {
  if (finished_) return;
  const double t = seconds();
  if (live_ ? t - last_drawn_ < 0.1 && done != total_ : percent(done) < next_percent_) return;
  if (t > last_time_) {
    const double rate = (static_cast<double>(done) - static_cast<double>(last_done_)) / (t - last_time_);
    rate_ = rate_ > 0 ? 0.7 * rate_ + 0.3 * rate : rate;
  }
  last_time_ = last_drawn_ = t;
  last_done_ = done;
  std::string text = line(done, metrics);
  if (live_) {
    const std::size_t width = terminal_width(options_.stream);
    if (text.size() >= width) text.resize(width > 0 ? width - 1 : 0);
    std::fprintf(options_.stream, "\r%s\033[K", text.c_str());
  } else {
    std::fprintf(options_.stream, "%s\n", text.c_str());
    const double every = options_.lines_every_percent;  // not above 0: a line at each update
    next_percent_ = every > 0 ? (std::floor(percent(done) / every) + 1) * every : 0;
  }
  if (std::fflush(options_.stream) != 0) finished_ = true;  // nobody reads any more
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (live_) std::fprintf(options_.stream, "\r\033[K");
  std::fflush(options_.stream);
}

}  // namespace gradus::train
