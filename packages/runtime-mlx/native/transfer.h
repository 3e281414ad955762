// Between host memory and MLX arrays, every copy counted.
#pragma once

#include "backend.h"
#include "runtime-mlx/native/types.h"

namespace vorab::on_mlx {

// Dense host data in memory of MLX's own.
mx::array copy_in(const void* host, const Type& type, vorab_stats& stats);

// Mapped, read-only memory that outlives the array; copied only where MLX cannot use it in place.
mx::array map_in(const void* host, const Type& type, vorab_stats& stats);

// The elements of an evaluated, row-contiguous array.
void copy_out(const mx::array& array, void* host, vorab_stats& stats);

// Evaluates arrays together, each made row-contiguous where it was not.
std::vector<mx::array> evaluate_dense(const std::vector<mx::array>& arrays, vorab_stats& stats);

}  // namespace vorab::on_mlx
