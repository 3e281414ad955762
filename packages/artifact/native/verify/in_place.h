#pragma once

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// Whether a step may write place `to` into the bytes that it reads place `from`: it is a Fused, or
// a Contract whose epilogue alone reads `from`; all loads of the one and stores to the other use
// one and the same access and width, so that each point of the iteration touches its own element
// alone; and no load follows a store on the tape. Where the tape reduces, the stores follow the
// last Reduce, and either it is in row mode and the access moves along every reduced dim, so that
// the last pass over a row is the one that writes; or the access moves along none, and nothing
// varies over the reduced dims after the first Reduce, so that each kept point reads before it
// writes.
bool in_place(const PlanContext& plan, const fb::Step& step, uint64_t from, uint64_t to);

}  // namespace vorab::rules
