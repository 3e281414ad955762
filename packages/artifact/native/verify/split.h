// Calls and transfers: what a plan of several targets is made of.
#pragma once

#include "artifact/native/verify/steps.h"

namespace vorab::rules {

// Whether a step is of a plan of several targets.
bool is_split_step(const fb::Step& step);

// A call by itself: its part, and values of the part's types.
void check_call(const PlanContext& plan, const Path& path, const fb::Call& call);

// A transfer by itself.
void check_transfer(const PlanContext& plan, const Path& path, const fb::Transfer& transfer);

// An entry's plan over several targets: what is called is planned, and each value is where it is
// read.
void check_split_entry(const fb::Program& program, const Path& path, const fb::EntryPlan& of,
                       const fb::Plan& plan);

// Whether a plan runs parts, or is of one target, or is made of parts, and of which.
void check_parts(const fb::Program& program, const Path& path, const fb::Plan& plan);

}  // namespace vorab::rules
