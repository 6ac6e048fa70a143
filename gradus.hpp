// The whole library: #include <gradus/gradus.hpp>, using namespace gradus.
#pragma once
#include <gradus/autograd/gradcheck.hpp>
#include <gradus/autograd/ops.hpp>
#include <gradus/autograd/print_tape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/config.hpp>
#include <gradus/tensor/elementwise.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/matmul.hpp>
#include <gradus/tensor/parallel.hpp>
#include <gradus/tensor/random.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/softmax.hpp>
#include <gradus/tensor/tensor.hpp>
#include <gradus/tensor/views.hpp>
