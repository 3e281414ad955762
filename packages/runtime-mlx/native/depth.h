// How long the longest path through a graph of MLX is.
#pragma once

#include <vector>

#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx {

// Whether some path to these results is of more arrays than that.
bool is_deeper(const std::vector<mx::array>& results, size_t limit);

}  // namespace vorab::on_mlx
