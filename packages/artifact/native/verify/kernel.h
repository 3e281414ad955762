#pragma once

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// A kernel by itself, and its steps. What these read and write is for flow.h.
void check_kernel(const PlanContext& plan, const Path& path, const fb::Kernel& kernel);

}  // namespace vorab::rules
