#pragma once

#include "artifact/native/verify/flow.h"

namespace vorab::rules {

// No two values that are live at the same step share bytes. The one exception: a value that is last
// read by the step that writes the other, from its first byte on, where that step is a Fused that
// works in place (in_place.h).
void check_arena(const PlanContext& plan, const Flow& flow, const std::vector<PlacedStep>& steps,
                 const Path& path);

}  // namespace vorab::rules
