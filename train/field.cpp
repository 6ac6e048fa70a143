#include <gradus/autograd/picture/axis.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/logic.hpp>
#include <gradus/train/contour.hpp>
#include <gradus/train/curves.hpp>
#include <gradus/train/field.hpp>
#include <gradus/train/image.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace gradus::train {
namespace {

using svg::number;

constexpr double gap = 22, below_title = 24, bar_height = 40;

using Rgb = std::array<double, 3>;

/// The colours from the low end of a scale to the high one, for a white screen or a dark one.
std::vector<Rgb> ramp(Colours colours, bool night) {
  const Rgb ground = night ? Rgb{22, 27, 34} : Rgb{255, 255, 255};
  if (colours == Colours::sequential) return {ground, night ? Rgb{84, 122, 210} : Rgb{30, 58, 138}};
  return {night ? Rgb{38, 66, 130} : Rgb{110, 155, 250}, ground, night ? Rgb{130, 46, 46} : Rgb{245, 115, 115}};
}
Rgb mix(const std::vector<Rgb>& ramp, double t) {
  const double place = t * static_cast<double>(ramp.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), ramp.size() - 2);
  Rgb out{};
  for (std::size_t c = 0; c < 3; ++c)
    out[c] = ramp[i][c] + (place - static_cast<double>(i)) * (ramp[i + 1][c] - ramp[i][c]);
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
Tensor paint(const Field& f, const std::vector<double>& values, const Interval& range, double size, bool night) {
  const auto colours = ramp(f.colours, night);
  const Index rows = f.values.size(0), columns = f.values.size(1);
  const Index cell = std::max<Index>(1, std::lround(size) / std::max(rows, columns));
  Tensor image({3, rows * cell, columns * cell}, DType::u8);
  auto* out = image.write<std::uint8_t>();
  for (Index y = 0; y < rows * cell; ++y)
    for (Index x = 0; x < columns * cell; ++x) {
      const double v = values[static_cast<std::size_t>(y / cell * columns + x / cell)];
      const double t = range.low < range.high ? std::clamp(svg::share(v, range.low, range.high), 0.0, 1.0) : 0.5;
      const Rgb rgb = mix(colours, t);
      for (Index c = 0; c < 3; ++c)
        out[(c * rows * cell + y) * columns * cell + x] =
            static_cast<std::uint8_t>(std::lround(rgb[static_cast<std::size_t>(c)]));
    }
  return image;
}

std::string painting(const Field& f, const std::vector<double>& values, const Interval& range, double x, double y,
                     double width, double height, double size) {
  return svg::bitmap(x, y, width, height, png(paint(f, values, range, size, false)),
                     png(paint(f, values, range, size, true)));
}

/// Below a field: the colours from one end of the range to the other.
std::string bar(const Field& f, const Interval& range, double x, double y, double width) {
  std::vector<double> all;
  for (int i = 0; i < 64; ++i) all.push_back(range.low * ((63 - i) / 63.0) + range.high * (i / 63.0));
  const Field strip{.values = tensor(all, {1, 64}), .colours = f.colours};
  std::string out = painting(strip, all, range, x, y, width, 8, 128);
  const std::string low = svg::short_number(range.low), high = svg::short_number(range.high);
  const double room = width - 2 * std::max(svg::width_of(low, 10), svg::width_of(high, 10)) - 12;
  out += svg::text(x, y + 22, low, "font-size=\"10\"");
  out += svg::text(x + width, y + 22, high, "font-size=\"10\" text-anchor=\"end\"");
  return out + svg::text(x + width / 2, y + 22, svg::cut(f.scale, room, 10), "font-size=\"10\" text-anchor=\"middle\"");
}

/// Colours and contour lines, with the upper left corner at 0, 0.
std::string paint_and_lines(const Field& f, const std::vector<double>& values, const Interval& range, double width,
                            double height, double size) {
  std::string out = painting(f, values, range, 0, 0, width, height, size), path;
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
  if (!path.empty())
    out += join("<path fill=\"none\" stroke=\"", svg::contour, "\" stroke-width=\"0.7\" d=\"", path, "\"/>\n");
  return out;
}

std::pair<double, double> extent(const Field& f, double size) {
  const double rows = static_cast<double>(f.values.size(0)), columns = static_cast<double>(f.values.size(1));
  return {size * columns / std::max(rows, columns), size * rows / std::max(rows, columns)};
}
/// What every one of several fields would say: the sheet says it once.
std::vector<svg::Key> common_keys(const std::vector<Field>& fields) {
  if (fields.size() < 2) return {};
  auto common = keys_of(fields[0].marks);
  for (const Field& f : fields)
    std::erase_if(common, [keys = keys_of(f.marks)](const svg::Key& k) {
      return std::find(keys.begin(), keys.end(), k) == keys.end();
    });
  return common;
}
std::vector<svg::Key> own_keys(const Field& f, const std::vector<svg::Key>& common, double width) {
  auto keys = keys_of(f.marks);
  std::erase_if(keys, [&](const svg::Key& k) { return std::find(common.begin(), common.end(), k) != common.end(); });
  return svg::fitting(keys, width, 160);
}

/// What is on a sheet already, and under which number.
using Drawn = std::map<std::string, std::size_t>;

/// Heights of what stands below a field.
struct Below {
  std::vector<svg::Key> keys;
  double edges, legend, bar;
  double height() const { return edges + legend + bar; }
};
Below below(const Field& f, const std::vector<svg::Key>& common, double width) {
  auto keys = own_keys(f, common, width);
  const double legend = svg::legend_height(keys, width);
  return {std::move(keys), given(f.x) || given(f.y) ? 14.0 : 6.0, legend, f.scale.empty() ? 0 : bar_height};
}

std::string draw(const Field& f, const Below& b, double x0, double y0, double size, double title_room, std::size_t name,
                 Drawn& drawn) {
  const auto values = f.values.to_vector<double>();
  const Interval range = colour_range(f, values);
  const auto [width, height] = extent(f, size);
  const double rows = static_cast<double>(f.values.size(0)), columns = static_cast<double>(f.values.size(1));
  svg::Axis ax{.low = f.x.low, .high = f.x.high}, ay{.low = f.y.low, .high = f.y.high};
  if (!given(f.x)) ax.low = 0, ax.high = columns;
  if (!given(f.y)) ay.low = 0, ay.high = rows;
  const auto px = [&, w = width](double v) { return x0 + w * ax.place(v); };
  const auto py = [&, h = height](double v) { return y0 + h * (given(f.y) ? 1 - ay.place(v) : ay.place(v)); };

  std::string out = svg::title(x0 + width / 2, y0 - 8, f.title, title_room);
  const std::string place = " transform=\"translate(" + number(x0) + "," + number(y0) + ")\"";
  const auto [ground, first] = drawn.emplace(paint_and_lines(f, values, range, width, height, size), name);
  out += first ? join("<g", place, "><g id=\"ground", name, "\">\n", ground->first, "</g></g>\n")
               : join("<use xlink:href=\"#ground", ground->second, "\"", place, "/>\n");
  out += draw_clipped(join("field", name), x0, y0, width, height, f.marks, px, py);
  out += join("<rect x=\"", number(x0), "\" y=\"", number(y0), "\" width=\"", number(width), "\" height=\"",
              number(height), "\" fill=\"none\" stroke=\"", svg::edge, "\"/>\n");
  if (given(f.x)) {
    out += svg::text(x0, y0 + height + 13, svg::short_number(f.x.low), "font-size=\"10\"");
    out += svg::text(x0 + width, y0 + height + 13, svg::short_number(f.x.high), "font-size=\"10\" text-anchor=\"end\"");
  }
  if (given(f.y)) {
    out += svg::text(x0 - 4, y0 + height, svg::short_number(f.y.low), "font-size=\"10\" text-anchor=\"end\"");
    out += svg::text(x0 - 4, y0 + 9, svg::short_number(f.y.high), "font-size=\"10\" text-anchor=\"end\"");
  }
  out += svg::legend(b.keys, x0, y0 + height + b.edges + 12, width);
  return f.scale.empty() ? out : out + bar(f, range, x0, y0 + height + b.edges + b.legend + 4, width);
}

}  // namespace

std::string field_sheet(const std::vector<Field>& fields, const FieldSheetOptions& options) {
  if (options.columns < 1) fail<ValueError>("field_sheet: columns must be at least 1: got ", options.columns);
  if (!(options.size >= 1 && options.size <= 4096))
    fail<ValueError>("field_sheet: size must lie in [1, 4096]: got ", options.size);
  for (const Field& f : fields) check(f);
  const auto common = common_keys(fields);
  std::vector<Below> all_below;
  bool edges = false;
  double room_below = 0;
  for (const Field& f : fields) {
    edges |= given(f.x) || given(f.y);
    all_below.push_back(below(f, common, extent(f, options.size).first));
    room_below = std::max(room_below, all_below.back().height());
  }
  const auto count = static_cast<Index>(fields.size()), columns = std::min(std::max<Index>(count, 1), options.columns);
  const double left = edges ? 38 : gap, step_x = options.size + left, step_y = options.size + below_title + room_below,
               title_height = options.title.empty() ? 8 : 36,
               width =
                   std::max(static_cast<double>(columns) * step_x + gap, 2 * gap + svg::width_of(options.title, 16)),
               top = title_height + svg::legend_height(common, width - 2 * gap);
  Drawn drawn;
  std::string body = svg::text(gap, 24, options.title, "font-size=\"15\" font-weight=\"600\"") +
                     svg::legend(common, gap, title_height + 10, width - 2 * gap);
  for (Index i = 0; i < count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    body += draw(fields[k], all_below[k], left + static_cast<double>(i % columns) * step_x,
                 top + static_cast<double>(i / columns) * step_y + below_title, options.size, step_x - 6, k, drawn);
  }
  const double rows = static_cast<double>((count + columns - 1) / columns);
  return svg::document(width, top + rows * step_y + 8, body);
}
void save_field_sheet(const std::filesystem::path& path, const std::vector<Field>& fields,
                      const FieldSheetOptions& options) {
  io::write_file_atomically(path, field_sheet(fields, options));
}

}  // namespace gradus::train
