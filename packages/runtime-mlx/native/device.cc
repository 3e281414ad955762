#include "runtime-mlx/native/device.h"

#include <mlx/backend/cuda/cuda.h>
#include <mlx/backend/metal/metal.h>

#include <atomic>
#include <cstdlib>

namespace vorab::on_mlx {
namespace {

constexpr const char* kCompiles = "MLX generates device code for fused elementwise chains itself";
constexpr const char* kCompiled =
    "a function is traced once for its sizes, and chains of elementwise steps are one kernel";
constexpr const char* kDoesNotCompile = "MLX's CPU device would call a C++ compiler at run time";
constexpr const char* kNotCompiled =
    "every step runs as MLX's own kernel, and their graph is made again at each call";

Device detect() {
  if (mx::metal::is_available()) {
    return {mx::Device::gpu, "metal", true, kCompiles, kCompiled, false, false};
  }
  if (mx::cu::is_available()) {
    return {mx::Device::gpu, "cuda", true, kCompiles, kCompiled, false, false};
  }
  return {mx::Device::cpu, "cpu", false, kDoesNotCompile, kNotCompiled, true, true};
}

// -1: undecided.
std::atomic<int> tf32{-1};

}  // namespace

const Device& device() {
  static const Device found = detect();
  return found;
}

bool decide_tf32(bool enabled) {
  int expected = -1;
  if (!tf32.compare_exchange_strong(expected, enabled)) return expected == int{enabled};
  setenv("MLX_ENABLE_TF32", enabled ? "1" : "0", 1);
  return true;
}

bool tf32_enabled() { return tf32.load() == 1; }

}  // namespace vorab::on_mlx
