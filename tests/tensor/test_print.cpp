#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/tensor.hpp>
#include <gradus/tensor/views.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <sstream>

using namespace gradus;

namespace {
template <class T>
Tensor from_json(const nlohmann::json& values, const Shape& shape) {
  Tensor t(shape, dtype_of<T>());
  T* out = t.write<T>();
  for (const auto& v : values) {
    if (!v.is_string()) *out = v.get<T>();
    else if constexpr (std::is_floating_point_v<T>)
      *out =
          v == "nan" ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::infinity() * (v == "inf" ? 1 : -1);
    ++out;
  }
  return t;
}
Shape shape_of(const nlohmann::json& extents) {
  Shape shape;
  for (const auto& n : extents) shape.push_back(n.get<Index>());
  return shape;
}
}  // namespace

TEST_CASE("tensors print as NumPy prints arrays", "[tensor][print]") {
  const auto cases = nlohmann::json::parse(io::read_file(GRADUS_SOURCE_DIR "/tests/golden/printing.json"));
  REQUIRE(cases.size() >= 60);
  for (const auto& c : cases) {
    const std::string dtype = c["dtype"];
    Tensor t;
    for (const DType d : {DType::boolean, DType::u8, DType::i64, DType::f32, DType::f64})
      if (dtype == name(d)) t = dispatch(d, [&]<class T>() { return from_json<T>(c["values"], shape_of(c["shape"])); });
    REQUIRE(t.defined());
    if (!c["permute"].is_null()) t = permute(t, shape_of(c["permute"]));
    INFO(dtype << " " << c["shape"]);
    CHECK(to_string(t) == c["text"].get<std::string>());
  }
}

TEST_CASE("the stream operator writes the same text as to_string", "[tensor][print]") {
  std::ostringstream out;
  out << tensor({{1.f, 2.5f}, {3.f, 4.f}});
  CHECK(out.str() == "[[1.  2.5]\n [3.  4. ]]");
}

TEST_CASE("a tensor that is not defined prints instead of crashing", "[tensor][print]") {
  CHECK(to_string(Tensor()) == "undefined");
}

TEST_CASE("an expanded tensor prints each element it shows", "[tensor][print]") {
  CHECK(to_string(expand(tensor({1.5, 2.}), {2, 2})) == "[[1.5 2. ]\n [1.5 2. ]]");
}
