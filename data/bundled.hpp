// Private to data: the data files that come with the library.
#pragma once
#include <filesystem>

namespace gradus::data::detail {

/// The bundled data/NAME/NAME.csv.gz, in $GRADUS_DATA, the source tree or where the library was installed. Throws IoError.
std::filesystem::path bundled(const char* name);

}  // namespace gradus::data::detail
