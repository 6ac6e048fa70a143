#include <gradus/autograd/picture/memory_timeline.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/memory.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace gradus {
namespace {

std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

}  // namespace

MemoryTimeline::MemoryTimeline() : start_(now()) { sample("", "", false); }

void MemoryTimeline::sample(const char* op, const char* module, bool backward) {
  samples_.push_back({static_cast<double>(now() - start_) * 1e-6, memory_stats().live, op, module, backward});
}
void MemoryTimeline::result(const char* op, const Tensor&, const Node*) {
  if (const Node* running = detail::running_node) sample(running->op(), running->module(), true);
  else sample(op, detail::module_path ? detail::module_path : "", false);
}
void MemoryTimeline::sent(const Node* from, const Node& to, const Variable&) {
  const Node& running = from ? *from : to;
  sample(running.op(), running.module(), true);
}

MemoryTimeline::Sample MemoryTimeline::peak() const {
  return *std::max_element(samples_.begin(), samples_.end(),
                           [](const Sample& a, const Sample& b) { return a.bytes < b.bytes; });
}

// ---- the picture

namespace {

constexpr double width = 800, height = 320, left = 70, right = 785, top = 44, bottom = 275;
constexpr const char *forward_fill = "#dbeafe", *backward_fill = "#ffedd5";

/// Shortest form of at most `decimals` decimals, in the C locale whatever the program's is.
std::string number(double v, int decimals = 2) {
  char text[400];
  std::string s(text, std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, decimals).ptr);
  if (s.find('.') == std::string::npos) return s;
  s.erase(s.find_last_not_of('0') + 1);
  if (s.back() == '.') s.pop_back();
  return s;
}
std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20;
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, control ? ' ' : c);
  }
  return out;
}
std::string text(double x, double y, const char* anchor, const std::string& what, const char* more = "") {
  return join("<text x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor, "\"", more, ">", escape(what),
              "</text>\n");
}
std::string rectangle(double x, double y, double w, double h, const char* fill) {
  return join("<rect x=\"", number(x), "\" y=\"", number(y), "\" width=\"", number(w), "\" height=\"", number(h),
              "\" fill=\"", fill, "\"/>\n");
}
std::string line(double x1, double y1, double x2, double y2) {
  return join("<path d=\"M", number(x1), " ", number(y1), "L", number(x2), " ", number(y2),
              "\" stroke=\"#9ca3af\" stroke-width=\"0.7\"/>\n");
}

struct Unit {
  const char* name;
  double bytes;
};
Unit unit_for(double bytes) {
  constexpr Unit units[] = {{"GiB", 1073741824.0}, {"MiB", 1048576.0}, {"KiB", 1024.0}};
  for (const Unit& u : units)
    if (bytes >= u.bytes) return u;
  return {"B", 1};
}
/// 1, 2 or 5 times a power of ten, so that at most six steps lead to `to`.
double tick_step(double to) {
  const double power = std::pow(10, std::floor(std::log10(to / 6)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (to / (factor * power) <= 6) return factor * power;
  return 10 * power;
}

}  // namespace

std::string MemoryTimeline::svg() const {
  const Sample most = peak();
  const double duration = std::max(samples_.back().milliseconds, 1e-6);
  const Unit unit = unit_for(static_cast<double>(most.bytes));
  const double ceiling =
      std::max(static_cast<double>(most.bytes) / unit.bytes, 1.0) * 1.12;  // room for the peak's text
  const auto x_of = [&](const Sample& s) { return left + (right - left) * s.milliseconds / duration; };
  const auto y_at = [&](double v) { return bottom - (bottom - top) * v / ceiling; };
  const auto y_of = [&](const Sample& s) { return y_at(static_cast<double>(s.bytes) / unit.bytes); };

  std::string shades, path = join("M", number(x_of(samples_[0])), " ", number(y_of(samples_[0])));
  double phase_start = left;
  for (std::size_t i = 1; i < samples_.size(); ++i) {
    // Of many samples within one pixel only the lowest and the highest can be seen.
    double low = y_of(samples_[i]), high = low;
    const double column = std::floor(x_of(samples_[i]));
    path += join("H", number(x_of(samples_[i])));
    for (; i + 1 < samples_.size() && std::floor(x_of(samples_[i + 1])) == column &&
           samples_[i + 1].backward == samples_[i].backward;
         ++i) {
      low = std::max(low, y_of(samples_[i + 1]));
      high = std::min(high, y_of(samples_[i + 1]));
    }
    const Sample& s = samples_[i];
    if (low != high) path += join("V", number(low), "V", number(high));
    path += join("V", number(y_of(s)));
    if (i + 1 == samples_.size() || samples_[i + 1].backward != s.backward) {
      shades +=
          rectangle(phase_start, top, x_of(s) - phase_start, bottom - top, s.backward ? backward_fill : forward_fill);
      phase_start = x_of(s);
    }
  }

  std::string body = shades;
  const double byte_step = tick_step(ceiling), time_step = tick_step(duration);
  for (int i = 0; i * byte_step <= ceiling; ++i) {
    body += line(left, y_at(i * byte_step), right, y_at(i * byte_step));
    body += text(left - 8, y_at(i * byte_step) + 4, "end", number(i * byte_step));
  }
  for (int i = 0; i * time_step <= duration; ++i) {
    const double x = left + (right - left) * i * time_step / duration;
    body += line(x, bottom, x, bottom + 5);
    body += text(x, bottom + 19, "middle", number(i * time_step, 4));
  }
  body += text((left + right) / 2, bottom + 37, "middle", "time (ms)");
  body +=
      text(0, 0, "middle", join("held by tensors (", unit.name, ")"), " transform=\"translate(16 160) rotate(-90)\"");
  body += rectangle(left, 16, 12, 12, forward_fill) + text(left + 17, 26, "start", "forward");
  body += rectangle(left + 85, 16, 12, 12, backward_fill) + text(left + 102, 26, "start", "backward");
  body += join("<path d=\"", path, "\" fill=\"none\" stroke=\"#1d4ed8\" stroke-width=\"1.5\"/>\n");
  const std::string where = join(most.backward ? "backward of " : "", *most.op ? most.op : "the start",
                                 *most.module ? join(" in ", most.module) : "");
  const double x = x_of(most), y = y_of(most);
  body += join("<circle cx=\"", number(x), "\" cy=\"", number(y), "\" r=\"3.5\" fill=\"#b91c1c\"/>\n");
  const char* anchor = x < left + 180 ? "start" : x > right - 180 ? "end" : "middle";
  body += text(x, y - 9, anchor,
               join("peak ", number(static_cast<double>(most.bytes) / unit.bytes), " ", unit.name, ", ", where),
               " font-weight=\"bold\" fill=\"#b91c1c\" stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\"");
  return join("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", number(width), "\" height=\"", number(height),
              "\" viewBox=\"0 0 ", number(width), " ", number(height),
              "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#374151\">\n",
              rectangle(0, 0, width, height, "white"), body, "</svg>\n");
}

void MemoryTimeline::save(const std::filesystem::path& path) const { io::write_file_atomically(path, svg()); }

}  // namespace gradus
