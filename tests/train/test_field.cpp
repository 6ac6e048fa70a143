#include <gradus/autograd/picture/svg.hpp>
#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <cmath>

using namespace gradus;

namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}
bool contains(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }
/// How the image of these colours, [3, rows, columns], stands in a drawing.
std::string image_of(const std::vector<int>& rgb, const Shape& shape) {
  return svg::base64(train::png(to(tensor(rgb, shape), DType::u8)));
}

}  // namespace

TEST_CASE("a field paints low blue and high red and the middle white", "[train][field]") {
  const Tensor values = tensor({{-2.0, 0.0, 2.0}});
  const std::string wanted = image_of({110, 255, 245, 155, 255, 115, 250, 255, 115}, {3, 1, 3});
  CHECK(contains(train::field_sheet({{.values = values}}, {.size = 3}), wanted));
  CHECK(contains(train::field_sheet({{.values = to(values, DType::f32)}}, {.size = 3}), wanted));
  CHECK(contains(train::field_sheet({{.values = values / 2.0 * 1.7e308, .scale = "s"}}, {.size = 3}), wanted));
  for (const double v : {0.0, 5e-324, 1e300})  // a range of no width is no division by zero
    for (const auto colours : {train::Colours::diverging, train::Colours::sequential})
      CHECK_FALSE(contains(
          train::field_sheet({{.values = tensor({{v}}), .colours = colours, .scale = "s"}}, {.size = 1}), "nan"));
  // The scale stays at its ends.
  CHECK(contains(train::field_sheet({{.values = values * 7.0, .range = {-2, 2}}}, {.size = 3}), wanted));
  // Sequential: from white at the least value to dark blue at the largest.
  CHECK(contains(train::field_sheet({{.values = values, .colours = train::Colours::sequential}}, {.size = 3}),
                 image_of({255, 143, 30, 255, 157, 58, 255, 197, 138}, {3, 1, 3})));
  // Row 0 is at the top, whatever the strides.
  CHECK(contains(train::field_sheet({{.values = transpose(values)}}, {.size = 3}),
                 image_of({110, 255, 245, 155, 255, 115, 250, 255, 115}, {3, 3, 1})));
  // A cell becomes a square of whole pixels.
  CHECK(contains(train::field_sheet({{.values = zeros({1, 1})}}, {.size = 2}),
                 image_of(std::vector<int>(12, 255), {3, 2, 2})));
}

TEST_CASE("marks stand where the edges say", "[train][field]") {
  const train::Field field{.title = "a < b",
                           .values = zeros({4, 4}),
                           .x = {-1, 1},
                           .y = {0, 10},
                           .scale = "p & q",
                           .marks = {{"way", {-1, 0, 1}, {0, 5, 10}}, {"", {0, HUGE_VAL, NAN}, {10, 1, 1}, false}}};
  const std::string svg = train::field_sheet({field}, {.size = 100});
  CHECK(contains(svg, "points=\"38,132 88,82 138,32\""));  // the field's lower left, middle and upper right
  CHECK(count(svg, "<polyline") == 1);
  CHECK(count(svg, "<circle") == 4);
  CHECK(contains(svg, "cx=\"88\" cy=\"32\""));
  for (const char* text : {">a &lt; b<", ">p &amp; q<", ">way<", ">-1<", ">10<"}) {
    INFO(text);
    CHECK(contains(svg, text));
  }
  for (const char* text : {"nan", "inf"}) CHECK_FALSE(contains(svg, text));
  // A matrix counts columns and rows from the top left.
  CHECK(contains(train::field_sheet({{.values = zeros({2, 2}), .marks = {{"", {0.5}, {0.5}, false}}}}, {.size = 100}),
                 "cx=\"47\" cy=\"57\""));
}

TEST_CASE("a sheet of fields fills rows and each field clips its own marks", "[train][field]") {
  std::vector<train::Field> five(5, {.values = ones({2, 3})});
  five[3].values = zeros({2, 3});
  five[4].levels = {0.5};
  const std::string svg = train::field_sheet(five, {.title = "x & y", .columns = 2});
  CHECK(count(svg, "<image ") == 2 * 2);  // two differ, by day and by night; what is the same is there once
  CHECK(count(svg, "<use xlink:href=\"#ground0\"") == 3);
  CHECK(count(svg, "url(#field4)") == 1);
  CHECK(contains(svg, "x &amp; y"));
  CHECK(count(train::field_sheet({}), "<image ") == 0);
  const ScratchFile file("");
  train::save_field_sheet(file.path, five);
  std::ifstream in(file.path);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == train::field_sheet(five));
  CHECK_THROWS_AS(train::save_field_sheet("/nonexistent/a.svg", five), IoError);
}

TEST_CASE("start and minimum look different from ways, and the sheet names once what all fields have",
          "[train][field]") {
  const train::Series start{"start", {0.5}, {0.5}, false, train::Mark::ring},
      minimum{"minimum", {1.5}, {1.5}, false, train::Mark::cross};
  const auto field = [&](const std::string& way) {
    return train::Field{.values = ones({2, 2}), .marks = {{way, {0.5, 1.5}, {0.5, 1.5}}, start, minimum}};
  };
  const std::string one = train::field_sheet({field("Adam")}), two = train::field_sheet({field("Adam"), field("SGD")});
  for (const std::string& sheet : {one, two})
    for (const char* name : {">Adam<", ">start<", ">minimum<"}) CHECK(count(sheet, name) == 1);
  CHECK(count(two, ">SGD<") == 1);
  CHECK(count(one, "r=\"4\"/>") == 2 * 2);  // in the field and in the legend, each with a rim
  CHECK(count(two, "r=\"4\"/>") == 3 * 2);
  // The legend is below the field, where no way crosses it.
  CHECK(contains(one, "<text x=\"41\" y=\"290\">Adam<"));
}

TEST_CASE("a field shows its contour lines", "[train][field][contour]") {
  // Two cells of 50 pixels: the level is crossed half way between their middles.
  const std::string svg =
      train::field_sheet({{.values = tensor({{0.0, 1.0}, {0.0, 1.0}}), .levels = {0.5, 7}}}, {.size = 100});
  CHECK(contains(svg, "d=\"M50 25L50 75\""));
  CHECK(count(svg, "<path") == 1);
  CHECK_THROWS_WITH(train::field_sheet({{.title = "t", .values = ones({1, 1}), .levels = {std::nan("")}}}),
                    "field: a level is not finite: in t");
}

TEST_CASE("what cannot be painted as a field is refused", "[train][field]") {
  CHECK_THROWS_WITH(train::field_sheet({{.values = ones({3})}}),
                    "field: needs values [rows, columns], 1 to 4096 each: got [3]");
  CHECK_THROWS_AS(train::field_sheet({{.values = ones({0, 3})}}), ShapeError);
  CHECK_THROWS_AS(train::field_sheet({{.values = ones({1, 4097})}}), ShapeError);
  CHECK_THROWS_AS(train::field_sheet({{}}), ShapeError);
  CHECK_THROWS_WITH(train::field_sheet({{.values = ones({1, 1}, DType::i64)}}),
                    "field: values must be f32 or f64: got i64");
  for (const double bad : {std::nan(""), HUGE_VAL})
    CHECK_THROWS_WITH(train::field_sheet({{.title = "t", .values = tensor({{bad}})}}),
                      "field: a value is not finite: in t");
  CHECK_THROWS_WITH(train::field_sheet({{.values = ones({1, 1}), .x = {1, 1}}}),
                    "field: x must ascend and be finite: got 1 to 1");
  CHECK_THROWS_AS(train::field_sheet({{.values = ones({1, 1}), .range = {0, HUGE_VAL}}}), ValueError);
  CHECK_THROWS_AS(train::field_sheet({{.values = ones({1, 1}), .y = {std::nan(""), 1}}}), ValueError);
  CHECK_THROWS_WITH(train::field_sheet({{.values = ones({1, 1}), .marks = {{"m", {1}, {}}}}}),
                    "field: marks m have 1 x values and 0 y values");
  CHECK_THROWS_AS(train::field_sheet({}, {.columns = 0}), ValueError);
  CHECK_THROWS_AS(train::field_sheet({}, {.size = std::nan("")}), ValueError);
}
