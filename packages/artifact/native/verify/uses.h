#pragma once

#include <array>
#include <functional>

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// One read or write of a plan's value by a step.
struct Use {
  uint32_t value;
  bool write;
  // Elements that a write fills, at the high and the low binding.
  std::array<Wide, 2> filled;
};

// Calls `visit` for what a verified step reads (first) and for what it writes, in order.
void each_use(const PlanContext& plan, const Path& path, const fb::Step& step,
              const std::function<void(const Path&, const Use&)>& visit);

}  // namespace vorab::rules
