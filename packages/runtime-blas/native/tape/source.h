// A tape at one binding, apart from FlatBuffers: what the steps of a plan and the routines that
// only move elements hand to the tape compiler.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "../dtype.h"
#include "../kernels/table.h"

namespace vorab::blas {

// Where a value lies. Values of different spaces never overlap.
struct Place {
  uint32_t space = 0;
  int64_t offset = 0;  // bytes within the space
  int64_t bytes = 0;
};

// The base pointer of this value is the contraction's block, not one of the plan's values.
inline constexpr uint32_t kAccValue = 0xffffffffu;
inline constexpr uint32_t kAccSpace = 0xffffffffu;

struct SourceAccess {
  uint32_t value = 0;
  Dt dtype = Dt::F32;
  Place place;
  int64_t offset = 0;            // elements
  std::vector<int64_t> strides;  // elements, one per dim
};

enum class Kind : uint8_t { Load, Const, Index, Scalar, Reduce, Store };

struct SourceInstr {
  Kind kind = Kind::Load;
  Dt dtype = Dt::F32;
  uint16_t op = 0;
  uint8_t arity = 0;         // of a Scalar
  Reduction reduction = {};  // of a Reduce
  uint16_t arg[4] = {};      // instructions; Load, Store: arg[0] is an access; Index: a dim
  uint64_t bits = 0;         // of a Const
};

struct TapeSource {
  std::vector<int64_t> dims;
  uint32_t reduced = 0, inner = 0;
  std::vector<SourceAccess> accesses;
  std::vector<SourceInstr> instrs;
};

// The plan asks for what no verified plan may ask, or for what this backend lacks.
struct BadPlan : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace vorab::blas
