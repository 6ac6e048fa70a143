// Images for the eye: PNG files, grids, and sheets with captions.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>
#include <string>

namespace gradus::train {

/// The bytes of a PNG file: [h, w] or [1, h, w] in grey, [3, h, w] in colour, [4, h, w] with opacity. u8 is 0 ... 255,
/// floating point 0 ... 1 (cut to it), bool black and white. Throws ShapeError, DTypeError, and ValueError for an image
/// without pixels or a value that is not finite.
std::string png(const Tensor& image);
/// The same into a file, replaced whole. Throws IoError as well.
void save_png(const std::filesystem::path& path, const Tensor& image);

struct ImageGridOptions {
  Index columns = 0;      ///< 0: as many as make the grid about square
  Index padding = 2;      ///< pixels around each image
  double background = 1;  ///< 0 black ... 1 white
};
/// Images [n, c, h, w] side by side, row by row, as one [c, H, W] of the same dtype. Throws ShapeError, and ValueError for
/// no images.
Tensor image_grid(const Tensor& images, ImageGridOptions options = {});

struct CaptionedImage {
  Tensor image;                    ///< as for png()
  std::vector<std::string> lines;  ///< written below it
};
struct ImageSheetOptions {
  std::string title = {};
  Index columns = 6;
  double size = 96;  ///< of the longer side, in pixels of the sheet
};
/// Images in rows with their captions, as an SVG file that holds the images itself. Throws what png() throws.
std::string image_sheet(const std::vector<CaptionedImage>& images, const ImageSheetOptions& options = {});
void save_image_sheet(const std::filesystem::path& path, const std::vector<CaptionedImage>& images,
                      const ImageSheetOptions& options = {});

}  // namespace gradus::train
