// Private to the drawings: pieces of SVG.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gradus::train::svg {

/// At most two decimals, in the C locale whatever the program's is.
std::string number(double v);
/// Four digits, as a label.
std::string short_number(double v);
/// Of the series number k of a drawing: blue, red, green, ... and again from the start.
const char* colour(std::size_t k);
/// Text for an element's content: markup is escaped, control characters, which XML cannot hold, become spaces.
std::string escape(const std::string& text);
/// A text element; `style` is further attributes.
std::string text(double x, double y, const std::string& what, const std::string& style);
std::string rectangle(double x, double y, double width, double height, const std::string& fill);
/// A whole file with a white background.
std::string document(double width, double height, const std::string& body);
std::string base64(std::string_view bytes);

}  // namespace gradus::train::svg
