#include <gradus/tensor/error.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/train/plot.hpp>
#include <gradus/train/svg.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::train {
namespace {

using svg::number;

constexpr double panel_width = 460, panel_height = 360, left = 62, right = 18, top = 60, bottom = 48;

struct Axis {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<double> ticks;
  void take(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  /// Widens an empty or flat range and sets about five round ticks; of logarithms, at whole powers of ten.
  void finish(bool log) {
    if (!(low <= high)) low = 0, high = 1;
    if (low == high) low -= 0.5, high += 0.5;
    const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double s : {1.0, 2.0, 2.5, 5.0})
      if (s * power >= rough) {
        step = s * power;
        break;
      }
    if (log) step = std::ceil(rough);
    low = std::floor(low / step + 1e-9) * step;
    high = std::ceil(high / step - 1e-9) * step;
    for (double t = low; t <= high + step / 2; t += step) ticks.push_back(std::abs(t) < step / 1e6 ? 0 : t);
  }
  double place(double v) const { return (v - low) / (high - low); }
};

/// At 10^t of a logarithmic axis, else at t.
std::string tick_text(bool log, double t) {
  if (log && std::abs(t) > 3) return "1e" + svg::short_number(t);
  return svg::short_number(log ? std::pow(10, t) : t);
}

std::string draw(const Panel& panel, double x0) {
  const auto scaled = [](bool log, double v) { return log ? (v > 0 ? std::log10(v) : std::nan("")) : v; };
  const auto value_x = [&](double x) { return scaled(panel.log_x, x); };
  const auto value = [&](double y) { return scaled(panel.log_y, y); };
  Axis ax, ay;
  for (const Series& s : panel.series) {
    if (s.x.size() != s.y.size())
      fail<ValueError>("plot: series ", s.name, " has ", s.x.size(), " x values and ", s.y.size(), " y values");
    for (std::size_t i = 0; i < s.x.size(); ++i)
      if (std::isfinite(value_x(s.x[i])) && std::isfinite(value(s.y[i]))) {
        ax.take(value_x(s.x[i]));
        ay.take(value(s.y[i]));
      }
  }
  ax.finish(panel.log_x);
  ay.finish(panel.log_y);
  const double w = panel_width - left - right, h = panel_height - top - bottom;
  const auto px = [&](double v) { return x0 + left + w * ax.place(v); };
  const auto py = [&](double v) { return top + h * (1 - ay.place(v)); };
  std::string drawing;
  const auto text = [&](double x, double y, const std::string& what, const std::string& style) {
    drawing += svg::text(x, y, what, style);
  };
  const auto line = [&](double xa, double ya, double xb, double yb, const char* colour) {
    drawing += "<line x1=\"" + number(xa) + "\" y1=\"" + number(ya) + "\" x2=\"" + number(xb) + "\" y2=\"" +
               number(yb) + "\" stroke=\"" + colour + "\"/>\n";
  };
  text(x0 + left + w / 2, 22, panel.title, "text-anchor=\"middle\" font-size=\"15\" font-weight=\"600\"");
  for (const double t : ay.ticks) {
    line(x0 + left, py(t), x0 + left + w, py(t), "#e5e7eb");
    text(x0 + left - 8, py(t) + 4, tick_text(panel.log_y, t), "text-anchor=\"end\"");
  }
  for (const double t : ax.ticks) {
    line(px(t), top, px(t), top + h, "#f3f4f6");
    text(px(t), top + h + 17, tick_text(panel.log_x, t), "text-anchor=\"middle\"");
  }
  line(x0 + left, top + h, x0 + left + w, top + h, "#6b7280");
  line(x0 + left, top, x0 + left, top + h, "#6b7280");
  text(x0 + left + w / 2, panel_height - 10, panel.x_label, "text-anchor=\"middle\"");
  text(0, 0, panel.y_label,
       "text-anchor=\"middle\" transform=\"translate(" + number(x0 + 14) + "," + number(top + h / 2) +
           ") rotate(-90)\"");

  for (std::size_t k = 0; k < panel.series.size(); ++k) {
    const Series& s = panel.series[k];
    const std::string colour = svg::colour(k);
    std::vector<std::string> runs(1);
    std::size_t points = 0;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!std::isfinite(value_x(s.x[i])) || !std::isfinite(value(s.y[i]))) {
        if (!runs.back().empty()) runs.emplace_back();
        continue;
      }
      ++points;
      runs.back() += (runs.back().empty() ? "" : " ") + number(px(value_x(s.x[i]))) + "," + number(py(value(s.y[i])));
    }
    for (const auto& run : runs)
      if (s.line && !run.empty())
        drawing += "<polyline fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\" points=\"" + run + "\"/>\n";
    if (!s.line || points <= 40)
      for (std::size_t i = 0; i < s.x.size(); ++i)
        if (std::isfinite(value_x(s.x[i])) && std::isfinite(value(s.y[i])))
          drawing += "<circle cx=\"" + number(px(value_x(s.x[i]))) + "\" cy=\"" + number(py(value(s.y[i]))) +
                     "\" r=\"2.5\" fill=\"" + colour + "\"/>\n";
    const double y = top - 10,
                 x = x0 + left + 8 + static_cast<double>(k) * w / static_cast<double>(panel.series.size());
    if (s.name.empty()) continue;  // needs no legend
    drawing += "<rect x=\"" + number(x) + "\" y=\"" + number(y - 8) + "\" width=\"14\" height=\"3\" fill=\"" + colour +
               "\"/>\n";
    text(x + 19, y - 3, s.name, "");
  }
  return drawing;
}

}  // namespace

std::string line_plot(const std::vector<Panel>& panels) {
  std::string body;
  for (std::size_t i = 0; i < panels.size(); ++i) body += draw(panels[i], panel_width * static_cast<double>(i));
  return svg::document(panel_width * static_cast<double>(std::max<std::size_t>(1, panels.size())), panel_height, body);
}
void save_line_plot(const std::filesystem::path& path, const std::vector<Panel>& panels) {
  io::write_file_atomically(path, line_plot(panels));
}

}  // namespace gradus::train
