// The family tree of the optimizers as a picture.
#pragma once
#include <gradus/gradus.hpp>

/// Every rule with what it adds to the one it comes from and, inside `ground`, the way it took; rules without a way are
/// left empty. `ground` is square; ways and the minimum are in units of its grid, from the upper left. SVG.
std::string family_tree(const gradus::train::Field& ground, const std::map<std::string, gradus::train::Series>& ways,
                        std::pair<double, double> minimum);
