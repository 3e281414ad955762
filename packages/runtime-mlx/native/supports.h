// What a plan asks for that this backend has not, found when it is opened rather than at a call.
#pragma once

#include "runtime-mlx/native/types.h"

namespace vorab::on_mlx {

// Throws VORAB_UNSUPPORTED with the name of the first op, in a step or in a function that a step
// runs, that has no row in the table.
void refuse_missing_ops(const fb::Program& program, const fb::Plan& plan);

}  // namespace vorab::on_mlx
