// The tape, listed.
#pragma once
#include <gradus/autograd/variable.hpp>

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
};
/// Everything that y was computed from, newest first.
std::vector<TapeEntry> tape(const Variable& y);
/// The same as a table: number, op, result, inputs, bytes kept, module.
std::string print_tape(const Variable& y);

}  // namespace gradus
