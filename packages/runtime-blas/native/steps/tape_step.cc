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

// Bytes that an access touches at least once.
double bytes_of(const Nest& nest, const Access& a) {
  double elements = 1;
  const auto along = [&](const Loop& loop, int64_t stride) {
    if (stride != 0) elements *= static_cast<double>(loop.extent);
  };
  for (size_t i = 0; i < nest.kept.size(); ++i) along(nest.kept[i], a.kept[i]);
  for (size_t i = 0; i < nest.reduced.size(); ++i) along(nest.reduced[i], a.reduced[i]);
  along(nest.across, a.across);
  if (!nest.rows_are_items) along(nest.row, a.row);
  along(nest.col, a.col);
  return elements * static_cast<double>(size_t{1} << a.log2_width);
}

Work work_of(const TapeProgram& program) {
  Work out{"loop over nothing"};
  if (program.empty()) return out;
  for (const Access& a : program.accesses) {
    if (a.memory) out.bytes += bytes_of(program.nest, a);
  }
  out.what = "loop of " + std::to_string(program.nest.elements()) + " elements";
  out.flops = program.cost;
  return out;
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
