// The tape as a page for a browser.
#pragma once
#include <gradus/autograd/profiler.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gradus {

struct HtmlOptions {
  const Profiler* profiler = nullptr;                        ///< for the times; it must have watched the forward pass
  std::string title = "";                                    ///< "tape" if empty
  std::vector<std::pair<std::string, Variable>> names = {};  ///< of leaves: model.named_parameters()
};
/// Writes one self-contained page: the graph with modules to fold and unfold, shapes, bytes and times, and the backward pass
/// node by node with the gradients that travel. For these it runs a pass of its own from ones: the tape stays, no .grad()
/// changes, but hooks run. Throws StateError for a constant or a released tape, before it touches the file, and IoError.
void to_html(const Variable& y, const std::filesystem::path& file, const HtmlOptions& options = {});

}  // namespace gradus
