// The ways that optimizers took through the plane, as pictures.
#pragma once
#include "problems.hpp"

struct Way {
  std::string name, figure;  ///< of the optimizer, and what came of it
  gradus::train::Series path;
};
/// Each in a frame of its own, over the heights of the problem. SVG.
void draw_ways(const std::filesystem::path& file, const Problem& problem, const std::vector<Way>& ways);
/// As thumbnails in the family tree. SVG.
void draw_family(const std::filesystem::path& file, const Problem& problem, const std::vector<Way>& ways);
