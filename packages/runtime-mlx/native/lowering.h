// The table of ops: what this backend can run is exactly its rows.
#pragma once

#include <vector>

#include "runtime-mlx/native/call.h"

namespace vorab::on_mlx {

using Lower = std::vector<mx::array> (*)(const Call& call);

// Null when there is no row: the op must be decomposed, or the program refused.
Lower find_lowering(uint16_t op);

// Names of the composites that are kept whole, in the order of composites.inc.
const std::vector<const char*>& whole_composites();

}  // namespace vorab::on_mlx
