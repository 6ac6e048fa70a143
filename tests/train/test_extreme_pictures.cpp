#include <gradus/autograd/picture/axis.hpp>
#include <gradus/autograd/picture/svg.hpp>
#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "well_formed.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace gradus;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), largest = std::numeric_limits<double>::max(),
                 least = std::numeric_limits<double>::denorm_min(), none = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> extremes[] = {{},
                                        {0},
                                        {1.1},
                                        {1.1, 1.1, 1.1},
                                        {1.1, std::nextafter(1.1, 2)},
                                        {1, 1 + 1e-9, 1 - 1e-9},
                                        {1e17, std::nextafter(1e17, 1e18)},
                                        {-1e308, 1e308},
                                        {-largest, largest, 0},
                                        {largest, largest},
                                        {largest, std::nextafter(largest, 0)},
                                        {least, -least},
                                        {least, 0},
                                        {least, 1e-310, 3e-308},
                                        {1e-300, 1e300},
                                        {none},
                                        {infinity, -infinity, none},
                                        {none, 1, infinity, 2, -infinity},
                                        {0.0, -0.0},
                                        {-4e-10, 4e-10},
                                        {1, 2, 3}};

void good(const std::string& svg, std::size_t most = 30000) {
  const std::string fault = svg_fault(svg);
  INFO((fault.empty() ? fault : svg));
  CHECK(fault == "");
  CHECK(svg.size() < most);
}
std::vector<double> first_of(const std::vector<double>& v, std::size_t n) {
  return {v.begin(), v.begin() + static_cast<std::ptrdiff_t>(n)};
}

}  // namespace

TEST_CASE("the check of drawings finds what is wrong", "[train][plot]") {
  CHECK(svg_fault("<svg a=\"1\"><g><text>a &lt; b</text></g><x/></svg>") == "");
  for (const char* bad :
       {"", "<svg>", "<svg><g></svg>", "<svg/><svg/>", "<svg/>a", "a<svg/>", "</svg>", "<svg", "<svg a=1/>",
        "<svg><t>a & b</t></svg>", "<svg a=\"<\"/>", "<svg a=\"1\" a=\"1\"/>", "<svg x=\"nan\"/>", "<svg>-Inf</svg>"}) {
    INFO(bad);
    CHECK(svg_fault(bad) != "");
  }
}

TEST_CASE("an axis over any values has few ticks, all within, and labels that differ", "[train][plot]") {
  for (const auto scale : {svg::Scale::plain, svg::Scale::whole, svg::Scale::log})
    for (const bool round : {true, false})
      for (const auto& values : extremes) {
        if (scale == svg::Scale::log && !values.empty() && std::abs(values[0]) > 400) continue;  // no logarithm
        svg::Axis axis{.scale = scale};
        for (const double v : values) axis.take(v);
        axis.finish(round);
        INFO(axis.low << " to " << axis.high << ", " << axis.ticks.size() << " ticks");
        CHECK(axis.low < axis.high);
        CHECK(axis.ticks.size() >= 1);
        CHECK(axis.ticks.size() <= 12);
        for (std::size_t i = 0; i < axis.ticks.size(); ++i) {
          CHECK(axis.place(axis.ticks[i]) > -1e-6);
          CHECK(axis.place(axis.ticks[i]) < 1 + 1e-6);
          if (i) CHECK(axis.text(axis.ticks[i]) != axis.text(axis.ticks[i - 1]));
        }
        for (const double v : values)
          if (std::isfinite(v)) CHECK((axis.place(v) >= 0 && axis.place(v) <= 1));
      }
}

TEST_CASE("whole numbers have whole ticks", "[train][plot]") {
  const auto ticks = [](const std::vector<double>& values) {
    svg::Axis axis{.scale = svg::Scale::whole};
    for (const double v : values) axis.take(v);
    axis.finish();
    std::vector<std::string> texts;
    for (const double t : axis.ticks) texts.push_back(axis.text(t));
    return texts;
  };
  CHECK(ticks({1, 2, 3}) == std::vector<std::string>{"1", "2", "3"});
  CHECK(ticks({1}) == std::vector<std::string>{"0", "1", "2"});
  CHECK(ticks({1, 12}) == std::vector<std::string>{"0", "5", "10", "15"});
  CHECK(ticks({0, 100000}) == std::vector<std::string>{"0", "20000", "40000", "60000", "80000", "100000"});
  CHECK(ticks({0.5, 1}) == std::vector<std::string>{"0.5", "0.6", "0.7", "0.8", "0.9", "1"});
  const std::string epochs = train::line_plot({{"t", "epoch", "", {{"", {1, 2}, {0.5, 0.25}}}}});
  CHECK(epochs.find(">1.5<") == std::string::npos);
}

TEST_CASE("curves over extreme numbers are drawings", "[train][plot]") {
  for (const auto& x : extremes)
    for (const auto& y : extremes)
      for (const bool log_x : {false, true})
        for (const bool log_y : {false, true})
          for (const bool line : {false, true}) {
            const std::size_t n = std::min(x.size(), y.size());
            good(train::line_plot({{"t", "x", "y", {{"s", first_of(x, n), first_of(y, n), line}}, log_y, log_x}}));
          }
  for (const train::Interval range : {train::Interval{1, 2}, {least, largest}, {1, std::nextafter(1, 2)}})
    for (const auto& y : extremes)
      for (const bool log : {false, true}) good(train::line_plot({{"t", "x", "y", {{"s", y, y}}, log, log, range}}));
}

TEST_CASE("a drawing stays small however many points and names there are", "[train][plot]") {
  train::Series many{"noise", {}, {}};
  for (int i = 0; i < 200000; ++i) {
    many.x.push_back(i);
    many.y.push_back(i * 7919 % 104729);
  }
  good(train::line_plot({{"t", "x", "y", {many}}}), 100000);
  const std::vector<train::Series> crowd(100, {std::string(50, 'n') + "ame", {1}, {1}});
  const std::string svg = train::line_plot({{std::string(5000, 't'), "x", "y", crowd}});
  good(svg, 60000);
  CHECK(svg.find(" more<") != std::string::npos);
  good(train::field_sheet({{.title = std::string(5000, 't'), .values = ones({2, 2}), .marks = crowd}}), 60000);
}

TEST_CASE("names of any bytes are drawings", "[train][plot]") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& name :
       {all, std::string("caf\xe9"), std::string("\xed\xa0\x80\xef\xbf\xbf\xc0\xaf\xf5\x80\x80\x80")}) {
    const std::string svg = train::line_plot({{name, name, name, {{name, {1}, {1}}}}});
    good(svg);
    CHECK(svg.find('\xe9') == std::string::npos);
  }
  CHECK(svg::escape("caf\xc3\xa9 \xf0\x9f\x99\x82") == "caf\xc3\xa9 \xf0\x9f\x99\x82");
  CHECK(svg::escape("a\xff"
                    "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(svg::cut("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 36) == "\xc3\xa9\xc3\xa9...");
}

TEST_CASE("fields over extreme numbers are drawings or refused", "[train][field]") {
  for (const auto& values : extremes)
    for (const auto colours : {train::Colours::diverging, train::Colours::sequential}) {
      train::Field f{
          .values = tensor(values, {1, static_cast<Index>(values.size())}), .colours = colours, .scale = "s"};
      bool finite = !values.empty();
      for (const double v : values) finite &= std::isfinite(v);
      if (!finite) {
        CHECK_THROWS_AS(train::field_sheet({f}), Error);
        continue;
      }
      f.levels = {0, 1.1, values[0], largest, least};
      good(train::field_sheet({f}));
      f.values = concat(std::vector<Tensor>{f.values, flip(f.values, {1}) / 2}, 0);
      good(train::field_sheet({f}));
    }
  for (const auto& x : extremes)
    for (const auto& y : extremes)
      for (const train::Interval edges :
           {train::Interval{}, {-1, 1}, {0, largest}, {0, least}, {1, std::nextafter(1, 2)}}) {
        const std::size_t n = std::min(x.size(), y.size());
        good(train::field_sheet(
            {{.values = ones({2, 2}), .x = edges, .y = edges, .marks = {{"m", first_of(x, n), first_of(y, n)}}}}));
      }
}

TEST_CASE("confusion matrices, images and schedules of extreme numbers are drawings", "[train][plot]") {
  constexpr Index most = std::numeric_limits<Index>::max();
  for (const Index n : {1, 2, 16, 50})
    for (const Index count : {Index{0}, Index{1}, most})
      good(train::confusion_plot(full({n, n}, count, DType::i64)), 500000);
  good(train::confusion_plot(reshape(tensor<Index>({most, 1, 0, most}), {2, 2}),
                             {.classes = {std::string(9999, 'x'), ""}}));
  for (const auto& values : extremes)
    for (const double v : values) {
      if (!std::isfinite(v)) CHECK_THROWS_AS(train::image_sheet({{full({1, 1}, v, DType::f64), {}}}), ValueError);
      else good(train::image_sheet({{full({1, 1}, v, DType::f64), {join(v)}}}));
      if (!(v >= 0) || v == infinity) continue;
      optim::SGD o({leaf(zeros({1}))}, {.lr = v, .momentum = 0.9});
      good(train::schedule_plot(optim::ExponentialLR(o, {.gamma = 0.5}), 30));
      good(train::schedule_plot(optim::OneCycleLR(o, {.max_lr = std::max(v, 1e-300), .total_steps = 30}), 30));
    }
  for (const auto& y : extremes) {
    train::LrRangeTestResult result;
    for (std::size_t i = 0; i < y.size(); ++i) result.lr.push_back(std::pow(10, static_cast<double>(i)));
    result.loss = result.smoothed = y;
    good(train::line_plot({train::lr_range_panel(result)}));
  }
}

TEST_CASE("every drawing has its colours for dark screens", "[train][plot]") {
  const Tensor image = ones({2, 2});
  const std::string drawings[] = {
      train::line_plot({{"t", "x", "y", {{"s", {1, 2}, {1, 2}}, {"m", {1}, {1}, false, train::Mark::cross}}}}),
      train::field_sheet({{.values = image, .levels = {1}, .marks = {{"m", {1}, {1}, false, train::Mark::ring}}}}),
      train::confusion_plot(zeros({2, 2}, DType::i64)), train::image_sheet({{image, {"c"}}}), MemoryTimeline().svg()};
  for (const std::string& drawing : drawings) {
    const auto style = drawing.find("@media (prefers-color-scheme: dark)"), end = drawing.find("</style>");
    REQUIRE(style < end);
    const std::string rules = drawing.substr(style, end - style);
    INFO(rules);
    for (const char* attribute : {"fill", "stroke"})  // each colour that is used is turned
      for (auto at = drawing.find(join(' ', attribute, "=\"")); at != std::string::npos;
           at = drawing.find(join(' ', attribute, "=\""), at + 1)) {
        const std::string used = drawing.substr(at + 1, drawing.find('"', at + 3 + std::string(attribute).size()) - at);
        if (used.find("none") == std::string::npos) CHECK(rules.find("[" + used + "]{") != std::string::npos);
      }
  }
  CHECK(drawings[1].find(".day{display:none}") != std::string::npos);
  CHECK(drawings[3].find(".day{display:none}") == std::string::npos);  // an image stays what it is
}

TEST_CASE("every committed drawing is well formed and has its colours for dark screens", "[train][plot]") {
  std::size_t drawings = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GRADUS_SOURCE_DIR "/docs")) {
    if (entry.path().extension() != ".svg") continue;
    ++drawings;
    std::ifstream in(entry.path());
    const std::string svg(std::istreambuf_iterator<char>(in), {});
    INFO(entry.path().string());
    CHECK(svg_fault(svg) == "");
    CHECK(svg.find("prefers-color-scheme: dark") != std::string::npos);
  }
  CHECK(drawings > 10);
}
