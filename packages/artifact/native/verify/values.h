#pragma once

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// The values of a plan, or of a body, each by itself.
void check_values(const PlanContext& plan, const Path& path, uint64_t arena);

}  // namespace vorab::rules
