#include "runtime-mlx/native/device.h"

#include <mlx/backend/cuda/cuda.h>
#include <mlx/backend/metal/metal.h>

#include <atomic>
#include <cstdlib>

namespace vorab::on_mlx {
namespace {

constexpr const char* kFuses = "MLX generates device code for chains of elementwise steps itself";
constexpr const char* kFused = "a chain is one kernel, and what lies within it is not stored";
constexpr const char* kDoesNotFuse = "MLX's CPU device would call a C++ compiler at run time";
constexpr const char* kNotFused = "every step runs as MLX's own kernel (no_fuse)";

constexpr const char* kKernels = "the device is a Metal one";
constexpr const char* kKernelRuns =
    "a reduction along rows is one kernel of the plan with what precedes and follows it";
constexpr const char* kNoKernels = "the plan's kernels are in Metal's language";
constexpr const char* kStepsRun = "the steps that a kernel stands for run one by one";

Device detect() {
  if (mx::metal::is_available()) {
    return {mx::Device::gpu, "metal", true,     kFuses,      kFused,
            false,           true,    kKernels, kKernelRuns, false};
  }
  if (mx::cu::is_available()) {
    return {mx::Device::gpu, "cuda", true,       kFuses,    kFused,
            false,           false,  kNoKernels, kStepsRun, false};
  }
  return {mx::Device::cpu, "cpu",      false,     kDoesNotFuse, kNotFused, true,
          false,           kNoKernels, kStepsRun, true};
}

// The mode is one for the process, and read by whoever traces: it is set before anybody does.
Device prepare() {
  const Device found = detect();
  mx::set_compile_mode(found.fuses ? mx::CompileMode::enabled : mx::CompileMode::no_fuse);
  return found;
}

// -1: undecided.
std::atomic<int> tf32{-1};

}  // namespace

const Device& device() {
  static const Device found = prepare();
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
