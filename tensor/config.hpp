// What this build and this machine offer.
#pragma once
#include <string>

namespace gradus {

/// Version, compiler, instruction set, threads, and which OpenBLAS was found: one line each, for bug reports.
std::string config();

}  // namespace gradus
