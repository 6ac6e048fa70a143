#include <gradus/autograd/picture/axis.hpp>
#include <gradus/autograd/picture/memory_timeline.hpp>
#include <gradus/autograd/picture/svg.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/memory.hpp>

#include <algorithm>
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

using svg::number;

constexpr double width = 800, height = 320, left = 70, right = 785, top = 44, bottom = 275;

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

}  // namespace

std::string MemoryTimeline::svg() const {
  const Sample most = peak();
  const double duration = std::max(samples_.back().milliseconds, 1e-6);
  const Unit unit = unit_for(static_cast<double>(most.bytes));
  svg::Axis ax{.low = 0, .high = duration}, ay{.low = 0};
  ay.high = std::max(static_cast<double>(most.bytes) / unit.bytes, 1.0) * 1.06;
  ax.finish(false);
  ay.finish(false);
  const auto x_at = [&](double v) { return left + (right - left) * ax.place(v); };
  const auto y_at = [&](double v) { return bottom - (bottom - top) * ay.place(v); };
  const auto x_of = [&](const Sample& s) { return x_at(s.milliseconds); };
  const auto y_of = [&](const Sample& s) { return y_at(static_cast<double>(s.bytes) / unit.bytes); };

  std::string shades, path = join("M", number(x_of(samples_[0])), " ", number(y_of(samples_[0])));
  double phase_start = left, last = left;
  bool phase = false;
  const auto shade = [&](double to) {
    shades += svg::rectangle(phase_start, top, to - phase_start, bottom - top, phase ? svg::backward : svg::forward);
  };
  for (std::size_t i = 1; i < samples_.size(); ++i) {
    // Of many samples within one pixel only the lowest and the highest can be seen, and the phase of the last one.
    double low = y_of(samples_[i]), high = low;
    const double column = std::floor(x_of(samples_[i]));
    path += join("H", number(x_of(samples_[i])));
    for (; i + 1 < samples_.size() && std::floor(x_of(samples_[i + 1])) == column; ++i) {
      low = std::max(low, y_of(samples_[i + 1]));
      high = std::min(high, y_of(samples_[i + 1]));
    }
    const Sample& s = samples_[i];
    if (low != high) path += join("V", number(low), "V", number(high));
    path += join("V", number(y_of(s)));
    if (s.backward != phase) {
      shade(last);
      phase_start = last;
      phase = s.backward;
    }
    last = x_of(s);
  }
  if (samples_.size() > 1) shade(last);

  std::string body = shades;
  for (const double t : ay.ticks) {
    body += svg::line(left, y_at(t), right, y_at(t), svg::edge);
    body += svg::text(left - 8, y_at(t) + 4, ay.text(t), "text-anchor=\"end\"");
  }
  for (const double t : ax.ticks) {
    body += svg::line(x_at(t), bottom, x_at(t), bottom + 5, svg::edge);
    body += svg::text(x_at(t), bottom + 19, ax.text(t), "text-anchor=\"middle\"");
  }
  body += svg::text((left + right) / 2, bottom + 37, "time (ms)", "text-anchor=\"middle\"");
  body += svg::text(0, 0, join("held by tensors (", unit.name, ")"),
                    "text-anchor=\"middle\" transform=\"translate(16 160) rotate(-90)\"");
  body += join("<path d=\"", path, "\" fill=\"none\" stroke=\"", svg::colour(0), "\" stroke-width=\"1.5\"/>\n");
  const std::string where = join(most.backward ? "backward of " : "", *most.op ? most.op : "the start",
                                 *most.module ? join(" in ", most.module) : "");
  body += svg::marks(svg::Mark::ring, {{x_of(most), y_of(most)}}, {});
  double x = left;  // the words stand above, where nothing crosses them
  for (const auto& [name, fill] : {std::pair("forward", svg::forward), {"backward", svg::backward}}) {
    body += svg::rectangle(x, 16, 12, 12, fill) + svg::text(x + 17, 26, name);
    x += 85;
  }
  const std::string peak_text =
      join("peak ", svg::short_number(static_cast<double>(most.bytes) / unit.bytes), " ", unit.name, ", ", where);
  body += svg::marks(svg::Mark::ring, {{x + 14, 22}}, {}) + svg::text(x + 25, 26, svg::cut(peak_text, right - x - 25));
  return svg::document(width, height, body);
}

void MemoryTimeline::save(const std::filesystem::path& path) const { io::write_file_atomically(path, svg()); }

}  // namespace gradus
