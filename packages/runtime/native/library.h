// A backend's shared library and its table.
#pragma once

#include <string>

#include "runtime/native/backend.h"

namespace vorab::runtime {

// Loads the library at `path` and checks its ABI. nullptr: `problem` says why.
// A library stays loaded for the life of the process: its threads and statics may outlive any
// session.
const vorab_backend* load_backend(const std::string& path, std::string& problem);

}  // namespace vorab::runtime
