#include "family.hpp"

#include <gradus/autograd/picture/svg.hpp>

#include <sstream>

using namespace gradus;
using svg::number;

namespace {

struct Member {
  const char* name;
  const char* parent;  // empty for the first
  const char* adds;
  double column, row;
};
const Member members[] = {{"gradient descent", "", "go down", 0, 4},
                          {"Rprop", "gradient descent", "signs, and a step per weight", 1, 0},
                          {"momentum", "gradient descent", "remember where you were going", 1, 2},
                          {"Adagrad", "gradient descent", "small steps where slopes were large", 1, 4},
                          {"L-BFGS, Wolfe", "gradient descent", "curvature from past steps", 1, 5},
                          {"SAM, momentum", "gradient descent", "the slope at the worst place near", 1, 6},
                          {"Lookahead, momentum", "gradient descent", "k steps forward, one back", 1, 7},
                          {"Schedule-Free SGD", "momentum", "an average, no schedule", 2, 0},
                          {"Nesterov", "momentum", "look where you will be", 2, 1},
                          {"LARS", "momentum", "as long as the weights", 2, 2},
                          {"Muon", "momentum", "all directions equally", 2, 3},
                          {"RMSprop", "Adagrad", "... lately", 2, 4},
                          {"Adafactor", "RMSprop", "squares as rows times columns", 3, 3},
                          {"Adam", "RMSprop", "momentum, corrected at the start", 3, 4},
                          {"Adadelta", "RMSprop", "steps in the weights' unit", 3, 5},
                          {"AMSGrad", "Adam", "never forget a large slope", 4, 2},
                          {"Adamax", "Adam", "the largest, not the mean", 4, 3},
                          {"NAdam", "Adam", "Nesterov's look ahead", 4, 4},
                          {"RAdam", "Adam", "wait until the mean is reliable", 4, 5},
                          {"AdamW", "Adam", "decay beside the gradient", 4, 6},
                          {"Lion", "AdamW", "only the sign", 5, 4},
                          {"Adan", "AdamW", "how the gradient changes", 5, 5},
                          {"LAMB", "AdamW", "as long as the weights", 5, 6},
                          {"Schedule-Free AdamW", "AdamW", "an average, no schedule", 5, 7}};

constexpr double pitch_x = 164, pitch_y = 168, field = 96, caption = 126, size = 10.5, above = 32;

/// In lines that leave the lines of the tree their room.
std::vector<std::string> wrapped(const std::string& text) {
  std::vector<std::string> lines(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
    if (lines.back().empty() || svg::width_of(longer, size) <= caption) lines.back() = longer;
    else lines.push_back(word);
  }
  return lines;
}
double left(const Member& m) { return m.column * pitch_x + (pitch_x - field) / 2; }
double top(const Member& m) { return m.row * pitch_y + above; }

/// Out of the parent, up or down between the columns, where no text is, and into the child.
std::string branch(const Member& parent, const Member& child) {
  const double from = top(parent) + field / 2, to = top(child) + field / 2, trunk = child.column * pitch_x;
  const double bend = to == from ? 0 : to < from ? -8 : 8;
  std::string path = join("M", number(left(parent) + field), " ", number(from));
  if (bend != 0)
    path += join("H", number(trunk - 8), "q8 0 8 ", bend, "V", number(to - bend), "q0 ", bend, " 8 ", bend);
  return join("<path fill=\"none\" stroke=\"", svg::contour, "\" stroke-width=\"1.5\" d=\"", path, "H",
              number(left(child)), "\"/>\n");
}

std::string polyline(const train::Series& way) {
  std::string points;
  for (std::size_t i = 0; i < way.x.size(); ++i)
    points += join(i == 0 ? "" : " ", number(way.x[i]), ",", number(way.y[i]));
  return join("<polyline fill=\"none\" stroke=\"", svg::colour(0), "\" stroke-width=\"1.5\" points=\"", points,
              "\"/>\n");
}

}  // namespace

std::string family_tree(const train::Field& ground, const std::map<std::string, train::Series>& ways,
                        std::pair<double, double> minimum) {
  constexpr double margin_x = 22, margin_y = 32;  // what field_sheet() leaves
  const double unit = field / static_cast<double>(ground.values.size(0));
  std::string drawing = join("<defs><clipPath id=\"frame\"><rect width=\"", field, "\" height=\"", field,
                             "\"/></clipPath><g id=\"valley\"><svg x=\"0\" y=\"0\" width=\"", field, "\" height=\"",
                             field, "\" viewBox=\"", margin_x, " ", margin_y, " ", field, " ", field, "\">",
                             train::field_sheet({ground}, {.columns = 1, .size = field}), "</svg></g></defs>\n");
  double columns = 0, rows = 0;
  for (const Member& m : members) {
    columns = std::max(columns, m.column + 1);
    rows = std::max(rows, m.row + 1);
    for (const Member& p : members)
      if (m.parent == std::string_view(p.name)) drawing += branch(p, m);
    drawing +=
        join("<g transform=\"translate(", number(left(m)), ",", number(top(m)), ")\"><use xlink:href=\"#valley\"/>\n");
    if (const auto way = ways.find(m.name); way != ways.end()) {
      train::Series path = way->second;
      for (double& v : path.x) v *= unit;
      for (double& v : path.y) v *= unit;
      drawing += "<g clip-path=\"url(#frame)\">" + polyline(path);
      drawing += svg::marks(svg::Mark::ring, {{path.x[0], path.y[0]}}, "");
      drawing += svg::marks(svg::Mark::cross, {{minimum.first * unit, minimum.second * unit}}, "") + "</g>\n";
    }
    drawing += svg::title(field / 2, -8, m.name, pitch_x - 28);
    double y = field + 14;
    for (const std::string& line : wrapped(m.adds)) {
      drawing += svg::text(field / 2, y, line, join("text-anchor=\"middle\" font-size=\"", size, "\""));
      y += 13;
    }
    drawing += "</g>\n";
  }
  return svg::document(columns * pitch_x, rows * pitch_y, drawing);
}
