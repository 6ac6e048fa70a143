// How much memory there is left: for an error before the system ends the process without a word.
#pragma once
#include <cstddef>
#include <filesystem>

namespace gradus {

/// Bytes that this process can still use: the least of what the machine has available and what the limits of its control
/// groups (containers) leave, caches that the system would give up included. SIZE_MAX where the system does not say.
std::size_t available_memory();

namespace detail {
/// The same below another root than "/".
std::size_t available_memory(const std::filesystem::path& root);
}  // namespace detail

}  // namespace gradus
