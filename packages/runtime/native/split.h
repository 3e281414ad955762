// A plan over several targets as one backend: a session of each target's own backend, its regions
// run in order, and what one target makes and another needs copied between them.
#pragma once

#include <string>
#include <vector>

#include "runtime/native/backend.h"

namespace vorab::runtime {

// Whether a plan is over several targets.
bool is_split(const vorab_program& program, uint32_t plan);

// Opens one session for each target of the plan; libraries: in the order of its targets.
int open_split(const std::vector<std::string>& libraries, const vorab_program& program,
               uint32_t plan, const char* options, vorab_session** session, vorab_error& error);

// The table of such sessions, open() aside.
const vorab_backend& split_backend(const vorab_session* session);

}  // namespace vorab::runtime
