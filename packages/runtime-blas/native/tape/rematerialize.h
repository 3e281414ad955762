// Computes cheap values again in every stage that needs them, instead of holding a whole item.
#pragma once

#include "analysis.h"

namespace vorab::blas {

TapeSource rematerialize(const TapeSource& source, const Analysis& analysis,
                         const std::vector<Access>& accesses);

}  // namespace vorab::blas
