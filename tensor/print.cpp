// Tensors as text, by the rules of NumPy's str(): numpy/_core/arrayprint.py of version 2.4 with its default options.
#include <gradus/tensor/tensor.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>

namespace gradus {
namespace {
constexpr Index threshold = 1000, edge_items = 3;
constexpr std::size_t line_width = 75;
constexpr int most_decimals = 8;

/// A finite number cut into its parts: "-12." is whole "-12", fraction "", exponent "" (else "+08").
struct Parts {
  std::string whole, fraction, exponent;
};

/// The shortest digits that give the same T again, rounded where more than `decimals` of them are behind the point;
/// with `all` exactly that many digits of the value.
template <class T>
Parts split(T value, bool scientific, int decimals, bool all = false) {
  char buffer[400];  // fixed notation of 1.8e308 has 309 digits
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  std::string_view text(
      buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr - buffer));
  const auto cut = [&] {
    Parts p;
    const auto e = scientific ? text.find('e') : text.size();
    const auto point = std::min(text.find('.'), e);
    p.whole = text.substr(0, point);
    if (point < e) p.fraction = text.substr(point + 1, e - point - 1);
    if (scientific) p.exponent = text.substr(e + 1);
    return p;
  };
  Parts p = cut();
  if (!all && static_cast<int>(p.fraction.size()) <= decimals) return p;
  // printf rounds the exact value, as NumPy does.
  const int n =
      std::snprintf(buffer, sizeof buffer, scientific ? "%.*e" : "%.*f", decimals, static_cast<double>(value));
  text = {buffer, static_cast<std::size_t>(n)};
  p = cut();
  if (!all) p.fraction.erase(p.fraction.find_last_not_of('0') + 1);
  return p;
}

/// What str() of a single NumPy number gives: all digits, no padding.
template <class T>
std::string scalar_text(T v) {
  if constexpr (std::is_same_v<T, bool>) return v ? "True" : "False";
  else if constexpr (std::is_integral_v<T>) return join(v);
  else {
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v < 0 ? "-inf" : "inf";
    const double size = std::abs(static_cast<double>(v));
    const bool scientific = size != 0 && (size < 1e-4 || size >= (sizeof(T) == 4 ? 1e6 : 1e16));
    const Parts p = split(v, scientific, std::numeric_limits<int>::max());
    if (scientific) return p.whole + (p.fraction.empty() ? "" : ".") + p.fraction + 'e' + p.exponent;
    return p.whole + '.' + (p.fraction.empty() ? "0" : p.fraction);
  }
}

std::string padded_left(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

/// Texts of one width for the elements that will be shown.
template <class T>
std::vector<std::string> texts_of(const std::vector<T>& values) {
  std::vector<std::string> texts;
  std::size_t width = std::is_same_v<T, bool> ? 5 : 0;
  for (const T v : values) {
    texts.push_back(scalar_text(v));
    width = std::max(width, texts.back().size());
  }
  for (auto& t : texts) t = padded_left(std::move(t), width);
  return texts;
}

template <class T>
bool needs_exponent(const std::vector<T>& values) {
  T smallest = std::numeric_limits<T>::infinity(), largest = 0;
  for (const T v : values) {
    if (v == 0 || !std::isfinite(v)) continue;
    smallest = std::min(smallest, std::abs(v));
    largest = std::max(largest, std::abs(v));
  }
  constexpr T limit = sizeof(T) == 4 ? T(1e6) : T(1e8);  // as far as all digits mean something
  return largest > 0 && (largest >= limit || smallest < T(0.0001) || largest / smallest > T(1000));
}

template <class T>
std::vector<std::string> float_texts(const std::vector<T>& values) {
  const bool scientific = needs_exponent(values);
  std::vector<Parts> parts;
  std::size_t whole = 0, fraction = 0, exponent = 0;
  bool nan = false, plus_inf = false, minus_inf = false, finite = false;
  for (const T v : values) {
    nan |= std::isnan(v);
    (v < 0 ? minus_inf : plus_inf) |= std::isinf(v);
    parts.push_back(std::isfinite(v) ? split(v, scientific, most_decimals) : Parts{});
    const Parts& p = parts.back();
    finite |= std::isfinite(v);
    whole = std::max(whole, p.whole.size());
    fraction = std::max(fraction, p.fraction.size());
    exponent = std::max(exponent, p.exponent.size());
  }
  // The columns behind the point, with the "e+" of an exponent.
  const std::size_t behind = !finite ? 0 : scientific ? fraction + 1 + exponent : fraction;
  const std::size_t special = minus_inf ? 4 : nan || plus_inf ? 3 : 0;
  if (special > whole + behind + 1) whole = special - behind - 1;

  std::vector<std::string> texts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // With an exponent all numbers show equally many digits, of their value rather than zeros.
    if (scientific && std::isfinite(values[i])) parts[i] = split(values[i], true, static_cast<int>(fraction), true);
    const Parts& p = parts[i];
    if (!std::isfinite(values[i])) {
      texts.push_back(padded_left(scalar_text(values[i]), whole + behind + 1));
      continue;
    }
    std::string text = padded_left(p.whole, whole) + '.' + p.fraction;
    if (scientific) {
      text.append("e").append(p.exponent, 0, 1);
      text.append(exponent - p.exponent.size(), '0').append(p.exponent, 1);
    } else {
      text.append(fraction - p.fraction.size(), ' ');
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

/// Writes a tensor from the texts of its elements, taken one by one in row-major order.
class Layout {
 public:
  Layout(const Shape& shape, bool shortened, const std::vector<std::string>& texts)
      : shape_(shape), shortened_(shortened), next_(texts.begin()) {}

  std::string block(Index axis, const std::string& indent, std::size_t width) {
    const bool row = axis + 1 == shape_.size();
    const Index n = shape_[axis];
    const bool gap = shortened_ && n > 2 * edge_items;
    std::string done, line = indent;
    const auto add = [&](const std::string& word, bool last) {
      if (row) {
        if (line.size() + word.size() > width - 1 && line.size() > indent.size()) {
          done += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
          line = indent;
        }
        line += word;
        if (!last) line += ' ';
      } else {
        done += indent + word;
        if (!last) done.append(static_cast<std::size_t>(shape_.size() - axis - 1), '\n');
      }
    };
    for (Index i = 0; i < n; ++i) {
      if (gap && i == edge_items) {
        add("...", false);
        i = n - edge_items;
      }
      add(row ? *next_++ : block(axis + 1, indent + ' ', width - 1), i + 1 == n);
    }
    if (row) done += line;
    return '[' + done.substr(indent.size()) + ']';
  }

 private:
  const Shape& shape_;
  bool shortened_;
  std::vector<std::string>::const_iterator next_;
};

/// The elements that will be shown, in row-major order.
template <class T>
void collect(const Tensor& x, bool shortened, Index axis, const T* at, std::vector<T>& values) {
  if (axis == x.rank()) return values.push_back(*at);
  const Index n = x.shape()[axis];
  for (Index i = 0; i < n; ++i) {
    if (shortened && n > 2 * edge_items && i == edge_items) i = n - edge_items;
    collect(x, shortened, axis + 1, at + i * x.strides()[axis], values);
  }
}
}  // namespace

std::string to_string(const Tensor& x) {
  if (!x.defined()) return "undefined";
  if (x.numel() == 0) return "[]";
  return dispatch(x.dtype(), [&]<class T>() {
    if (x.rank() == 0) return scalar_text(*x.read<T>());
    const bool shortened = x.numel() > threshold;
    std::vector<T> values;
    collect(x, shortened, 0, x.read<T>(), values);
    std::vector<std::string> texts;
    if constexpr (std::is_floating_point_v<T>) texts = float_texts(values);
    else texts = texts_of(values);
    return Layout(x.shape(), shortened, texts).block(0, " ", line_width);
  });
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

}  // namespace gradus
