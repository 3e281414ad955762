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

constexpr const char* kKernels = "the device is a Metal one";
constexpr const char* kKernelRuns =
    "a reduction along rows is one kernel of the plan with what precedes and follows it";
constexpr const char* kNoKernels = "the plan's kernels are in Metal's language";
constexpr const char* kStepsRun = "the steps that a kernel stands for run one by one";

Device detect() {
  if (mx::metal::is_available()) {
    return {mx::Device::gpu, "metal", true,     kCompiles,   kCompiled,
            false,           true,    kKernels, kKernelRuns, false};
  }
  if (mx::cu::is_available()) {
    return {mx::Device::gpu, "cuda", true,       kCompiles, kCompiled,
            false,           false,  kNoKernels, kStepsRun, false};
  }
  return {mx::Device::cpu, "cpu",     false, kDoesNotCompile, kNotCompiled, true, false,
          kNoKernels,      kStepsRun, true};
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
