#pragma once

#include "artifact/native/verify/places.h"

namespace vorab::rules {

// How an access moves along one dim, at one binding.
struct Motion {
  int64_t extent;
  int64_t stride;
};

// The dims over which a store writes: the kept ones, and the reduced ones where its value varies
// over them.
std::vector<Motion> store_motions(const fb::Program& program, const fb::Fused& fused,
                                  const fb::Access& access, const Binding& binding);

// What depends on the values of symbols: sizes of values, and that every access lies inside its
// value. The types' extents have been checked at the same binding.
void check_ranges(const Path& path, const fb::Program& program, const fb::EntryPlan& plan,
                  const Binding& binding);

}  // namespace vorab::rules
