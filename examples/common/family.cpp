#include "family.hpp"

#include <gradus/train/svg.hpp>

using namespace gradus;
using train::svg::number;

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

constexpr double pitch_x = 196, pitch_y = 152, field = 96, margin = 22;  // margin: what field_sheet() leaves

}  // namespace

std::string family_tree(const train::Field& ground, const std::map<std::string, train::Series>& ways) {
  std::string lines, nodes, texts;
  const std::string halo = "text-anchor=\"middle\" stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\" ";
  double columns = 0, rows = 0;
  for (const Member& m : members) {
    const double x = m.column * pitch_x + 24, y = m.row * pitch_y + 8;
    columns = std::max(columns, m.column + 1);
    rows = std::max(rows, m.row + 1);
    for (const Member& p : members)
      if (m.parent == std::string_view(p.name)) {
        const double x0 = p.column * pitch_x + 24 + margin + field, y0 = p.row * pitch_y + 8 + 32 + field / 2;
        const double x1 = x + margin, y1 = y + 32 + field / 2, middle = (x0 + x1) / 2;
        lines += join("<path fill=\"none\" stroke=\"#94a3b8\" stroke-width=\"1.5\" d=\"M", number(x0), " ", number(y0),
                      "C", number(middle), " ", number(y0), " ", number(middle), " ", number(y1), " ", number(x1), " ",
                      number(y1), "\"/>\n");
      }
    train::Field f = ground;
    if (const auto way = ways.find(m.name); way != ways.end()) f.marks = {way->second};
    nodes += join("<g transform=\"translate(", number(x), ",", number(y), ")\">",
                  train::field_sheet({f}, {.columns = 1, .size = field}), "</g>\n");
    const double centre = x + margin + field / 2;
    texts += train::svg::text(centre, y + 24, m.name, halo + "font-weight=\"600\"");
    texts += train::svg::text(centre, y + 32 + field + 13, m.adds, halo + "font-size=\"10\"");
  }
  return train::svg::document(columns * pitch_x, rows * pitch_y + 8, nodes + lines + texts);
}
