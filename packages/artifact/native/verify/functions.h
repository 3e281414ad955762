#pragma once

#include "artifact/native/verify/rules.h"

namespace vorab::rules {

// The op of a node or step, with as many operands and results as it takes and gives.
const OpInfo& check_op(const Path& path, uint16_t id, uint32_t inputs, uint32_t outputs);

// Number, order, kinds and references. A function may only refer to those after it: `after` is its
// index, or -1.
void check_attributes(const Context& context, const Path& path, const OpInfo& op,
                      Attributes attributes, int64_t after);

void check_functions(const Context& context);

}  // namespace vorab::rules
