// The vectors that links handle at a time: eight, or fewer at the end of a row.
#pragma once

#include "dispatch.h"
#include "reductions.h"

namespace vorab::blas::VORAB_ISA::links {

using V = Vec<float, kNative<Dt::F32>>;
using Code = Link::Code;
constexpr size_t N = kNative<Dt::F32>;
constexpr size_t kTurnLanes = 8 * N;

// Of vector k of a turn; the last turn may end before it.
VORAB_INLINE size_t lanes_of(size_t k, size_t left) {
  return left >= (k + 1) * N ? N : left > k * N ? left - k * N : 0;
}

struct Step;

// What a body reads once for a row.
struct NothingFixed {
  explicit NothingFixed(const Step*) {}
};

// A body of one link of a code.
template <Code C>
struct OneLink {
  using Fixed = NothingFixed;
  static constexpr size_t kSteps = 1;
  static bool is(const Link* link) { return link->code == C; }
};

}  // namespace vorab::blas::VORAB_ISA::links
