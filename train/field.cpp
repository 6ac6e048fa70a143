#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/train/contour.hpp>
#include <gradus/train/field.hpp>
#include <gradus/train/image.hpp>
#include <gradus/train/svg.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace gradus::train {
namespace {

using svg::number;

constexpr double gap = 22, below_title = 24, bar_height = 40;

std::array<double, 3> colour(Colours colours, double t) {
  static constexpr std::array<double, 3> blue{110, 155, 250}, white{255, 255, 255}, red{245, 115, 115},
      dark{30, 58, 138};
  const bool sequential = colours == Colours::sequential;
  const auto& from = sequential ? white : t < 0.5 ? blue : white;
  const auto& to = sequential ? dark : t < 0.5 ? white : red;
  const double share = sequential ? t : t < 0.5 ? 2 * t : 2 * t - 1;
  std::array<double, 3> out{};
  for (std::size_t i = 0; i < 3; ++i) out[i] = from[i] + share * (to[i] - from[i]);
  return out;
}

bool given(const Interval& i) { return i.low != 0 || i.high != 0; }

void check(const Field& f) {
  if (f.values.rank() != 2 || f.values.numel() == 0 || std::max(f.values.size(0), f.values.size(1)) > 4096)
    fail<ShapeError>("field: needs values [rows, columns], 1 to 4096 each: got ", f.values.shape());
  if (!is_floating(f.values.dtype())) fail<DTypeError>("field: values must be f32 or f64: got ", f.values.dtype());
  if (!all(isfinite(f.values))) fail<ValueError>("field: a value is not finite: in ", f.title);
  for (const auto& [name, i] : {std::pair{"x", f.x}, {"y", f.y}, {"range", f.range}})
    if (given(i) && !(i.low < i.high && std::isfinite(i.high - i.low)))
      fail<ValueError>("field: ", name, " must ascend and be finite: got ", i.low, " to ", i.high);
  for (const double level : f.levels)
    if (!std::isfinite(level)) fail<ValueError>("field: a level is not finite: in ", f.title);
  for (const Series& s : f.marks)
    if (s.x.size() != s.y.size())
      fail<ValueError>("field: marks ", s.name, " have ", s.x.size(), " x values and ", s.y.size(), " y values");
}

/// The given range, or one that holds all values; a diverging one has 0 in the middle.
Interval colour_range(const Field& f, const std::vector<double>& values) {
  if (given(f.range)) return f.range;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double most = std::max(std::abs(*low), std::abs(*high));
  if (f.colours == Colours::diverging) return {most > 0 ? -most : -1, most > 0 ? most : 1};
  return {*low, *high > *low ? *high : *low + 1};
}

/// An image of about `size` pixels, each value a square of whole pixels, so that no viewer blurs it.
Tensor paint(const Field& f, const std::vector<double>& values, const Interval& range, double size) {
  const Index rows = f.values.size(0), columns = f.values.size(1);
  const Index cell = std::max<Index>(1, std::lround(size) / std::max(rows, columns));
  const double half = range.high / 2 - range.low / 2;  // halves, because the whole may be beyond the largest number
  Tensor image({3, rows * cell, columns * cell}, DType::u8);
  auto* out = image.write<std::uint8_t>();
  for (Index y = 0; y < rows * cell; ++y)
    for (Index x = 0; x < columns * cell; ++x) {
      const double v = values[static_cast<std::size_t>(y / cell * columns + x / cell)];
      const double t = half > 0 ? std::clamp((v / 2 - range.low / 2) / half, 0.0, 1.0) : 0.5;
      const auto rgb = colour(f.colours, t);
      for (Index c = 0; c < 3; ++c)
        out[(c * rows * cell + y) * columns * cell + x] =
            static_cast<std::uint8_t>(std::lround(rgb[static_cast<std::size_t>(c)]));
    }
  return image;
}

std::string embedded(double x, double y, double width, double height, const Tensor& image) {
  return join(
      "<image x=\"", number(x), "\" y=\"", number(y), "\" width=\"", number(width), "\" height=\"", number(height),
      "\" preserveAspectRatio=\"none\" style=\"image-rendering: pixelated\" xlink:href=\"data:image/png;base64,",
      svg::base64(png(image)), "\"/>\n");
}

/// Below a field: the colours from one end of the range to the other.
std::string bar(const Field& f, const Interval& range, double x, double y, double width) {
  std::vector<double> ramp;
  for (int i = 0; i < 64; ++i) ramp.push_back(range.low * (63 - i) / 63 + range.high * i / 63);
  const Field strip{.values = tensor(ramp, {1, 64}), .colours = f.colours};
  std::string out = embedded(x, y, width, 8, paint(strip, ramp, range, 128));
  out += svg::text(x, y + 22, svg::short_number(range.low), "font-size=\"10\"");
  out += svg::text(x + width, y + 22, svg::short_number(range.high), "font-size=\"10\" text-anchor=\"end\"");
  return out + svg::text(x + width / 2, y + 22, f.scale, "font-size=\"10\" text-anchor=\"middle\"");
}

/// Colours and contour lines, with the upper left corner at 0, 0.
std::string paint_and_lines(const Field& f, const std::vector<double>& values, const Interval& range, double width,
                            double height, double size) {
  std::string out = embedded(0, 0, width, height, paint(f, values, range, size)), path;
  const double cell_x = width / static_cast<double>(f.values.size(1)),
               cell_y = height / static_cast<double>(f.values.size(0));
  for (const double level : f.levels)
    for (const ContourLine& line : contour_lines(f.values, level)) {
      const char* separator = "M";
      for (const auto& [column, row] : line) {
        path += separator + number((column + 0.5) * cell_x) + " " + number((row + 0.5) * cell_y);
        separator = "L";
      }
    }
  if (!path.empty()) out += "<path fill=\"none\" stroke=\"#94a3b8\" stroke-width=\"0.7\" d=\"" + path + "\"/>\n";
  return out;
}

/// What is on a sheet already, and under which number.
using Drawn = std::map<std::string, std::size_t>;

std::string draw(const Field& f, double x0, double y0, double size, std::size_t name, Drawn& drawn) {
  const auto values = f.values.to_vector<double>();
  const Interval range = colour_range(f, values);
  const double rows = static_cast<double>(f.values.size(0)), columns = static_cast<double>(f.values.size(1));
  const double width = size * columns / std::max(rows, columns), height = size * rows / std::max(rows, columns);
  const Interval ex = given(f.x) ? f.x : Interval{0, columns}, ey = given(f.y) ? f.y : Interval{rows, 0};
  const auto px = [&](double v) { return x0 + width * (v - ex.low) / (ex.high - ex.low); };
  const auto py = [&](double v) { return y0 + height * (ey.high - v) / (ey.high - ey.low); };

  std::string out = svg::text(x0 + width / 2, y0 - 8, f.title, "text-anchor=\"middle\" font-weight=\"600\"");
  const std::string place = " transform=\"translate(" + number(x0) + "," + number(y0) + ")\"";
  const auto [ground, first] = drawn.emplace(paint_and_lines(f, values, range, width, height, size), name);
  out += first ? join("<g", place, "><g id=\"ground", name, "\">\n", ground->first, "</g></g>\n")
               : join("<use xlink:href=\"#ground", ground->second, "\"", place, "/>\n");
  const std::string box = join("x=\"", number(x0), "\" y=\"", number(y0), "\" width=\"", number(width), "\" height=\"",
                               number(height), "\"");
  out += "<clipPath id=\"field" + number(static_cast<double>(name)) + "\"><rect " + box +
         "/></clipPath>\n<g clip-path=\"url(#field" + number(static_cast<double>(name)) + ")\">\n";
  double label = y0 + 15;
  std::string labels;
  for (std::size_t k = 0; k < f.marks.size(); ++k) {
    const Series& s = f.marks[k];
    std::string path, dots;
    std::size_t points = 0;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      // Far beyond the edges a viewer's arithmetic may fail.
      if (!(std::abs(px(s.x[i])) < 1e6 && std::abs(py(s.y[i])) < 1e6)) continue;
      ++points;
      path += (path.empty() ? "" : " ") + number(px(s.x[i])) + "," + number(py(s.y[i]));
      dots += "<circle cx=\"" + number(px(s.x[i])) + "\" cy=\"" + number(py(s.y[i])) + "\" r=\"2.5\"/>\n";
    }
    if (s.line)
      out +=
          join("<polyline fill=\"none\" stroke=\"", svg::colour(k), "\" stroke-width=\"2\" points=\"", path, "\"/>\n");
    if (!s.line || points <= 40)
      out += join("<g fill=\"", svg::colour(k), "\" stroke=\"white\" stroke-width=\"0.7\">\n", dots, "</g>\n");
    if (s.name.empty()) continue;
    labels += svg::rectangle(x0 + 8, label - 6, 14, 3, svg::colour(k)) + svg::text(x0 + 27, label, s.name, "");
    label += 16;
  }
  out += "</g>\n" + labels + "<rect " + box + " fill=\"none\" stroke=\"#9ca3af\"/>\n";
  if (given(f.x)) {
    out += svg::text(x0, y0 + height + 13, svg::short_number(ex.low), "font-size=\"10\"");
    out += svg::text(x0 + width, y0 + height + 13, svg::short_number(ex.high), "font-size=\"10\" text-anchor=\"end\"");
  }
  if (given(f.y)) {
    out += svg::text(x0 - 4, y0 + height, svg::short_number(ey.low), "font-size=\"10\" text-anchor=\"end\"");
    out += svg::text(x0 - 4, y0 + 9, svg::short_number(ey.high), "font-size=\"10\" text-anchor=\"end\"");
  }
  return f.scale.empty() ? out : out + bar(f, range, x0, y0 + height + 18, width);
}

}  // namespace

std::string field_sheet(const std::vector<Field>& fields, const FieldSheetOptions& options) {
  if (options.columns < 1) fail<ValueError>("field_sheet: columns must be at least 1: got ", options.columns);
  if (!(options.size >= 1 && options.size <= 4096))
    fail<ValueError>("field_sheet: size must lie in [1, 4096]: got ", options.size);
  bool bars = false, edges = false;
  for (const Field& f : fields) {
    check(f);
    bars |= !f.scale.empty();
    edges |= given(f.x) || given(f.y);
  }
  const auto count = static_cast<Index>(fields.size()), columns = std::min(std::max<Index>(count, 1), options.columns);
  const double top = options.title.empty() ? 8 : 36, left = edges ? 38 : gap, step_x = options.size + left,
               step_y = options.size + below_title + (bars ? bar_height : 0) + (edges ? 14 : 6);
  Drawn drawn;
  std::string body = svg::text(gap, 24, options.title, "font-size=\"15\" font-weight=\"600\"");
  for (Index i = 0; i < count; ++i)
    body += draw(fields[static_cast<std::size_t>(i)], left + static_cast<double>(i % columns) * step_x,
                 top + static_cast<double>(i / columns) * step_y + below_title, options.size,
                 static_cast<std::size_t>(i), drawn);
  const double rows = static_cast<double>((count + columns - 1) / columns);
  return svg::document(
      std::max(static_cast<double>(columns) * step_x + gap, 8.0 * static_cast<double>(options.title.size())),
      top + rows * step_y + 8, body);
}
void save_field_sheet(const std::filesystem::path& path, const std::vector<Field>& fields,
                      const FieldSheetOptions& options) {
  io::write_file_atomically(path, field_sheet(fields, options));
}

}  // namespace gradus::train
