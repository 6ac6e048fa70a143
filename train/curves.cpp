#include <gradus/train/curves.hpp>

#include <cmath>

namespace gradus::train {
namespace {

using svg::number;
using Place = std::function<double(double)>;
using svg::Points;

/// Of neighbours within half a pixel's column only the first, the lowest, the highest and the last can be seen.
Points thinned(const Points& all) {
  Points out;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i, low = i, high = i;
    const auto column = [&](std::size_t k) { return std::floor(2 * all[k].first); };
    for (; end < all.size() && column(end) == column(i); ++end) {
      if (all[end].second < all[low].second) low = end;
      if (all[end].second > all[high].second) high = end;
    }
    std::size_t before = end;  // none
    for (const std::size_t k : {i, std::min(low, high), std::max(low, high), end - 1})
      if (k != before) out.push_back(all[before = k]);
    i = end;
  }
  return out;
}

}  // namespace

std::string draw_series(const Series& s, std::size_t k, const Place& px, const Place& py) {
  std::vector<Points> runs(1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    const double x = px(s.x[i]), y = py(s.y[i]);
    if (std::isfinite(x) && std::isfinite(y)) {
      runs.back().emplace_back(x, y);
      ++count;
    } else if (!runs.back().empty()) {
      runs.emplace_back();
    }
  }
  std::string out;
  for (const Points& run : runs) {
    if (!s.line || run.empty()) continue;
    out += join("<polyline fill=\"none\" stroke=\"", svg::colour(k), "\" stroke-width=\"2\" points=\"");
    const char* separator = "";
    for (const auto& [x, y] : thinned(run)) out += join(std::exchange(separator, " "), number(x), ",", number(y));
    out += "\"/>\n";
  }
  if (!s.line || count <= 40)
    for (const Points& run : runs)
      if (!run.empty()) out += svg::marks(s.mark, run, svg::colour(k));
  return out;
}
std::string draw_clipped(const std::string& name, double x, double y, double width, double height,
                         const std::vector<Series>& all, const Place& px, const Place& py) {
  std::string out =
      join("<clipPath id=\"", name, "\"><rect x=\"", number(x), "\" y=\"", number(y), "\" width=\"", number(width),
           "\" height=\"", number(height), "\"/></clipPath>\n<g clip-path=\"url(#", name, ")\">\n");
  for (std::size_t k = 0; k < all.size(); ++k) out += draw_series(all[k], k, px, py);
  return out + "</g>\n";
}
std::vector<svg::Key> keys_of(const std::vector<Series>& all) {
  std::vector<svg::Key> keys;
  for (std::size_t k = 0; k < all.size(); ++k)
    if (!all[k].name.empty()) keys.push_back({all[k].name, svg::colour(k), all[k].line, all[k].mark});
  return keys;
}

}  // namespace gradus::train
