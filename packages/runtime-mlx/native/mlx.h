// MLX, under the short name that every file of this backend uses.
#pragma once

#include <mlx/array.h>
#include <mlx/compile.h>
#include <mlx/device.h>
#include <mlx/memory.h>
#include <mlx/ops.h>
#include <mlx/stream.h>
#include <mlx/transforms.h>
#include <mlx/version.h>

namespace vorab::on_mlx {

namespace mx = ::mlx::core;

}  // namespace vorab::on_mlx
