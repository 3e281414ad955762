#include "body.h"

#include <algorithm>

namespace vorab::blas {

int64_t Body::scratch_bytes() const {
  int64_t most = 0;
  for (const StepPtr& step : steps) most = std::max(most, step->scratch_bytes());
  return most;
}

int64_t Body::workspace_bytes() const {
  int64_t most = 0;
  for (const StepPtr& step : steps) most = std::max(most, step->workspace_bytes());
  return most;
}

void Body::run(const RunContext& context, std::span<std::byte* const> from,
               std::span<std::byte* const> to) {
  for (const BodyPort& port : carries) bases[port.value] = from[port.number];
  for (const BodyPort& port : inputs) bases[port.value] = from[port.number];
  for (const BodyPort& port : outputs) bases[port.value] = to[port.number];
  const RunContext own{bases.data(), context.pool, context.scratch, context.workspace,
                       context.cancel};
  for (const StepPtr& step : steps) step->run(own);
}

}  // namespace vorab::blas
