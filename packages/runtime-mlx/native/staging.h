// Memory of MLX that callers fill, on any thread, before a session takes it as an array's own: what
// a call brings along is then copied once. MLX's allocators may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx {

void* stage(uint64_t bytes);
void unstage(void* memory);  // taken or not

// Nothing when `host` is the caller's own memory.
std::optional<mx::allocator::Data> take_staged(const void* host);

}  // namespace vorab::on_mlx
