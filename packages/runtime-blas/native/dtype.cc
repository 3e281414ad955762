#include "dtype.h"

namespace vorab::blas {

const char* name_of(Dt dtype) {
  constexpr const char* kNames[kDtCount] = {"bool", "u8",  "i8",   "u32", "i32",
                                            "i64",  "f16", "bf16", "f32", "f64"};
  return kNames[static_cast<int>(dtype)];
}

}  // namespace vorab::blas
