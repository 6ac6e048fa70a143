#include <gradus/autograd/picture/axis.hpp>
#include <gradus/train/contour.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace gradus::train {
namespace {

/// An edge of the grid from point (row, column) to the next one down or to the right.
struct Edge {
  Index row, column;
  bool down;
  auto operator<=>(const Edge&) const = default;
};

/// Every crossed edge with the one or two edges that lines go on to from there.
using Links = std::map<Edge, std::vector<Edge>>;

struct Grid {
  const std::vector<double>& values;
  Index rows, columns;
  double level;

  double at(Index row, Index column) const { return values[static_cast<std::size_t>(row * columns + column)]; }
  bool above(Index row, Index column) const { return at(row, column) >= level; }

  std::pair<double, double> crossing(const Edge& e) const {
    const double a = at(e.row, e.column), b = e.down ? at(e.row + 1, e.column) : at(e.row, e.column + 1);
    const double share = std::clamp(svg::share(level, a, b), 0.0, 1.0);
    const double x = static_cast<double>(e.column), y = static_cast<double>(e.row);
    return e.down ? std::pair{x, y + share} : std::pair{x + share, y};
  }

  void link(Links& links, Index r, Index c) const {
    const std::array<double, 4> corners{at(r, c), at(r, c + 1), at(r + 1, c), at(r + 1, c + 1)};
    for (const double v : corners)
      if (!std::isfinite(v)) return;
    const auto join = [&](const Edge& a, const Edge& b) {
      links[a].push_back(b);
      links[b].push_back(a);
    };
    const Edge top{r, c, false}, bottom{r + 1, c, false}, left{r, c, true}, right{r, c + 1, true};
    std::vector<Edge> crossed;
    if (above(r, c) != above(r, c + 1)) crossed.push_back(top);
    if (above(r, c + 1) != above(r + 1, c + 1)) crossed.push_back(right);
    if (above(r + 1, c) != above(r + 1, c + 1)) crossed.push_back(bottom);
    if (above(r, c) != above(r + 1, c)) crossed.push_back(left);
    if (crossed.size() == 2) join(crossed[0], crossed[1]);
    if (crossed.size() < 4) return;
    // A saddle: the mean says which two corners hang together.
    const double mean = corners[0] / 4 + corners[1] / 4 + corners[2] / 4 + corners[3] / 4;
    if ((mean >= level) == above(r, c)) {  // upper left and lower right
      join(top, right);
      join(bottom, left);
    } else {
      join(top, left);
      join(right, bottom);
    }
  }

  /// The line that begins at an edge; takes it out of the links.
  ContourLine follow(Links& links, Edge e) const {
    ContourLine line{crossing(e)};
    while (true) {
      const auto here = links.find(e);
      if (here == links.end() || here->second.empty()) break;
      const Edge next = here->second.back();
      here->second.pop_back();
      auto& back = links[next];
      back.erase(std::find(back.begin(), back.end(), e));
      line.push_back(crossing(next));
      e = next;
    }
    return line;
  }
};

}  // namespace

std::vector<ContourLine> contour_lines(const Tensor& values, double level) {
  if (values.rank() != 2) fail<ShapeError>("contour_lines: needs values [rows, columns]: got ", values.shape());
  if (!is_floating(values.dtype())) fail<DTypeError>("contour_lines: values must be f32 or f64: got ", values.dtype());
  if (!std::isfinite(level)) fail<ValueError>("contour_lines: the level must be finite: got ", level);
  const auto numbers = values.to_vector<double>();
  const Grid grid{numbers, values.size(0), values.size(1), level};
  Links links;
  for (Index r = 0; r + 1 < grid.rows; ++r)
    for (Index c = 0; c + 1 < grid.columns; ++c) grid.link(links, r, c);
  std::vector<ContourLine> lines;
  for (const std::size_t ends : {std::size_t{1}, std::size_t{2}})  // open lines from their ends, then closed ones
    for (const auto& [edge, next] : links)
      if (next.size() == ends) lines.push_back(grid.follow(links, edge));
  return lines;
}

}  // namespace gradus::train
