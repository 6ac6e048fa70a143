#pragma once
#include <gradus/autograd/picture/svg.hpp>

namespace gradus::train {
namespace svg = gradus::svg;
}
