// Steps that apply one op on whole dense values. Each routine checks the shapes of its own operands
// when it is bound, so that data-dependent indices are all that is left to guard at run time.
#pragma once

#include <vector>

#include "../bind/steps.h"

namespace vorab::blas {

struct RoutineCall {
  const Binder& binder;
  Attributes attributes;
  std::vector<ValueRef> inputs, outputs;

  const ValueRef& in(size_t i) const {
    if (i >= inputs.size()) throw BadPlan("a routine has too few inputs");
    return inputs[i];
  }
  const ValueRef& out() const {
    if (outputs.size() != 1) throw BadPlan("a routine has another number of outputs");
    return outputs[0];
  }
  size_t axis(uint32_t attribute, const Shape& shape) const;
};

// Throws Unsupported when the table has no row for the op.
StepPtr bind_routine(const Binder& binder, const fb::Apply& apply);

// One function per row of routines.inc.
#define VORAB_ROUTINE(name) StepPtr make_##name(const RoutineCall& call);
#include "routines.inc"
#undef VORAB_ROUTINE

// A shape around one axis: outer * extent * inner.
struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;
};
AxisView axis_view(const Shape& shape, size_t axis);

// Throws BadPlan unless the condition holds.
void require(bool condition, const char* message);

// Reads element i of an index array of any integer dtype.
using IndexReader = int64_t (*)(const std::byte* data, int64_t i);
IndexReader index_reader(Dt dtype);

}  // namespace vorab::blas
