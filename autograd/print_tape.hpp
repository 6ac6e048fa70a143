// The tape, listed.
#pragma once
#include <gradus/autograd/profiler.hpp>

#include <string>

namespace gradus {

/// One recorded operation (or leaf) that a value depends on.
struct TapeEntry {
  std::uint64_t number;  ///< place on the tape
  std::string op, module;
  Shape shape;
  DType dtype;
  std::vector<std::uint64_t> inputs;  ///< numbers of the nodes that its gradient goes to
  std::vector<KeptValue> kept;        ///< values that it keeps alive for its rules
  std::size_t kept_bytes;             ///< their storage, each storage counted where it is first kept
  std::vector<std::uint64_t> shared;  ///< later nodes that keep one of the same storages, which count it
  Profiler::Times times{};            ///< if a profiler was given
};
/// Everything that y was computed from, newest first.
std::vector<TapeEntry> tape(const Variable& y, const Profiler* profiler = nullptr);
/// The same as a table: number, op, result, the nodes its gradient goes to with their shapes, what it keeps (and with
/// whom), module, and with a profiler the times in microseconds; totals in the last line.
std::string print_tape(const Variable& y, const Profiler* profiler = nullptr);

}  // namespace gradus
