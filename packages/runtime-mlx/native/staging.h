// Memory of MLX that callers fill, on any thread, before a session takes it as an array's own: what
// a call brings along is then copied once. MLX's allocators may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "backend.h"
#include "runtime-mlx/native/mlx.h"

// Apart from the memory itself: that one may have been taken, freed and staged for another caller
// before its first caller gives this back.
struct vorab_staged {
  std::optional<::mlx::core::allocator::Data> data;  // until it is taken
  void* memory;
};

namespace vorab::on_mlx {

// Null when there is no memory.
vorab_staged* stage(uint64_t bytes, void** memory);
void unstage(vorab_staged* staged);  // taken or not

// Nothing when `host` is the caller's own memory.
std::optional<mx::allocator::Data> take_staged(const void* host);

}  // namespace vorab::on_mlx
