#include <gradus/data/csv.hpp>
#include <gradus/data/csv_fields.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace gradus::data {
namespace {

using detail::CsvFields, detail::CsvNumber;

/// Numbers whose count is not known beforehand, in blocks that are freed as they are read again: a vector would need three
/// times their memory.
class Numbers {
 public:
  void add(double v) {
    if (used_ == capacity_) {
      capacity_ = blocks_.empty() ? std::size_t{1} << 12 : std::min(2 * capacity_, std::size_t{1} << 22);
      blocks_.push_back({capacity_, std::make_unique_for_overwrite<double[]>(capacity_)});
      used_ = 0;
    }
    blocks_.back().numbers[used_++] = v;
  }
  template <class Use>
  void drain(Use use) {
    for (Block& b : blocks_) {
      const std::size_t n = &b == &blocks_.back() ? used_ : b.size;
      for (std::size_t i = 0; i < n; ++i) use(b.numbers[i]);
      b.numbers.reset();
    }
  }

 private:
  struct Block {
    std::size_t size;
    std::unique_ptr<double[]> numbers;
  };
  std::vector<Block> blocks_{};
  std::size_t capacity_ = 0, used_ = 0;
};

struct Column {
  enum class Kind { open, numbers, texts };
  std::string name;
  std::vector<std::size_t> slots = {};  // places in a row of the result, the last one for the label; none: passed over
  Kind kind = Kind::open;
  bool listed = false, closed = false;            // in the options; with its categories
  std::map<std::string, double> categories = {};  // numbered as they come, or as given
};

class Reader {
 public:
  Reader(const std::filesystem::path& path, const CsvOptions& options)
      : o_(options), in_(path, options.separator, options.max_bytes) {
    if (!o_.header && o_.names.empty()) {
      if (!o_.columns.empty() || !o_.label.empty() || !o_.categories.empty())
        fail<ValueError>("csv: columns are chosen by name, and there are no names — set header or names");
      return;
    }
    for (const std::string& name : o_.names) add_column(name);
    if (o_.header) read_header();
    width_ = static_cast<Index>(columns_.size());
    choose();
  }

  CsvTable read() {
    Index blank = 0;  // lines
    while (in_.next()) {
      if (in_.blank()) {
        ++blank;
        continue;
      }
      const bool single = width_ == 1 || (width_ == 0 && in_.last);
      if (single && blank > 0) add_empty(blank);
      blank = 0;
      add_row();
    }
    if (rows_ == 0) in_.file().fail_format("no rows");
    return result();
  }

 private:
  bool named() const { return !columns_.empty(); }

  // ---- names

  void add_column(const std::string& name) {
    if (!places_.emplace(name, columns_.size()).second)
      in_.file().fail_format("two columns have the name \"", name, "\" — give others in names");
    columns_.push_back({.name = name});
  }
  void read_header() {
    do {
      if (!in_.next()) in_.file().fail_format("no rows");
    } while (in_.blank());
    Index count = 1;
    for (;; in_.next(), ++count) {
      if (o_.names.empty()) add_column(in_.text);
      if (in_.last) break;
    }
    if (count != static_cast<Index>(columns_.size()))
      in_.file().fail_format("the header has ", count, " fields, and there are ", columns_.size(), " names");
  }
  Column& find(const std::string& name) {
    if (const auto found = places_.find(name); found != places_.end()) return columns_[found->second];
    std::string there;
    for (const Column& c : columns_)
      if (there.size() < 200) there += (there.empty() ? "\"" : ", \"") + c.name + "\"";
    in_.file().fail_format("no column has the name \"", name, "\": there are ", there);
  }
  void choose() {
    std::vector<std::string> chosen = o_.columns;
    if (chosen.empty())
      for (const Column& c : columns_)
        if (o_.label.empty() || c.name != o_.label) chosen.push_back(c.name);
    for (const std::string& name : chosen) find(name).slots.push_back(slots_++);
    if (!o_.label.empty()) find(o_.label).slots.push_back(slots_++);
    row_.resize(slots_);
    names_ = std::move(chosen);
    for (const auto& [name, texts] : o_.categories) {
      if (!places_.contains(name)) continue;  // another table has it
      Column& c = find(name);
      c.kind = Column::Kind::texts;
      c.listed = true;
      c.closed = !texts.empty();
      for (const std::string& t : texts)
        if (!c.categories.emplace(t, static_cast<double>(c.categories.size())).second)
          fail<ValueError>("csv: a category of column \"", name, "\" is given twice: \"", t, "\"");
    }
  }

  // ---- rows

  double number(const CsvNumber& n) const {
    if (n.kind == CsvNumber::text)
      in_.fail_at("no number", rows_ == 0 && !named() ? "if the first row has names, set header" : "");
    if (n.kind != CsvNumber::number && !o_.allow_nonfinite)
      in_.fail_at(n.kind == CsvNumber::too_large ? "too large for a number" : "no number", "allow_nonfinite takes it");
    return n.value;
  }
  double value(Column& c) const {
    const CsvNumber n = detail::csv_number(in_.text);
    const bool unknown = c.listed ? in_.text.empty() : n.kind == CsvNumber::unknown;
    if (c.kind == Column::Kind::open && !unknown)
      c.kind = n.kind == CsvNumber::text ? Column::Kind::texts : Column::Kind::numbers;
    if (unknown || c.kind == Column::Kind::numbers) return number(n);
    if (c.closed && !c.categories.contains(in_.text)) in_.fail_at("no category of column \"" + c.name + "\"");
    return c.categories.emplace(in_.text, static_cast<double>(c.categories.size())).first->second;
  }
  void add_row() {
    const Index line = in_.line;
    Index count = 1;
    for (;; in_.next(), ++count) {
      if (!named() && (rows_ == 0 || count <= width_)) numbers_.add(number(detail::csv_number(in_.text)));
      if (named() && count <= width_) {
        Column& c = columns_[static_cast<std::size_t>(count - 1)];
        if (!c.slots.empty()) {
          const double v = value(c);
          for (const std::size_t slot : c.slots) row_[slot] = v;
        }
      }
      if (in_.last) break;
    }
    if (!named() && rows_ == 0) width_ = count;
    if (count != width_)
      in_.file().fail_format("row ", line, " has another length: expected ", width_, " fields, found ", count);
    for (const double v : row_) numbers_.add(v);
    ++rows_;
  }
  /// Blank lines before this one, in a table of one column.
  void add_empty(Index lines) {
    if (!o_.allow_nonfinite)
      in_.file().fail_format("no number at ", in_.line - lines, ":1: found \"\" — allow_nonfinite takes it");
    for (Index i = 0; i < lines; ++i)
      for (std::size_t k = 0; k < (named() ? slots_ : 1); ++k) numbers_.add(std::numeric_limits<double>::quiet_NaN());
    rows_ += lines;
    if (!named()) width_ = 1;
  }

  // ---- result

  CsvTable result() {
    const std::size_t wide = named() ? slots_ : static_cast<std::size_t>(width_),
                      columns = wide - (o_.label.empty() ? 0 : 1);
    CsvTable t{empty({rows_, static_cast<Index>(columns)}, DType::f64), std::move(names_)};
    std::vector<std::vector<double>> places(named() ? wide : 0);  // of texts by slot: from the order in which they came
    for (Column& c : columns_) {
      if (c.kind != Column::Kind::texts || c.slots.empty()) continue;
      auto& texts = t.categories[c.name];
      std::vector<double> place(c.categories.size());
      for (const auto& [text, came] : c.categories) {
        place[static_cast<std::size_t>(came)] = static_cast<double>(texts.size());
        texts.push_back(text);
      }
      if (c.closed) texts = o_.categories.at(c.name);
      else
        for (const std::size_t slot : c.slots) places[slot] = place;
    }
    Tensor labels = empty({columns < wide ? rows_ : 0}, DType::f64);
    double *value = t.values.write<double>(), *label = labels.write<double>();
    bool whole = true;
    std::size_t slot = 0;
    numbers_.drain([&](double v) {
      if (slot < places.size() && !places[slot].empty() && !std::isnan(v))
        v = places[slot][static_cast<std::size_t>(v)];
      if (slot < columns) {
        *value++ = v;
      } else {
        whole &= v == std::floor(v) && std::abs(v) <= 9007199254740992.0;
        *label++ = v;
      }
      slot = slot + 1 == wide ? 0 : slot + 1;
    });
    if (columns < wide) t.labels = whole ? to(labels, DType::i64) : labels;
    return t;
  }

  const CsvOptions& o_;
  CsvFields in_;
  std::vector<Column> columns_{};                // where there are names
  std::map<std::string, std::size_t> places_{};  // of columns by name
  std::vector<std::string> names_{};             // of those that are taken
  std::vector<double> row_{};
  Index width_ = 0, rows_ = 0;
  std::size_t slots_ = 0;
  Numbers numbers_{};
};

}  // namespace

CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options) { return Reader(path, options).read(); }

std::string csv_field(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string::npos && text.front() != ' ' &&
                     text.front() != '\t' && text.back() != ' ' && text.back() != '\t';
  if (plain) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}
std::string csv_field(double v) { return std::isnan(v) ? "nan" : join(v); }

}  // namespace gradus::data
