// Everything public of autograd/ and tensor/, for tests that are about these layers and link no other.
#pragma once
#include <gradus/autograd/checkpoint.hpp>
#include <gradus/autograd/engine.hpp>
#include <gradus/autograd/functional.hpp>
#include <gradus/autograd/gradcheck.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/observer.hpp>
#include <gradus/autograd/ops.hpp>
#include <gradus/autograd/print_tape.hpp>
#include <gradus/autograd/profiler.hpp>
#include <gradus/autograd/statistics.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/autograd/variable.hpp>

#include "tensor_layer.hpp"
