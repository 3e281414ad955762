#pragma once

#include "artifact/native/verify/frame.h"

namespace vorab::rules {

// What the rules of a step need of its plan.
struct PlanContext {
  const Context& context;
  const Values& values;
  const Frame& frame;
  bool split;  // a plan of several targets
};

// A step by itself: indices, dtypes, levels, attributes. Its order among the others is for flow.h.
void check_step(const PlanContext& plan, const Path& path, const fb::Step& step);

}  // namespace vorab::rules
