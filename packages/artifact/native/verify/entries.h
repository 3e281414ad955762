#pragma once

#include "artifact/native/verify/rules.h"

namespace vorab::rules {

void check_entries(const Context& context);

}  // namespace vorab::rules
