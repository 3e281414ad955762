// Runs the lowering of one op: what comes out has the types that the plan says, and what MLX
// refuses names the op.
#pragma once

#include "runtime-mlx/native/lowering.h"

namespace vorab::on_mlx {

std::string op_name(uint16_t op);

// One array for each of call.outputs, not yet evaluated.
std::vector<mx::array> apply(uint16_t op, Lower lower, const Call& call);

// Throws unless the arrays that an op gave have these types.
void expect(uint16_t op, uint32_t step, std::span<const Type> types,
            const std::vector<mx::array>& found);

}  // namespace vorab::on_mlx
