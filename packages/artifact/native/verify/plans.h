#pragma once

#include "artifact/native/verify/rules.h"

namespace vorab::rules {

void check_plans(const Context& context);

}  // namespace vorab::rules
