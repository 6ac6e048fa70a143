// Numbers over a plane as colours and contour lines: a probability, a loss, a matrix; with points and paths on top. SVG files.
#pragma once
#include <gradus/tensor/tensor.hpp>
#include <gradus/train/plot.hpp>

namespace gradus::train {

enum class Colours {
  diverging,  ///< blue, white in the middle, red
  sequential  ///< white to dark blue
};
struct Field {
  std::string title = {};
  Tensor values = {};       ///< [rows, columns] in f32 or f64, all finite; row 0 is at the top
  Interval x = {}, y = {};  ///< what the edges stand for; left empty: columns and rows, counted from the top left
  Interval range = {};      ///< ends of the colour scale, which stays beyond them; left empty: from the values
  Colours colours = Colours::diverging;
  std::string scale = {};           ///< what the colours show; if given, a bar below explains them
  std::vector<double> levels = {};  ///< values at which to draw contour lines
  std::vector<Series> marks =
      {};  ///< points and paths, in the coordinates of the edges and cut off there; names go into a
           ///< legend below
};
struct FieldSheetOptions {
  std::string title = {};
  Index columns = 3;
  double size = 240;  ///< of a field's longer side
};
/// Fields in rows, like the frames of a film; what several show alike is in the file once, what the legends of all say is said once.
/// Throws ShapeError, DTypeError, and ValueError for values that are not finite or
/// an interval that does not ascend.
std::string field_sheet(const std::vector<Field>& fields, const FieldSheetOptions& options = {});
/// The same into a file, replaced whole. Throws IoError as well.
void save_field_sheet(const std::filesystem::path& path, const std::vector<Field>& fields,
                      const FieldSheetOptions& options = {});

}  // namespace gradus::train
