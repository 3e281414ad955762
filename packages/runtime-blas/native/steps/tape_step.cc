#include "tape_step.h"

namespace vorab::blas {
namespace {

void run_split(const TapeProgram& program, const RunContext& context, const Bases& bases) {
  const int64_t items = program.nest.items(), chunks = program.chunks;
  const auto stages = static_cast<int>(program.stages.size());
  for (int phase = 0; phase < stages; ++phase) {
    if (program.stages[static_cast<size_t>(phase)].tile.empty()) continue;
    context.pool.run(items * chunks, [&](int64_t task, int thread) {
      TapeRun(program, bases, context.scratch[static_cast<size_t>(thread)])
          .split(task / chunks, task % chunks, phase, context.workspace);
    });
  }
  if (program.item_last.empty()) return;
  context.pool.run(items, [&](int64_t item, int thread) {
    TapeRun(program, bases, context.scratch[static_cast<size_t>(thread)])
        .split(item, 0, stages, context.workspace);
  });
}

}  // namespace

Work TapeStep::work() const {
  if (program_.empty()) return {"loop over nothing"};
  const std::string elements = std::to_string(program_.nest.elements());
  return {"loop of " + elements + " elements", program_.cost, program_.bytes};
}

void run_tape(const TapeProgram& program, const RunContext& context, const Bases& bases) {
  if (program.empty()) return;
  if (program.chunks > 1) {
    run_split(program, context, bases);
    return;
  }
  const int64_t items = program.nest.items();
  if (program.tasks == 1) {
    TapeRun(program, bases, context.scratch[0]).items(0, items);
    return;
  }
  context.pool.run(program.tasks, [&](int64_t task, int thread) {
    TapeRun(program, bases, context.scratch[static_cast<size_t>(thread)])
        .items(items * task / program.tasks, items * (task + 1) / program.tasks);
  });
}

}  // namespace vorab::blas
