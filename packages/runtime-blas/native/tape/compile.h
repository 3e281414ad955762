#pragma once

#include "program.h"

namespace vorab::blas {

// is_part: of a larger loop, so that what it reads lies in no cache, however little that is.
// Throws BadPlan or Unsupported.
TapeProgram compile_tape(const TapeSource& source, const KernelTable& kernels,
                         bool is_part = false);

}  // namespace vorab::blas
