#pragma once

#include <string>

namespace vorab::blas {

// What this backend is on this machine, as a JSON object.
std::string describe_backend();

}  // namespace vorab::blas
