// How a point of a drawing looks.
#pragma once

namespace gradus::svg {

enum class Mark {
  dot,   ///< in the colour of its series
  ring,  ///< in ink, as for a start
  cross  ///< in ink, as for a minimum
};

}  // namespace gradus::svg
