#include <gradus/tensor/error.hpp>
#include <gradus/tensor/io/safetensors_header.hpp>

#include <nlohmann/json.hpp>

#include <string_view>

namespace gradus::io {
namespace {
using nlohmann::json;

/// Follows the events of the JSON parser: no tree is built, and a key that occurs twice is seen (a tree would keep the
/// last one silently).
class HeaderReader final : public json::json_sax_t {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}
  SafetensorsHeader header;

  bool start_object(std::size_t) override {
    if (skip_open()) return true;
    if (at_ == At::start) at_ = At::top;
    else if (at_ == At::top) at_ = name_ == "__metadata__" ? At::metadata : At::entry;
    else wrong("an object");
    return true;
  }
  bool end_object() override {
    if (skip_close()) return true;
    if (at_ == At::entry) check_complete();
    at_ = at_ == At::top ? At::start : At::top;
    return true;
  }
  bool key(std::string& name) override {
    if (skip_depth_ > 0) return true;
    if (at_ == At::top) {
      const bool is_new =
          name == "__metadata__" ? !std::exchange(has_metadata_, true) : header.tensors.try_emplace(name).second;
      if (!is_new) bad("a name occurs twice", "'", name, "'");
      name_ = name;
    } else if (at_ == At::metadata) {
      if (!header.metadata.try_emplace(name).second) bad("a key of __metadata__ occurs twice", "'", name, "'");
      field_ = name;
    } else {
      TensorEntry& e = entry();
      const bool twice =
          (name == "dtype" && e.dtype) || (name == "shape" && e.shape) || (name == "data_offsets" && e.offsets);
      if (twice) bad("a field occurs twice", "field ", name, " of tensor '", name_, "'");
      field_ = name;
      if (name != "dtype" && name != "shape" && name != "data_offsets") skipping_ = true;  // allowed, without meaning
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (skip_open()) return true;
    if (at_ != At::entry || field_ == "dtype") wrong("an array");
    at_ = At::list;
    (field_ == "shape" ? entry().shape : entry().offsets).emplace();
    return true;
  }
  bool end_array() override {
    if (skip_close()) return true;
    at_ = At::entry;
    if (field_ == "data_offsets" && entry().offsets->size() != 2)
      bad("wrong number of data_offsets", "tensor '", name_, "', expected 2, found ", entry().offsets->size());
    return true;
  }
  bool string(std::string& text) override {
    if (skip_scalar()) return true;
    if (at_ == At::metadata) header.metadata[field_] = text;
    else if (at_ == At::entry && field_ == "dtype") entry().dtype = text;
    else wrong("a string");
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (skip_scalar()) return true;
    if (at_ != At::list) wrong("a number");
    (field_ == "shape" ? entry().shape : entry().offsets)->push_back(value);
    return true;
  }
  bool number_integer(std::int64_t value) override { return other(join("the number ", value)); }
  bool number_float(double, const std::string& text) override { return other("the number " + text); }
  bool boolean(bool value) override { return other(value ? "true" : "false"); }
  bool null() override { return other("null"); }
  bool binary(json::binary_t&) override { return other("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
    const std::string_view text = error.what();
    bad("the header is not JSON", "byte ", position, " of the header, ",
        text.substr(std::min(text.find("] ") + 2, text.size())));
  }

 private:
  enum class At { start, top, metadata, entry, list };

  template <class... Parts>
  [[noreturn]] void bad(const char* what, const Parts&... parts) const {
    fail<FormatError>("safetensors: ", what, ": ", join(parts...), ": ", file_);
  }
  [[noreturn]] void wrong(const std::string& found) const {
    switch (at_) {
      case At::start: bad("the header is not an object", "found ", found);
      case At::top: bad("a tensor is not an object", "'", name_, "', found ", found);
      case At::metadata: bad("a value of __metadata__ is not a string", "key '", field_, "', found ", found);
      default: bad("a field has the wrong type", "field ", field_, " of tensor '", name_, "', found ", found);
    }
  }
  bool other(const std::string& what) {
    if (!skip_scalar()) wrong(what);
    return true;
  }
  TensorEntry& entry() { return header.tensors.find(name_)->second; }
  void check_complete() {
    const TensorEntry& e = entry();
    const char* missing = !e.dtype ? "dtype" : !e.shape ? "shape" : !e.offsets ? "data_offsets" : nullptr;
    if (missing) bad("a field is missing", "field ", missing, " of tensor '", name_, "'");
  }

  // The value of an unknown field, however nested, is passed over.
  bool skip_open() {
    skip_depth_ += skipping_;
    return skipping_;
  }
  bool skip_close() {
    if (!skipping_) return false;
    skipping_ = --skip_depth_ > 0;
    return true;
  }
  bool skip_scalar() {
    if (!skipping_) return false;
    skipping_ = skip_depth_ > 0;
    return true;
  }

  const std::string& file_;
  At at_ = At::start;
  std::string name_, field_;
  bool has_metadata_ = false, skipping_ = false;
  std::size_t skip_depth_ = 0;
};
}  // namespace

SafetensorsHeader parse_safetensors_header(const std::string& text, const std::string& file) {
  // The parser takes a null byte for the end of the text and skips a byte order mark; the format allows neither.
  if (const auto null = text.find('\0'); null != std::string::npos)
    fail<FormatError>("safetensors: the header holds a null byte: byte ", null, " of the header: ", file);
  if (const auto first = text.find_first_not_of(" \t\r\n"); first == std::string::npos || text[first] != '{')
    fail<FormatError>("safetensors: the header is not an object: expected {: ", file);
  HeaderReader reader(file);
  json::sax_parse(text, &reader);
  return std::move(reader.header);
}

std::string json_string(const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::type_error&) {
    fail<ValueError>("safetensors: a name or text is not UTF-8: ",
                     json(text).dump(-1, ' ', true, json::error_handler_t::replace));
  }
}

}  // namespace gradus::io
