#pragma once

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// Whether a step whose body has been checked states what its sums run in.
void check_accumulation(const PlanContext& plan, const Path& path, const fb::Step& step);

}  // namespace vorab::rules
