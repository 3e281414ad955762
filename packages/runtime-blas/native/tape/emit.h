#pragma once

#include "analysis.h"

namespace vorab::blas {

// Fills the program's ops, slots and stages from the analysis.
void emit(const TapeSource& source, const Analysis& analysis, TapeProgram& program);

// The kernel of a Scalar instruction; throws Unsupported when this backend has none.
ScalarFn scalar_kernel(const TapeSource& source, const SourceInstr& instr,
                       const KernelTable& kernels);

}  // namespace vorab::blas
