#pragma once

#include <span>

#include "artifact/native/verify/places.h"

namespace vorab::rules {

// The surroundings of a tape.
struct TapeContext {
  const fb::Program& program;
  const fb::Fused& fused;
  const Values& values;
  bool epilogue;
  std::span<const fb::DType> acc;  // the dtypes that Acc may have
};

// Checks a tape whose accesses have been checked.
void check_tape(const Path& path, const TapeContext& of);

}  // namespace vorab::rules
