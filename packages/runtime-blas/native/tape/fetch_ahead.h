// While the longest chain of a tape works on what is in cache, the next tile comes, or the rows of
// the next item: the hardware's own fetching ends with a page, and keeps too few lines under way.
#pragma once

#include "slots.h"

namespace vorab::blas {

// Puts links that fetch before that chain.
void fetch_ahead(TapeProgram& program, Slots& slots);

}  // namespace vorab::blas
