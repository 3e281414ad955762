#pragma once

#include "steps.h"

namespace vorab::blas {

// Throws Unsupported when there is no step for the op, BadPlan when its operands do not fit its
// functions.
StepPtr bind_control(const Binder& binder, const fb::Control& control);

}  // namespace vorab::blas
