#include <gradus/autograd/picture/axis.hpp>
#include <gradus/tensor/error.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/train/curves.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::train {
namespace {

using svg::number;

constexpr double tick_room = 8;

void check(const Panel& panel) {
  for (const Series& s : panel.series)
    if (s.x.size() != s.y.size())
      fail<ValueError>("plot: series ", s.name, " has ", s.x.size(), " x values and ", s.y.size(), " y values");
  const auto [low, high] = panel.y;
  if ((low != 0 || high != 0) &&
      !(low < high && std::isfinite(low) && std::isfinite(high) && !(panel.log_y && low <= 0)))
    fail<ValueError>("plot: y must ascend and be finite", panel.log_y ? " and positive" : "", ": got ", low, " to ",
                     high);
}
double widest(const svg::Axis& axis) {
  double width = 0;
  for (const double t : axis.ticks) width = std::max(width, svg::width_of(axis.text(t)));
  return width;
}
double on_scale(bool log, double v) { return !log ? v : v > 0 ? std::log10(v) : std::nan(""); }

class Drawing {
 public:
  Drawing(const Panel& panel, double x0, double y0, const PlotOptions& size)
      : panel_(panel), x0_(x0), y0_(y0), width_(size.width), height_(size.height) {
    ax_.scale = panel.log_x ? svg::Scale::log : svg::Scale::whole;
    ay_.scale = panel.log_y ? svg::Scale::log : svg::Scale::plain;
    const bool all = panel.y.low == 0 && panel.y.high == 0;
    for (const Series& s : panel.series)
      for (std::size_t i = 0; i < s.x.size(); ++i) take(s.x[i], s.y[i], all);
    if (!all) take_range();
    ax_.finish();
    ay_.finish();
    left_ = x0 + (panel.y_label.empty() ? 16 : 30) + widest(ay_);
    right_ = x0 + width_ - std::max(18.0, 4 + widest(ax_) / 2);
    bottom_ = y0 + height_ - (panel.x_label.empty() ? 28 : 48);
    keys_ = svg::fitting(keys_of(panel.series), right_ - left_, (bottom_ - y0) / 2);
    top_ = y0 + 36 + svg::legend_height(keys_, right_ - left_);
  }

  std::string text(std::size_t name) const {
    const double middle = (left_ + right_) / 2;
    std::string out = svg::title(middle, y0_ + 22, panel_.title, 2 * (x0_ + width_ - middle), 15);
    out += svg::legend(keys_, left_, y0_ + 42, right_ - left_) + ticks();
    out += svg::line(left_, bottom_, right_, bottom_, svg::quiet) + svg::line(left_, top_, left_, bottom_, svg::quiet);
    out += svg::text(middle, y0_ + height_ - 10, svg::cut(panel_.x_label, right_ - left_), "text-anchor=\"middle\"");
    out += svg::text(0, 0, svg::cut(panel_.y_label, bottom_ - top_),
                     join("text-anchor=\"middle\" transform=\"translate(", number(x0_ + 14), ",",
                          number((top_ + bottom_) / 2), ") rotate(-90)\""));
    constexpr double rim = 3;  // a point on the edge is whole
    return out + draw_clipped(
                     join("panel", name), left_ - rim, top_ - rim, right_ - left_ + 2 * rim, bottom_ - top_ + 2 * rim,
                     panel_.series, [this](double v) { return place_x(on_scale(panel_.log_x, v)); },
                     [this](double v) { return place_y(on_scale(panel_.log_y, v)); });
  }

 private:
  void take(double x, double y, bool all) {
    x = on_scale(panel_.log_x, x);
    y = on_scale(panel_.log_y, y);
    if (!std::isfinite(x) || !std::isfinite(y)) return;
    ax_.take(x);
    if (all) ay_.take(y);
  }
  void take_range() {
    for (const double v : {panel_.y.low, panel_.y.high}) ay_.take(on_scale(panel_.log_y, v));
  }
  double place_x(double v) const { return left_ + (right_ - left_) * ax_.place(v); }
  double place_y(double v) const { return bottom_ - (bottom_ - top_) * ay_.place(v); }

  std::string ticks() const {
    std::string out;
    for (const double t : ay_.ticks) {
      out += svg::line(left_, place_y(t), right_, place_y(t), svg::grid);
      out += svg::text(left_ - tick_room, place_y(t) + 4, ay_.text(t), "text-anchor=\"end\"");
    }
    const double count = static_cast<double>(ax_.ticks.size());
    const auto labelled = static_cast<std::size_t>(
        std::max(1.0, std::ceil(count * (widest(ax_) + tick_room) / (right_ - left_))));  // every so many
    for (std::size_t i = 0; i < ax_.ticks.size(); ++i) {
      const double x = place_x(ax_.ticks[i]);
      out += svg::line(x, top_, x, bottom_, svg::grid);
      if (i % labelled == 0) out += svg::text(x, bottom_ + 17, ax_.text(ax_.ticks[i]), "text-anchor=\"middle\"");
    }
    return out;
  }

  const Panel& panel_;
  double x0_, y0_, width_, height_, left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
  svg::Axis ax_{}, ay_{};
  std::vector<svg::Key> keys_{};
};

}  // namespace

std::string line_plot(const std::vector<Panel>& panels, const PlotOptions& options) {
  if (options.columns < 0) fail<ValueError>("plot: columns must be at least 0: got ", options.columns);
  if (!(options.width >= 200 && options.width <= 4096 && options.height >= 160 && options.height <= 4096))
    fail<ValueError>("plot: a panel must be 200 to 4096 wide and 160 to 4096 high: got ", options.width, " x ",
                     options.height);
  const std::size_t count = std::max<std::size_t>(1, panels.size()),
                    columns = options.columns ? std::min(count, static_cast<std::size_t>(options.columns)) : count;
  std::string body;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    check(panels[i]);
    body += Drawing(panels[i], options.width * static_cast<double>(i % columns),
                    options.height * static_cast<double>(i / columns), options)
                .text(i);
  }
  return svg::document(options.width * static_cast<double>(columns),
                       options.height * static_cast<double>((count + columns - 1) / columns), body);
}
void save_line_plot(const std::filesystem::path& path, const std::vector<Panel>& panels, const PlotOptions& options) {
  io::write_file_atomically(path, line_plot(panels, options));
}

}  // namespace gradus::train
