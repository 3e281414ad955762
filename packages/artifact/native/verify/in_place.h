#pragma once

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// Whether a step may write place `to` into the bytes that it reads place `from`: it is a Fused; all
// its loads of the one and stores to the other use one and the same access and width, so that each
// point of the iteration touches its own element alone; no load follows a store on the tape; and
// where the tape reduces, it is in row mode, the access moves along every reduced dim, and the
// stores follow the last Reduce, so that the last pass over a row is the one that writes.
bool in_place(const PlanContext& plan, const fb::Step& step, uint64_t from, uint64_t to);

}  // namespace vorab::rules
