// From a plan's steps to steps that run.
#pragma once

#include "../gemm/source.h"
#include "../steps/step.h"
#include "values.h"

namespace vorab::blas {

struct Binder {
  const fb::Program& program;
  const Binding& binding;
  const Values& values;
  const KernelTable& kernels;
  const uint8_t* file = nullptr;  // of the artifact: constants of bodies
  std::byte* arena = nullptr;     // of the plan, or of the body
};

TapeSource tape_source(const Binder& binder, const fb::Fused& fused);
ContractSource contract_source(const Binder& binder, const fb::Contract& contract);
StepPtr bind_step(const Binder& binder, const fb::Step& step);

}  // namespace vorab::blas
