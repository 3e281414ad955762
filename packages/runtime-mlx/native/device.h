// What the MLX of this process can do, read once. Where devices differ, the code asks here and
// nowhere else.
#pragma once

#include <string>

#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx {

struct Device {
  mx::Device handle;
  const char* kind;  // "cpu", "metal", "cuda"
  bool fuses;        // what mx::compile joins is a kernel, without a C++ compiler at run time
  const char* fuse_reason;
  const char* fuse_effect;
  bool has_f64;
  bool kernels;  // it takes kernels in Metal's language
  const char* kernels_reason;
  const char* kernels_effect;
  // MLX's CPU kernels approximate exp, erf, sigmoid and logarithmic sums in f32, f64 included, to
  // about 40 ulp.
  bool approximates;
};

const Device& device();

// TF32 is decided for the whole process, before MLX computes anything: by the first session. False
// when another session has decided otherwise.
bool decide_tf32(bool enabled);
bool tf32_enabled();

}  // namespace vorab::on_mlx
