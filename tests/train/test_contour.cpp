#include <gradus/gradus.hpp>

#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace gradus;
using train::contour_lines;
using train::ContourLine;

namespace {
using Lines = std::vector<ContourLine>;
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();

/// Distance from (cx, cy) at the points of a grid.
Tensor cone(Index rows, Index columns, double cx, double cy) {
  const Tensor x = arange(columns, DType::f64) - cx, y = unsqueeze(arange(rows, DType::f64) - cy, 1);
  return sqrt(x * x + y * y);
}
}  // namespace

TEST_CASE("contour lines lie where the values take the level", "[train][contour]") {
  const Tensor slope = tensor({{0.0, 1.0, 3.0}, {0.0, 1.0, 3.0}});
  CHECK(contour_lines(slope, 1.5) == Lines{ContourLine{{1.25, 0}, {1.25, 1}}});
  CHECK(contour_lines(to(slope, DType::f32), 1.5) == contour_lines(slope, 1.5));
  CHECK(contour_lines(transpose(slope), 1.5) == Lines{ContourLine{{0, 1.25}, {1, 1.25}}});
  CHECK(contour_lines(slope, 1) == Lines{ContourLine{{1, 0}, {1, 1}}});  // through grid points
  for (const double outside : {-1.0, 4.0}) CHECK(contour_lines(slope, outside).empty());

  const auto circle = contour_lines(cone(41, 51, 25.3, 20.2), 12);
  REQUIRE(circle.size() == 1);
  CHECK(circle[0].front() == circle[0].back());
  CHECK(circle[0].size() > 60);
  double turned = 0;
  for (std::size_t i = 0; i + 1 < circle[0].size(); ++i) {
    const auto [x, y] = circle[0][i];
    const auto [x2, y2] = circle[0][i + 1];
    CHECK(std::hypot(x - 25.3, y - 20.2) == Approx(12).epsilon(1e-3));
    turned += std::atan2((x - 25.3) * (y2 - 20.2) - (y - 20.2) * (x2 - 25.3),
                         (x - 25.3) * (x2 - 25.3) + (y - 20.2) * (y2 - 20.2));
  }
  CHECK(std::abs(turned) == Approx(2 * M_PI));
  CHECK(contour_lines(cone(41, 51, 25.3, 20.2), 22).size() == 2);  // cut off above and below: two arcs
}

TEST_CASE("where two contour lines could join either way the mean of the cell decides", "[train][contour]") {
  const Tensor saddle = tensor({{1.0, 0.0}, {0.0, 1.0}});
  const auto joined = contour_lines(saddle, 0.25), apart = contour_lines(saddle, 0.75);  // the mean is 0.5
  CHECK(joined == Lines{ContourLine{{0.75, 0}, {1, 0.25}}, ContourLine{{0, 0.75}, {0.25, 1}}});
  CHECK(apart == Lines{ContourLine{{0.25, 0}, {0, 0.25}}, ContourLine{{1, 0.75}, {0.75, 1}}});
}

TEST_CASE("contour lines leave out what is not finite and refuse what is no grid", "[train][contour]") {
  CHECK(contour_lines(tensor({{0.0, 1.0, 0.0}, {0.0, nan_, 0.0}}), 0.5).empty());
  CHECK(contour_lines(tensor({{0.0, HUGE_VAL, 0.0, 1.0}, {0.0, 1.0, 0.0, 1.0}}), 0.5).size() == 1);
  for (const Shape& shape : {Shape{0, 0}, Shape{0, 3}, Shape{1, 1}, Shape{1, 5}})
    CHECK(contour_lines(zeros(shape), 0).empty());
  CHECK_THROWS_AS(contour_lines(zeros({3}), 0), ShapeError);
  CHECK_THROWS_AS(contour_lines(zeros({3, 3}, DType::i64), 0), DTypeError);
  CHECK_THROWS_AS(contour_lines(zeros({3, 3}), nan_), ValueError);
}

TEST_CASE("contour lines cross where numbers are extreme", "[train][contour]") {
  const double largest = std::numeric_limits<double>::max(), least = std::numeric_limits<double>::denorm_min();
  for (const double v : {largest, least, 1e-310, 1.0}) {
    const auto lines = train::contour_lines(tensor({{-v, v}, {-v, v}}), 0);
    REQUIRE(lines.size() == 1);
    for (const auto& [column, row] : lines[0]) CHECK(column == 0.5);
  }
}
