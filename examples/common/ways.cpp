#include "ways.hpp"

#include <gradus/tensor/io/file.hpp>

#include "family.hpp"

#include <algorithm>
#include <utility>

using namespace gradus;

namespace {

/// Heights of the plane on a grid, as the logarithm, so that the floor of a valley shows.
train::Field ground(const Problem& problem, Index n) {
  const auto axis = [n](train::Interval i) {
    return (arange(n, DType::f64) + 0.5) * ((i.high - i.low) / static_cast<double>(n)) + i.low;
  };
  const Tensor x = axis(problem.plane->x), y = flip(axis(problem.plane->y), {0});
  const Tensor height = log10(0.01 + no_grad([&] { return plane_function(problem.name, x, unsqueeze(y, 1)).data(); }));
  train::Field field{
      .values = height, .x = problem.plane->x, .y = problem.plane->y, .colours = train::Colours::sequential};
  const double low = min(height).item(), high = max(height).item();
  field.range = {low, high + 2 * (high - low)};  // pale
  for (int i = 1; i < 12; ++i) field.levels.push_back(low + (high - low) * i / 12);
  return field;
}
/// At most about 300 points, the first ones all.
train::Series thinned(const train::Series& way) {
  train::Series out;
  const std::size_t n = way.x.size();
  for (std::size_t i = 0; i < n; i += i < 100 || n < 300 ? 1 : std::max<std::size_t>(1, n / 200)) {
    out.x.push_back(way.x[i]);
    out.y.push_back(way.y[i]);
  }
  out.x.push_back(way.x.back());
  out.y.push_back(way.y.back());
  return out;
}
}  // namespace

void draw_ways(const std::filesystem::path& file, const Problem& problem, const std::vector<Way>& ways) {
  std::vector<train::Field> fields;
  const train::Field base = ground(problem, 120);
  train::Series minima{"minimum", {}, {}, false, train::Mark::cross};
  for (const auto& [x, y] : problem.plane->minima) {
    minima.x.push_back(x);
    minima.y.push_back(y);
  }
  for (const Way& w : ways) {
    train::Field f = base;
    f.title = join(w.name, ": ", w.figure);
    const train::Series way = thinned(w.path);
    f.marks = {way,
               {"end", {way.x.back()}, {way.y.back()}, false},
               {"start", {way.x[0]}, {way.y[0]}, false, train::Mark::ring},
               minima};
    fields.push_back(std::move(f));
  }
  train::save_field_sheet(
      file, fields,
      {.title = problem.name + ": gradients until solved (in brackets: not; how far above the least)",
       .columns = 4,
       .size = 180});
}

void draw_family(const std::filesystem::path& file, const Problem& problem, const std::vector<Way>& ways) {
  constexpr Index n = 24;
  train::Field base = ground(problem, n);
  const train::Interval x = std::exchange(base.x, {}),
                        y = std::exchange(base.y, {});  // no scales: in units of the grid
  const auto px = [&](double v) { return (v - x.low) / (x.high - x.low) * n; };
  const auto py = [&](double v) { return (y.high - v) / (y.high - y.low) * n; };
  std::map<std::string, train::Series> paths;
  for (const Way& w : ways) {
    train::Series& way = paths[w.name] = thinned(w.path);
    for (double& v : way.x) v = px(v);
    for (double& v : way.y) v = py(v);
  }
  const auto [a, b] = problem.plane->minima[0];
  io::write_file_atomically(file, family_tree(base, paths, {px(a), py(b)}));
}
