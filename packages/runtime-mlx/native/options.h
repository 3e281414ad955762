// Options of a session: the flat part of a JSON object. Names that are not this backend's are
// another's.
#pragma once

#include <cstddef>
#include <string_view>

namespace vorab::on_mlx {

struct Options {
  size_t cache = 16;    // functions of each entry that are kept, one a binding; at least 1
  bool kernels = true;  // runs the plan's kernels where the device takes them
  bool tf32 = false;    // lets CUDA devices round f32 products to TF32; decided once per process
};

// Throws VORAB_INVALID on what is not an object, or on a value of the wrong kind.
Options parse_options(std::string_view json);

}  // namespace vorab::on_mlx
