// Private to the pictures: the files beside this one that make up the page, as CMake put them into a source.
#pragma once
#include <string_view>

namespace gradus::detail {

extern const std::string_view page_html, page_css, layout_js, draw_js, page_js;

}  // namespace gradus::detail
