#include <gradus/autograd/picture/svg.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/views.hpp>
#include <gradus/train/image.hpp>

#include <png.h>

#include <algorithm>
#include <cmath>

namespace gradus::train {
namespace {

/// [h, w, c] as bytes.
std::vector<std::uint8_t> to_bytes(const Tensor& pixels) {
  if (pixels.dtype() == DType::u8) return pixels.to_vector<std::uint8_t>();
  if (pixels.dtype() == DType::i64) fail<DTypeError>("png: needs u8, bool, f32 or f64: got i64");
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(pixels.numel()));
  for (const double v : pixels.to_vector<double>()) {
    if (!std::isfinite(v)) fail<ValueError>("png: a value is not finite: got ", v);
    bytes.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(v, 0.0, 1.0))));
  }
  return bytes;
}

}  // namespace

std::string png(const Tensor& image) {
  const Tensor planes = image.rank() == 2 ? unsqueeze(image, 0) : image;
  const Index c = planes.rank() == 3 ? planes.size(0) : 0;
  if (c != 1 && c != 3 && c != 4) fail<ShapeError>("png: needs [h, w] or [1, 3 or 4, h, w]: got ", image.shape());
  if (image.numel() == 0) fail<ValueError>("png: the image has no pixels: ", image.shape());
  const std::vector<std::uint8_t> bytes = to_bytes(permute(planes, {1, 2, 0}));

  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(planes.size(2));
  header.height = static_cast<png_uint_32>(planes.size(1));
  header.format = c == 1 ? PNG_FORMAT_GRAY : c == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  std::string out;
  png_alloc_size_t size = 0;
  if (planes.size(1) <= PNG_UINT_31_MAX && planes.size(2) <= PNG_UINT_31_MAX) size = PNG_IMAGE_PNG_SIZE_MAX(header);
  out.resize(size);
  if (size == 0 || !png_image_write_to_memory(&header, out.data(), &size, 0, bytes.data(), 0, nullptr))
    fail<ValueError>("png: the image cannot be written: ", image.shape(), ": ", std::string_view(header.message));
  out.resize(size);
  return out;
}
void save_png(const std::filesystem::path& path, const Tensor& image) { io::write_file_atomically(path, png(image)); }

Tensor image_grid(const Tensor& images, ImageGridOptions options) {
  if (images.rank() != 4) fail<ShapeError>("image_grid: needs images [n, c, h, w]: got ", images.shape());
  const Index n = images.size(0), c = images.size(1), h = images.size(2), w = images.size(3), gap = options.padding;
  if (n == 0) fail<ValueError>("image_grid: there are no images: ", images.shape());
  if (options.columns < 0) fail<ValueError>("image_grid: columns must be at least 0: got ", options.columns);
  if (gap < 0 || gap > 4096) fail<ValueError>("image_grid: padding must lie in [0, 4096]: got ", gap);
  if (!(options.background >= 0 && options.background <= 1))
    fail<ValueError>("image_grid: background must lie in [0, 1]: got ", options.background);
  const Index wanted = options.columns ? options.columns : std::lround(std::ceil(std::sqrt(static_cast<double>(n))));
  const Index columns = std::min(n, wanted), rows = (n + columns - 1) / columns;
  Tensor grid = empty({c, rows * (h + gap) + gap, columns * (w + gap) + gap}, images.dtype());
  const bool whole = !is_floating(images.dtype());
  grid.fill(whole ? Scalar(std::lround((images.dtype() == DType::u8 ? 255 : 1) * options.background))
                  : Scalar(options.background));
  for (Index i = 0; i < n; ++i) {
    const Index y = gap + i / columns * (h + gap), x = gap + i % columns * (w + gap);
    slice(slice(grid, 1, y, y + h), 2, x, x + w).copy_from(images[i]);
  }
  return grid;
}

std::string image_sheet(const std::vector<CaptionedImage>& images, const ImageSheetOptions& options) {
  if (options.columns < 1) fail<ValueError>("image_sheet: columns must be at least 1: got ", options.columns);
  if (!(options.size > 0 && options.size <= 4096))
    fail<ValueError>("image_sheet: size must lie in (0, 4096]: got ", options.size);
  constexpr double gap = 14, line_height = 14;
  std::size_t lines = 0;
  double longest = 0;
  for (const CaptionedImage& i : images) {
    lines = std::max(lines, i.lines.size());
    for (const std::string& line : i.lines) longest = std::max(longest, svg::width_of(line));
  }
  const Index count = static_cast<Index>(images.size()), columns = std::min(std::max<Index>(count, 1), options.columns);
  const double top = options.title.empty() ? gap : 40, step_x = std::max(options.size, longest) + gap,
               step_y = options.size + static_cast<double>(lines) * line_height + 2 * gap;
  std::string body = svg::text(gap, 24, options.title, "font-size=\"15\" font-weight=\"600\"");
  for (Index i = 0; i < count; ++i) {
    const CaptionedImage& tile = images[static_cast<std::size_t>(i)];
    const std::string bytes = png(tile.image);
    const Index row = i / columns, column = i % columns;
    const double x = gap + static_cast<double>(column) * step_x, y = top + static_cast<double>(row) * step_y;
    const double height = static_cast<double>(tile.image.size(-2)), width = static_cast<double>(tile.image.size(-1)),
                 scale = options.size / std::max(height, width);
    body += svg::bitmap(x, y, width * scale, height * scale, bytes);
    for (std::size_t k = 0; k < tile.lines.size(); ++k)
      body += svg::text(x, y + options.size + line_height * static_cast<double>(k + 1), tile.lines[k], "");
  }
  const Index rows = (count + columns - 1) / columns;
  const double title_width = svg::width_of(options.title, 16);
  return svg::document(gap + std::max(static_cast<double>(columns) * step_x, title_width),
                       top + static_cast<double>(rows) * step_y, body);
}
void save_image_sheet(const std::filesystem::path& path, const std::vector<CaptionedImage>& images,
                      const ImageSheetOptions& options) {
  io::write_file_atomically(path, image_sheet(images, options));
}

}  // namespace gradus::train
