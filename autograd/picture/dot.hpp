// The tape as text for Graphviz.
#pragma once
#include <gradus/autograd/profiler.hpp>

#include <string>

namespace gradus {

/// Everything that y was computed from, for `dot -Tsvg`: operations (number, op, result, and with a profiler their times)
/// in boxes nested like the modules that recorded them, leaves as ellipses beside what uses them; each edge is a value with
/// its shape and bytes. A constant y, or one whose tape was released, gives what is left: nothing, or y alone.
std::string to_dot(const Variable& y, const Profiler* profiler = nullptr);

}  // namespace gradus
