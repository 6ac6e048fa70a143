#include <gradus/data/bundled.hpp>
#include <gradus/tensor/error.hpp>

#include <cstdlib>
#include <string>
#include <vector>

namespace gradus::data::detail {

std::filesystem::path bundled(const char* name) {
  const std::string file = std::string(name) + ".csv.gz";
  std::vector<std::filesystem::path> places;
  if (const char* folder = std::getenv("GRADUS_DATA")) places.emplace_back(folder);
  places.emplace_back(GRADUS_DATA_DIR);
  places.emplace_back(GRADUS_INSTALLED_DATA_DIR);
  for (const auto& place : places)
    if (const auto path = place / name / file; std::filesystem::exists(path)) return path;
  fail<IoError>(name, ": ", file, " was not found: it comes with the library, in data/", name,
                " — set GRADUS_DATA to that data folder");
}

}  // namespace gradus::data::detail
