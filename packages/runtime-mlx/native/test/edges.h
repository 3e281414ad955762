// The values at which ops go wrong.
#pragma once

#include <vector>

#include "artifact/native/program.h"

namespace vorab::test {

std::vector<double> edge_values(fb::DType dtype);

}  // namespace vorab::test
