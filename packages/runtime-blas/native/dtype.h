// The dtypes of vorab.fb.DType, without the FlatBuffers headers; session/bind.cpp asserts that both
// agree.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vorab::blas {

enum class Dt : uint8_t { Bool, U8, I8, U32, I32, I64, F16, BF16, F32, F64 };

inline constexpr int kDtCount = 10;

constexpr size_t width(Dt dtype) {
  switch (dtype) {
    case Dt::Bool:
    case Dt::U8:
    case Dt::I8: return 1;
    case Dt::F16:
    case Dt::BF16: return 2;
    case Dt::U32:
    case Dt::I32:
    case Dt::F32: return 4;
    case Dt::I64:
    case Dt::F64: return 8;
  }
  return 0;
}

constexpr bool is_float(Dt dtype) {
  return dtype == Dt::F16 || dtype == Dt::BF16 || dtype == Dt::F32 || dtype == Dt::F64;
}

const char* name_of(Dt dtype);

}  // namespace vorab::blas
