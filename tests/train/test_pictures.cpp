#include <gradus/autograd/picture/svg.hpp>
#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <png.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

/// A PNG's pixels as [h, w, c].
Tensor decode(const std::string& bytes, Index channels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, 0, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
  CHECK(image.format == formats[channels]);
  image.format = formats[channels];
  Tensor out({image.height, image.width, channels}, DType::u8);
  REQUIRE(png_image_finish_read(&image, nullptr, out.write<std::uint8_t>(), 0, nullptr));
  return out;
}
Tensor bytes_up_to(Index n, const Shape& shape) { return to(reshape(arange(n), shape), DType::u8); }
std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

}  // namespace

TEST_CASE("a PNG file holds the pixels of its tensor", "[train][image]") {
  const Tensor grey = bytes_up_to(6, {2, 3});
  CHECK(equal(decode(train::png(grey), 1), reshape(grey, {2, 3, 1})));
  CHECK(equal(decode(train::png(reshape(grey, {1, 2, 3})), 1), reshape(grey, {2, 3, 1})));
  for (const Index c : {3, 4}) {
    const Tensor colour = bytes_up_to(c * 6, {c, 2, 3});
    CHECK(equal(decode(train::png(colour), c), permute(colour, {1, 2, 0})));
    CHECK(equal(decode(train::png(transpose(colour)), c), permute(transpose(colour), {1, 2, 0})));
  }
  const Tensor shares = tensor({{0.0, 0.5, 1.0}, {-3.0, 7.0, 0.001}});
  const Tensor wanted = to(reshape(tensor({0, 128, 255, 0, 255, 0}), {2, 3, 1}), DType::u8);
  CHECK(equal(decode(train::png(shares), 1), wanted));
  CHECK(equal(decode(train::png(to(shares, DType::f32)), 1), wanted));
  CHECK(
      equal(decode(train::png(shares > 0.4), 1), to(reshape(tensor({0, 255, 255, 0, 255, 0}), {2, 3, 1}), DType::u8)));
  const ScratchFile file("");
  train::save_png(file.path, grey);
  std::ifstream in(file.path, std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == train::png(grey));
}

TEST_CASE("what is no image is refused", "[train][image]") {
  CHECK_THROWS_WITH(train::png(ones({2, 3, 4})), "png: needs [h, w] or [1, 3 or 4, h, w]: got [2, 3, 4]");
  CHECK_THROWS_AS(train::png(ones({3})), ShapeError);
  CHECK_THROWS_AS(train::png(ones({1, 1, 2, 2})), ShapeError);
  CHECK_THROWS_WITH(train::png(ones({3, 0, 4})), "png: the image has no pixels: [3, 0, 4]");
  CHECK_THROWS_WITH(train::png(ones({2, 2}, DType::i64)), "png: needs u8, bool, f32 or f64: got i64");
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    CHECK_THROWS_WITH(train::png(tensor({{0.5, bad}})), join("png: a value is not finite: got ", bad));
  CHECK_THROWS_AS(train::save_png("/nonexistent/a.png", ones({2, 2})), IoError);
}

TEST_CASE("a grid puts images side by side with gaps between", "[train][image]") {
  const Tensor images = reshape(arange(1, 6, 1, DType::f64), {5, 1, 1, 1}) / 10.0;
  const Tensor grid = train::image_grid(images, {.columns = 3, .padding = 1, .background = 0});
  const Tensor wanted = tensor({{0., 0., 0., 0., 0., 0., 0.},
                                {0., .1, 0., .2, 0., .3, 0.},
                                {0., 0., 0., 0., 0., 0., 0.},
                                {0., .4, 0., .5, 0., 0., 0.},
                                {0., 0., 0., 0., 0., 0., 0.}});
  CHECK(allclose(grid, reshape(wanted, {1, 5, 7})));
  CHECK(train::image_grid(ones({5, 3, 4, 2})).shape() == Shape{3, 2 * 6 + 2, 3 * 4 + 2});  // 3 columns by itself
  CHECK(train::image_grid(ones({2, 3, 4, 2}), {.columns = 9, .padding = 0}).shape() == Shape{3, 4, 4});
  const Tensor u8 = train::image_grid(zeros({1, 1, 1, 1}, DType::u8), {.padding = 1});
  CHECK(u8.dtype() == DType::u8);
  CHECK(u8.to_vector<Index>() == std::vector<Index>{255, 255, 255, 255, 0, 255, 255, 255, 255});
  CHECK_THROWS_WITH(train::image_grid(ones({0, 1, 2, 2})), "image_grid: there are no images: [0, 1, 2, 2]");
  CHECK_THROWS_AS(train::image_grid(ones({2, 2})), ShapeError);
  CHECK_THROWS_AS(train::image_grid(ones({1, 1, 2, 2}), {.padding = -1}), ValueError);
  CHECK_THROWS_AS(train::image_grid(ones({1, 1, 2, 2}), {.padding = to_end}), ValueError);
  CHECK_THROWS_AS(train::image_grid(ones({1, 1, 2, 2}), {.columns = -1}), ValueError);
  CHECK_THROWS_AS(train::image_grid(ones({1, 1, 2, 2}), {.background = std::nan("")}), ValueError);
}

TEST_CASE("a sheet holds its images and their captions", "[train][image]") {
  const Tensor image = bytes_up_to(4, {2, 2});
  const std::string sheet =
      train::image_sheet({{image, {"is <a>", "b"}}, {image, {}}, {image, {"c"}}}, {.title = "x & y", .columns = 2});
  CHECK(count(sheet, "<image ") == 3);
  CHECK(count(sheet, "href=\"data:image/png;base64," + svg::base64(train::png(image)) + "\"") == 3);
  CHECK(sheet.find("is &lt;a&gt;") != std::string::npos);
  CHECK(sheet.find("x &amp; y") != std::string::npos);
  CHECK(count(train::image_sheet({}), "<image ") == 0);
  CHECK_THROWS_AS(train::image_sheet({}, {.columns = 0}), ValueError);
  CHECK_THROWS_AS(train::image_sheet({}, {.size = std::nan("")}), ValueError);
  CHECK_THROWS_AS(train::image_sheet({}, {.size = 1e300}), ValueError);
  CHECK_THROWS_AS(train::image_sheet({{ones({5}), {}}}), ShapeError);
}

TEST_CASE("base64 follows the examples of RFC 4648", "[train][image]") {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : examples) CHECK(svg::base64(bytes) == text);
  CHECK(svg::escape("a\x01<b>&\n") == "a &lt;b&gt;&amp; ");
}

TEST_CASE("a confusion matrix counts labels against the largest logits", "[train][confusion]") {
  const Tensor logits = tensor({{2.0, 1.0, 0.0}, {0.0, 5.0, 5.0}, {0.0, 0.0, 1.0}, {9.0, 0.0, 1.0}});
  const Tensor labels = tensor<Index>({0, 1, 1, 2});
  const Tensor counts = train::confusion_matrix(logits, labels);
  CHECK(counts.dtype() == DType::i64);
  CHECK(equal(counts, reshape(tensor<Index>({1, 0, 0, 0, 1, 1, 1, 0, 0}), {3, 3})));
  CHECK(train::correct(logits, labels) == 2);  // the diagonal
  CHECK(equal(train::confusion_matrix(to(logits, DType::f32), labels), counts));
  CHECK(equal(train::confusion_matrix(empty({0, 2}), empty({0}, DType::i64)), zeros({2, 2}, DType::i64)));
  CHECK(equal(train::confusion_matrix(ones({4, 1}), zeros({4}, DType::i64)), full({1, 1}, 4, DType::i64)));
  const double infinite = HUGE_VAL;
  CHECK(equal(train::confusion_matrix(tensor({{-infinite, infinite}}), tensor<Index>({0})),
              reshape(tensor<Index>({0, 1, 0, 0}), {2, 2})));
}

TEST_CASE("nonsense instead of logits and labels is refused", "[train][confusion]") {
  const Tensor logits = ones({2, 3});
  CHECK_THROWS_WITH(train::confusion_matrix(logits, tensor<Index>({0, 3})),
                    "confusion_matrix: a label is out of range: label 3 in row 1, there are 3 classes");
  CHECK_THROWS_AS(train::confusion_matrix(logits, tensor<Index>({0, -1})), IndexError);
  CHECK_THROWS_AS(train::confusion_matrix(logits, tensor<Index>({0})), ShapeError);
  CHECK_THROWS_AS(train::confusion_matrix(ones({2}), tensor<Index>({0, 0})), ShapeError);
  CHECK_THROWS_AS(train::confusion_matrix(logits, ones({2})), DTypeError);
  CHECK_THROWS_AS(train::confusion_matrix(ones({2, 3}, DType::i64), tensor<Index>({0, 0})), DTypeError);
  CHECK_THROWS_WITH(train::confusion_matrix(tensor({{1.0, 2.0}, {0.0, std::nan("")}}), tensor<Index>({0, 0})),
                    "confusion_matrix: row 1 of the logits has NaN and predicts nothing");
}

TEST_CASE("the surest mistakes come first and right answers never", "[train][confusion]") {
  const Tensor logits = tensor({{0.0, 1.0}, {0.0, 9.0}, {3.0, 0.0}, {4.0, 0.0}, {0.0, 1.0}});
  const Tensor labels = tensor<Index>({0, 1, 1, 1, 0});
  const auto all = train::surest_mistakes(logits, labels, 10);
  REQUIRE(all.size() == 4);
  CHECK(all[0].row == 3);
  CHECK(all[0].label == 1);
  CHECK(all[0].predicted == 0);
  CHECK(all[0].confidence == Approx(1 / (1 + std::exp(-4.0))));
  CHECK(all[1].row == 2);
  CHECK(all[2].row == 0);  // equally sure: in order
  CHECK(all[3].row == 4);
  CHECK(train::surest_mistakes(logits, labels, 1).size() == 1);
  CHECK(train::surest_mistakes(logits, labels, 0).empty());
  CHECK(train::surest_mistakes(empty({0, 2}), empty({0}, DType::i64), 3).empty());
  CHECK_THROWS_AS(train::surest_mistakes(logits, labels, -1), ValueError);
}

TEST_CASE("a drawn confusion matrix shows names and counts", "[train][confusion]") {
  const Tensor counts = reshape(tensor<Index>({1234, 0, 7, 56}), {2, 2});
  const std::string svg = train::confusion_plot(counts, {.title = "t", .classes = {"a<b", "other"}});
  for (const char* text : {">1234<", ">7<", ">56<", ">other<", ">a&lt;b<", ">predicted<", ">true<"}) {
    INFO(text);
    CHECK(svg.find(text) != std::string::npos);
  }
  CHECK(svg.find(">0<") == std::string::npos);
  CHECK(count(svg, ">other<") == 2);
  CHECK(count(train::confusion_plot(counts), ">1<") == 2);  // numbers where there are no names
  CHECK(svg.find("nan") == std::string::npos);
  const std::string one = train::confusion_plot(zeros({1, 1}, DType::i64)),
                    many = train::confusion_plot(ones({60, 60}, DType::i64));
  CHECK(one.find("nan") == std::string::npos);
  CHECK(count(many, "<rect") == 1 + 3600);
  CHECK_THROWS_AS(train::confusion_plot(ones({2, 3}, DType::i64)), ShapeError);
  CHECK_THROWS_AS(train::confusion_plot(empty({0, 0}, DType::i64)), ShapeError);
  CHECK_THROWS_AS(train::confusion_plot(ones({2, 2})), DTypeError);
  CHECK_THROWS_WITH(train::confusion_plot(counts, {.classes = {"a"}}),
                    "confusion plot: the names do not fit: 1 names, 2 classes");
  CHECK_THROWS_WITH(train::confusion_plot(full({1, 1}, -3, DType::i64)), "confusion plot: a count is negative: got -3");
}

TEST_CASE("predictions are in the loader's order and leave the model as it was", "[train][metrics]") {
  nn::Sequential model(nn::Flatten(), nn::Dropout(0.5), nn::Linear(64, 10));
  data::DataLoader loader(data::digits(), {.batch_size = 500});
  const auto said = train::predict(model, loader);
  CHECK(said.logits.shape() == Shape{1797, 10});
  CHECK(equal(said.labels, data::digits().y()));
  CHECK(model.training());
  CHECK(train::accuracy(said.logits, said.labels) == train::evaluate(model, loader).accuracy);
}
