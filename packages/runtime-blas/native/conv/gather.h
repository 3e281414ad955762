// The windows of x under a block of outputs, as a matrix.
#pragma once

#include <cstddef>

#include "geometry.h"

namespace vorab::blas {

// Which part: rows of a phase, one group, lines of taps.
struct PatchBlock {
  int64_t row = 0, rows = 0;
  int64_t group = 0;
  int64_t line = 0, lines = 0;
};

// How many columns: taps by channels of a group.
int64_t patch_columns(const ConvShape& shape, const Phase& phase, int64_t lines);

// rows x columns, or columns x rows where channels are so few that runs along a row of x are
// longer.
bool taps_first(const ConvShape& shape);

// Elements of `width` bytes; places outside x are zeros.
void gather_patches(std::byte* to, const std::byte* x, size_t width, const ConvShape& shape,
                    const Phase& phase, const PatchBlock& block);

}  // namespace vorab::blas
