// All operations that can be differentiated, by family.
#pragma once
#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/decompositions.hpp>
#include <gradus/autograd/ops/elementwise.hpp>
#include <gradus/autograd/ops/index.hpp>
#include <gradus/autograd/ops/linalg.hpp>
#include <gradus/autograd/ops/loss.hpp>
#include <gradus/autograd/ops/rearrange.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/ops/statistics.hpp>
