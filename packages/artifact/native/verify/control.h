#pragma once

#include "artifact/native/verify/flow.h"

namespace vorab::rules {

// A control step by itself, and its bodies: values and steps.
void check_control(const PlanContext& plan, const Path& path, const fb::Control& control);

// The order of reads and writes, in bodies too, and who shares bytes; returns the first step that
// writes a state.
std::optional<uint32_t> check_flow(const PlanContext& plan, const Path& path,
                                   const std::vector<PlacedStep>& steps);

}  // namespace vorab::rules
