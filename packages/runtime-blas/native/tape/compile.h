#pragma once

#include "program.h"

namespace vorab::blas {

// Throws BadPlan or Unsupported.
TapeProgram compile_tape(const TapeSource& source, const KernelTable& kernels);

}  // namespace vorab::blas
