// Private to the drawings: pieces of SVG, light or dark as the reader's system is.
#pragma once
#include <gradus/autograd/picture/mark.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::svg {

// The colours that document() knows how to turn for dark screens, besides those of colour().
inline constexpr const char *paper = "white", *ink = "#374151", *quiet = "#6b7280", *edge = "#9ca3af",
                            *contour = "#94a3b8", *grid = "#e5e7eb", *blank = "#f9fafb", *forward = "#dbeafe",
                            *backward = "#ffedd5";

/// At most so many decimals, in the C locale whatever the program's is.
std::string number(double v, int decimals = 2);
/// Four digits, as a label: 0.25, 1e-7.
std::string short_number(double v, int digits = 4);
/// Of the series number k of a drawing: blue, red, green, ... and again from the start.
const char* colour(std::size_t k);
/// Text for an element's content: markup is escaped, control characters, which XML cannot hold, become spaces, and bytes that
/// are no UTF-8 the replacement character.
std::string escape(const std::string& text);
/// About the pixels that a text of this font size takes.
double width_of(const std::string& text, double size = 12);
/// The text, or its beginning and "..." if it is wider than that.
std::string cut(const std::string& text, double width, double size = 12);
/// A text element; `style` is further attributes.
std::string text(double x, double y, const std::string& what, const std::string& style = {});
/// Bold and centred at x, smaller, and in the end cut, to take no more room.
std::string title(double x, double y, const std::string& what, double room, double size = 12);
std::string rectangle(double x, double y, double width, double height, const std::string& fill);
std::string line(double xa, double ya, double xb, double yb, const std::string& stroke);
/// A bitmap from a PNG file's bytes.
std::string bitmap(double x, double y, double width, double height, const std::string& png);
/// One, and another for dark screens.
std::string bitmap(double x, double y, double width, double height, const std::string& day, const std::string& night);

using Points = std::vector<std::pair<double, double>>;
/// A mark around each point. `fill` is the colour of dots.
std::string marks(Mark kind, const Points& points, const std::string& fill);

struct Key {
  std::string name, fill;
  bool line = true;  ///< shown by a dash, else by its mark
  Mark mark = Mark::dot;
  bool operator==(const Key&) const = default;
};
/// Of the rows that the keys fill at this width.
double legend_height(const std::vector<Key>& keys, double width);
/// As many keys as this height holds; of more the last one says how many are left out.
std::vector<Key> fitting(std::vector<Key> keys, double width, double height);
/// The keys from (x, y), the first base line, in rows of this width.
std::string legend(const std::vector<Key>& keys, double x, double y, double width);

/// A whole file. What has one of the colours above has its counterpart where the reader's system is dark.
std::string document(double width, double height, const std::string& body);
std::string base64(std::string_view bytes);

}  // namespace gradus::svg
