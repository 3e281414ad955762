#pragma once

#include "artifact/native/verify/rules.h"

namespace vorab::rules {

// Checks symbols and exprs, and evaluates the exprs at the two bindings that everything else is
// checked at.
Context check_dims(const fb::Program& program);

// The values of symbols at one binding: within bounds, and multiples.
void check_symbols(const fb::Program& program, const Binding& binding);

}  // namespace vorab::rules
