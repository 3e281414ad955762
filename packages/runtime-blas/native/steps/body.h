// A function that a control step runs: steps over values of their own, whose memory is handed in
// before each run.
#pragma once

#include <span>
#include <vector>

#include "step.h"

namespace vorab::blas {

// A value of the body that stands for a parameter or a result of its function.
struct BodyPort {
  uint32_t number;  // of the parameter or result
  uint32_t value;   // of the body
};

struct Body {
  std::vector<StepPtr> steps;
  std::vector<std::byte*> bases;  // by value; those of ports are filled in before each run
  // A carry is one memory: parameter and result of the same number.
  std::vector<BodyPort> carries, inputs, outputs;
  uint32_t parameters = 0, results = 0;

  int64_t scratch_bytes() const;
  int64_t workspace_bytes() const;

  // Where parameters and results lie, by number; carries by their parameter.
  void run(const RunContext& context, std::span<std::byte* const> from,
           std::span<std::byte* const> to);
};

}  // namespace vorab::blas
