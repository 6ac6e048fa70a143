#include <gradus/autograd/picture/svg.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/softmax.hpp>
#include <gradus/train/confusion.hpp>
#include <gradus/train/metrics.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::train {
namespace {

/// The predicted class of each row.
std::vector<Index> predictions(const char* op, const Tensor& logits, const Tensor& labels) {
  detail::check_logits(op, logits, labels);
  if (logits.numel() == 0) return {};
  const auto best = max(logits, 1);  // the first NaN if there is one
  const auto values = best.values.to_vector<double>();
  for (std::size_t r = 0; r < values.size(); ++r)
    if (std::isnan(values[r])) fail<ValueError>(op, ": row ", r, " of the logits has NaN and predicts nothing");
  return best.indices.to_vector<Index>();
}

/// A cell: nothing at 0, the colour at 1. The root makes few mistakes visible beside many right answers.
std::string cell_of(bool right, double share, double x, double y, double size) {
  const double opacity = right ? share : std::sqrt(share);
  return svg::rectangle(
      x, y, size, size,
      share > 0 ? join(svg::colour(right ? 0 : 1), "\" fill-opacity=\"", svg::number(opacity, 3)) : svg::blank);
}

std::string count_text(Index count) {
  return count < 1'000'000 ? join(count) : svg::short_number(static_cast<double>(count), 2);
}

}  // namespace

Tensor confusion_matrix(const Tensor& logits, const Tensor& labels) {
  const auto said = predictions("confusion_matrix", logits, labels);
  const auto truth = labels.to_vector<Index>();
  const Index classes = logits.size(1);
  Tensor counts = zeros({classes, classes}, DType::i64);
  Index* out = counts.write<Index>();
  for (std::size_t r = 0; r < said.size(); ++r) ++out[truth[r] * classes + said[r]];
  return counts;
}

std::vector<Mistake> surest_mistakes(const Tensor& logits, const Tensor& labels, Index limit) {
  if (limit < 0) fail<ValueError>("surest_mistakes: limit must be at least 0: got ", limit);
  const auto said = predictions("surest_mistakes", logits, labels);
  const auto truth = labels.to_vector<Index>();
  const auto shares = softmax(logits, 1).to_vector<double>();
  std::vector<Mistake> all;
  for (std::size_t r = 0; r < said.size(); ++r)
    if (said[r] != truth[r])
      all.push_back({static_cast<Index>(r), truth[r], said[r],
                     shares[r * static_cast<std::size_t>(logits.size(1)) + static_cast<std::size_t>(said[r])]});
  const auto surer = [](const Mistake& a, const Mistake& b) { return a.confidence > b.confidence; };
  std::stable_sort(all.begin(), all.end(), surer);
  if (static_cast<Index>(all.size()) > limit) all.resize(static_cast<std::size_t>(limit));
  return all;
}

std::string confusion_plot(const Tensor& counts, const ConfusionPlotOptions& options) {
  if (counts.rank() != 2 || counts.size(0) != counts.size(1) || counts.numel() == 0)
    fail<ShapeError>("confusion plot: needs counts [classes, classes]: got ", counts.shape());
  if (counts.dtype() != DType::i64) fail<DTypeError>("confusion plot: counts must be i64: got ", counts.dtype());
  const auto n = static_cast<std::size_t>(counts.size(0));
  std::vector<std::string> names = options.classes;
  if (names.empty())
    for (std::size_t i = 0; i < n; ++i) names.push_back(join(i));
  if (names.size() != n)
    fail<ValueError>("confusion plot: the names do not fit: ", names.size(), " names, ", n, " classes");
  const auto values = counts.to_vector<Index>();
  double names_width = 0;
  for (std::string& name : names) {
    name = svg::cut(name, 200);
    names_width = std::max(names_width, svg::width_of(name));
  }

  const double cell = n <= 15   ? 46
                      : n <= 40 ? 24
                                : 8,
               left = 44 + names_width, top = 66 + 0.72 * names_width, side = cell * static_cast<double>(n);
  const auto place = [&](std::size_t i) { return cell * static_cast<double>(i); };
  std::string body = svg::text(14, 24, options.title, "font-size=\"15\" font-weight=\"600\"");
  body += svg::text(left, 46, "predicted", join("fill=\"", svg::quiet, "\""));
  body += svg::text(0, 0, "true",
                    join("transform=\"translate(18,", svg::number(top + side / 2),
                         ") rotate(-90)\" text-anchor=\"middle\" fill=\"", svg::quiet, "\""));
  for (std::size_t i = 0; i < n; ++i) {
    if (cell < 12) break;  // names and numbers would cover each other
    body += svg::text(left - 8, top + place(i) + cell / 2 + 4, names[i], "text-anchor=\"end\"");
    body += svg::text(0, 0, names[i],
                      "transform=\"translate(" + svg::number(left + place(i) + cell / 2 + 4) + "," +
                          svg::number(top - 8) + ") rotate(-45)\"");
  }
  for (std::size_t i = 0; i < n; ++i) {
    double total = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (values[i * n + j] < 0) fail<ValueError>("confusion plot: a count is negative: got ", values[i * n + j]);
      total += static_cast<double>(values[i * n + j]);
    }
    for (std::size_t j = 0; j < n; ++j) {
      const Index count = values[i * n + j];
      const double share = total > 0 ? static_cast<double>(count) / total : 0;
      body += cell_of(i == j, share, left + place(j), top + place(i), cell - 1);
      if (count && cell >= 24)
        body += svg::text(left + place(j) + cell / 2, top + place(i) + cell / 2 + 4, count_text(count),
                          join("text-anchor=\"middle\" font-size=\"", cell >= 40 ? 12 : 8, "\"",
                               share > (i == j ? 0.5 : 0.25) ? join(" fill=\"", svg::paper, "\"") : ""));
    }
  }
  // The last name leans out over the last column.
  return svg::document(
      std::max(left + side + std::max(14.0, 0.72 * names_width - cell / 2 + 14), 28 + svg::width_of(options.title, 16)),
      top + side + 14, body);
}
void save_confusion_matrix(const std::filesystem::path& path, const Tensor& counts,
                           const ConfusionPlotOptions& options) {
  io::write_file_atomically(path, confusion_plot(counts, options));
}

}  // namespace gradus::train
