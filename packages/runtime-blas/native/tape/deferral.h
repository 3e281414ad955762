// What an item stores past the caches, while the next one computes: such stores take as long as
// memory does, and nothing else would run meanwhile.
#pragma once

#include "slots.h"

namespace vorab::blas {

// Whether the last stage may wait, by the shape of the tape. What it reads must stay.
bool may_defer(const TapeProgram& program);

// Lets it wait, where the two chains have a loop that runs both.
void defer_last_stage(TapeProgram& program, Slots& slots);

}  // namespace vorab::blas
