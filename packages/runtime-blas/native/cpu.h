// Which kernel set runs here.
#pragma once

#include <string>
#include <string_view>

#include "kernels/table.h"

namespace vorab::blas {

struct KernelChoice {
  const KernelTable* kernels;
  const char* name;  // "baseline", "avx2", "avx512"
  std::string reason;
};

// wanted: a set's name, or empty for the best one. Throws Unsupported for a set that this CPU
// cannot run.
KernelChoice choose_kernels(std::string_view wanted);

}  // namespace vorab::blas
