#include <gradus/autograd/picture/svg.hpp>
#include <gradus/tensor/error.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace gradus::svg {
namespace {

struct Shades {
  const char *day, *night;
};
constexpr Shades series[] = {{"#2563eb", "#60a5fa"}, {"#dc2626", "#f87171"}, {"#059669", "#34d399"},
                             {"#d97706", "#fbbf24"}, {"#7c3aed", "#a78bfa"}, {"#0891b2", "#22d3ee"}};
constexpr Shades others[] = {{paper, "#0d1117"}, {ink, "#d1d5db"},     {quiet, "#9ca3af"},
                             {edge, "#6b7280"},  {contour, "#64748b"}, {grid, "#272e3a"},
                             {blank, "#161b22"}, {forward, "#172c50"}, {backward, "#43290f"}};

/// Bytes of the UTF-8 character at the front; 0 if there is none.
std::size_t character(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const std::size_t n = byte(0) < 0x80       ? 1
                        : byte(0) >> 5 == 6  ? 2
                        : byte(0) >> 4 == 14 ? 3
                        : byte(0) >> 3 == 30 ? 4
                                             : 0;
  if (n == 0 || n > s.size()) return 0;
  std::uint32_t code = n == 1 ? byte(0) : byte(0) & (0x7fU >> n);
  for (std::size_t i = 1; i < n; ++i) {
    if (byte(i) >> 6 != 2) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >> 11 == 0x1b, none = code == 0xfffe || code == 0xffff;  // neither is in XML
  return code < least[n] || code > 0x10ffff || surrogate || none ? 0 : n;
}
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}
constexpr double per_character = 0.58, key_width = 19, between_keys = 14, row_height = 16;

/// Where each key stands in rows of this width: x from the left, and the row.
std::vector<std::pair<double, std::size_t>> key_places(const std::vector<Key>& keys, double width) {
  std::vector<std::pair<double, std::size_t>> places;
  double x = 0;
  std::size_t row = 0;
  for (const Key& k : keys) {
    const double needed = std::min(width, key_width + width_of(k.name));
    if (x > 0 && x + needed > width) x = 0, ++row;
    places.emplace_back(x, row);
    x += needed + between_keys;
  }
  return places;
}

std::string image(double x, double y, double width, double height, const std::string& png, const char* more) {
  return join("<image x=\"", number(x), "\" y=\"", number(y), "\" width=\"", number(width), "\" height=\"",
              number(height), "\"", more, " preserveAspectRatio=\"none\" style=\"image-rendering: pixelated\" ",
              "xlink:href=\"data:image/png;base64,", base64(png), "\"/>\n");
}

/// The rules for dark screens of those colours that are used.
std::string style(const std::string& drawing) {
  std::string rules;
  const auto rule = [&](const Shades& s) {
    for (const char* attribute : {"fill", "stroke"}) {
      const std::string used = join(attribute, "=\"", s.day, "\"");
      if (drawing.find(used) != std::string::npos) rules += join("[", used, "]{", attribute, ":", s.night, "}\n");
    }
  };
  std::for_each(std::begin(series), std::end(series), rule);
  std::for_each(std::begin(others), std::end(others), rule);
  if (drawing.find("class=\"night\"") != std::string::npos) rules += ".day{display:none}\n.night{display:inline}\n";
  return "<style>@media (prefers-color-scheme: dark) {\n" + rules + "}</style>\n";
}

}  // namespace

std::string number(double v, int decimals) {
  char text[400];
  std::string s(text, std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, decimals).ptr);
  if (s.find('.') != std::string::npos) s.erase(s.find_last_not_of('0') + 1);
  if (s.back() == '.') s.pop_back();
  return s == "-0" ? "0" : s;
}
std::string short_number(double v, int digits) {
  char text[64];
  std::string s(text, std::to_chars(text, text + sizeof text, v, std::chars_format::general, digits).ptr);
  const auto e = s.find('e');
  if (e == std::string::npos) return s;
  std::size_t zeros = e + 2;
  while (s[zeros] == '0') ++zeros;
  return s.substr(0, e + 1) + (s[e + 1] == '-' ? "-" : "") + s.substr(zeros);
}
const char* colour(std::size_t k) { return series[k % std::size(series)].day; }
std::string escape(const std::string& text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t n = character(rest);
    const char c = rest.front();
    if (n == 0) out += "\xef\xbf\xbd";
    else if (n > 1) out += rest.substr(0, n);
    else out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, std::max(c, ' '));
    rest.remove_prefix(std::max<std::size_t>(n, 1));
  }
  return out;
}
double width_of(const std::string& text, double size) {
  return per_character * size * static_cast<double>(length(text));
}
std::string cut(const std::string& text, double width, double size) {
  if (width_of(text, size) <= width) return text;
  const double room = width / (per_character * size) - 3;
  std::string out;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    if (starts && static_cast<double>(length(out)) + 1 > room) break;
    out += c;
  }
  return out + "...";
}
std::string text(double x, double y, const std::string& what, const std::string& style) {
  if (what.empty()) return {};
  return join("<text x=\"", number(x), "\" y=\"", number(y), "\"", style.empty() ? "" : " ", style, ">", escape(what),
              "</text>\n");
}
std::string title(double x, double y, const std::string& what, double room, double size) {
  constexpr double bold = 1.1;
  const double font = std::clamp(size * room / std::max(width_of(what, bold * size), 1.0), std::min(size, 10.0), size);
  return text(x, y, cut(what, room + 1, bold * font),
              join("text-anchor=\"middle\" font-weight=\"600\" font-size=\"", number(font), "\""));
}
std::string rectangle(double x, double y, double width, double height, const std::string& fill) {
  return join("<rect x=\"", number(x), "\" y=\"", number(y), "\" width=\"", number(width), "\" height=\"",
              number(height), "\" fill=\"", fill, "\"/>\n");
}
std::string line(double xa, double ya, double xb, double yb, const std::string& stroke) {
  return join("<line x1=\"", number(xa), "\" y1=\"", number(ya), "\" x2=\"", number(xb), "\" y2=\"", number(yb),
              "\" stroke=\"", stroke, "\"/>\n");
}
std::string bitmap(double x, double y, double width, double height, const std::string& png) {
  return image(x, y, width, height, png, "");
}
std::string bitmap(double x, double y, double width, double height, const std::string& day, const std::string& night) {
  return image(x, y, width, height, day, " class=\"day\"") +
         image(x, y, width, height, night, " class=\"night\" display=\"none\"");
}

std::string marks(Mark kind, const Points& points, const std::string& fill) {
  std::string shapes;
  for (const auto& [x, y] : points)
    shapes += kind == Mark::cross ? join("<path d=\"M", number(x - 4), " ", number(y - 4), "l8 8m-8 0l8 -8\"/>\n")
                                  : join("<circle cx=\"", number(x), "\" cy=\"", number(y), "\" r=\"",
                                         kind == Mark::dot ? "2.5" : "4", "\"/>\n");
  const auto drawn = [&](const std::string& inside, const char* stroke, const char* width) {
    return join("<g fill=\"", inside, "\" stroke=\"", stroke, "\" stroke-width=\"", width, "\">\n", shapes, "</g>\n");
  };
  if (kind == Mark::dot) return drawn(fill, paper, "0.7");
  return drawn("none", paper, "4") + drawn("none", ink, "2");  // a rim sets it off from what it covers
}

double legend_height(const std::vector<Key>& keys, double width) {
  return keys.empty() ? 0 : row_height * static_cast<double>(key_places(keys, width).back().second + 1);
}
std::vector<Key> fitting(std::vector<Key> keys, double width, double height) {
  std::size_t left_out = 0;
  while (keys.size() > 1 && legend_height(keys, width) > height) {
    keys.pop_back();
    keys.back().name = join("and ", ++left_out + 1, " more");
  }
  return keys;
}
std::string legend(const std::vector<Key>& keys, double x, double y, double width) {
  const auto places = key_places(keys, width);
  std::string out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double left = x + places[i].first, base = y + row_height * static_cast<double>(places[i].second);
    out += keys[i].line ? rectangle(left, base - 5, 14, 3, keys[i].fill)
                        : marks(keys[i].mark, {{left + 7, base - 4}}, keys[i].fill);
    out += text(left + key_width, base, cut(keys[i].name, width - key_width));
  }
  return out;
}

std::string document(double width, double height, const std::string& body) {
  const std::string w = number(width), h = number(height);
  const std::string drawing = join("<rect width=\"100%\" height=\"100%\" fill=\"", paper, "\"/>\n", body, "</svg>\n");
  const std::string head =
      join("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"", w,
           "\" height=\"", h, "\" viewBox=\"0 0 ", w, " ", h, "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"",
           ink, "\">\n");
  return head + style(head + drawing) + drawing;
}
std::string base64(std::string_view bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? letters[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace gradus::svg
