// Initial values of weights: all rules. Each writes in place, records nothing, returns a handle on what it wrote, and takes
// the generator it draws from; the values do not depend on the number of threads. Names and defaults follow torch.nn.init.
#pragma once
#include <gradus/nn/init/bias.hpp>
#include <gradus/nn/init/constant.hpp>
#include <gradus/nn/init/lsuv.hpp>
#include <gradus/nn/init/random.hpp>
#include <gradus/nn/init/scaled.hpp>
#include <gradus/nn/init/structured.hpp>
