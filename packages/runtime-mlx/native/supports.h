// What a plan asks for that this backend or machine has not, found before a call rather than in it.
#pragma once

#include <string>
#include <vector>

#include "runtime-mlx/native/types.h"

namespace vorab::on_mlx {

// Throws VORAB_UNSUPPORTED with the name of the first op, in a step or in a function that a step
// runs, that has no row in the table.
void refuse_missing_ops(const fb::Program& program, const fb::Plan& plan);

// Throws VORAB_MEMORY when an array that a step makes cannot be had: MLX's CPU device does not look
// at what malloc gives it.
void refuse_too_large(uint16_t op, const std::vector<Type>& types, uint32_t step);
void refuse_too_large(const std::string& what, const Type& type, uint32_t step);

}  // namespace vorab::on_mlx
