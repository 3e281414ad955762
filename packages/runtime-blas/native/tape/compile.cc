#include "compile.h"

#include <algorithm>
#include <bit>

#include "emit.h"
#include "overlap.h"
#include "rematerialize.h"

namespace vorab::blas {
namespace {

// Whether all that runs per element is loads, and reductions of them.
bool only_reduces(const TapeSource& source) {
  const size_t first = source.dims.size() - source.inner - source.reduced;
  std::vector<bool> varies(source.instrs.size(), false);
  for (size_t i = 0; i < source.instrs.size(); ++i) {
    const SourceInstr& instr = source.instrs[i];
    if (instr.kind == Kind::Load) {
      const auto& strides = source.accesses[instr.arg[0]].strides;
      for (uint32_t d = 0; d < source.reduced; ++d)
        varies[i] = varies[i] || strides[first + d] != 0;
    }
    if (instr.kind == Kind::Index) varies[i] = true;
    const bool scalar = instr.kind == Kind::Scalar;
    for (int k = 0; scalar && k < instr.arity; ++k) varies[i] = varies[i] || varies[instr.arg[k]];
    if (instr.kind == Kind::Store) varies[i] = varies[instr.arg[1]];
    if (varies[i] && instr.kind != Kind::Load) return false;
  }
  return true;
}

constexpr int64_t kLongTile = 2048;  // of elements, each of which goes through the tape in one loop

// Registers in flight should fit the first-level cache.
int64_t tile_for(const TapeSource& source, bool long_tiles) {
  const size_t n = source.instrs.size();
  if (source.reduced > 0 && source.inner > 0 && only_reduces(source)) return 8192;
  if (source.reduced > 0) {  // which has a cost per tile
    const bool long_rows = !source.dims.empty() && source.dims.back() >= kLongRow;
    return n > 24 ? 512 : long_rows && source.inner == 0 ? 4096 : 2048;
  }
  return long_tiles ? kLongTile : n <= 6 ? 1024 : 512;
}

constexpr double kGrain = 100e3;  // cost of one task: some 10 to 30 microseconds
constexpr int64_t kMostTasks = 64;
constexpr int64_t kMostChunks = 64;
constexpr int64_t kHoldBytes = 2 << 20;  // computing them again costs more than the last cache
constexpr double kCached = 2 << 20;      // bytes: less than this is mostly in some cache

// Blocks of the outermost reduced loop: what a split may cut.
int64_t reduced_blocks(const Nest& nest) {
  if (!nest.reduced.empty()) return nest.reduced[0].extent;
  if (nest.rows_are_items) return ceil_div(nest.col.extent, nest.tile_cols);
  return ceil_div(nest.row.extent, nest.tile_rows);
}

bool stores_items_over_loads(const TapeSource& source) {
  for (const SourceInstr& store : source.instrs) {
    if (store.kind != Kind::Store) continue;
    for (const SourceInstr& load : source.instrs) {
      if (load.kind != Kind::Load) continue;
      if (source.accesses[store.arg[0]].place.space == source.accesses[load.arg[0]].place.space)
        return true;
    }
  }
  return false;
}

// Elements times instructions; what does not vary along the reduced dims runs once for all of them.
double cost_of(const Analysis& analysis, const Nest& nest) {
  const auto elements = static_cast<double>(nest.elements());
  const double items =
      elements / static_cast<double>(std::max<int64_t>(nest.reduced_elements(), 1));
  double cost = 0;
  for (const InstrInfo& info : analysis.instrs) {
    if (info.used) cost += info.level == Level::Tile ? elements : items;
  }
  return cost;
}

void divide_work(const TapeSource& source, const Analysis& analysis, TapeProgram& program) {
  const Nest& nest = program.nest;
  const int64_t items = nest.items();
  program.cost = cost_of(analysis, nest);
  const auto wanted =
      std::clamp<int64_t>(static_cast<int64_t>(program.cost / kGrain), 1, kMostTasks);
  program.tasks = std::min(items, wanted);
  if (nest.mode == Mode::Map || items >= 16 || wanted < 2 * items ||
      stores_items_over_loads(source))
    return;
  program.chunks = std::min({wanted / items, reduced_blocks(nest), kMostChunks});
}

double bytes_of(const TapeSource& source, const SourceAccess& access) {
  auto elements = static_cast<double>(width(access.dtype));
  for (size_t d = 0; d < source.dims.size(); ++d)
    if (access.strides[d] != 0) elements *= static_cast<double>(source.dims[d]);
  return elements;
}

constexpr int64_t kLineElements = 16;  // the most that lie in a vector, or in a cache line of f32

bool in_one_row(const Nest& nest) {
  return nest.mode == Mode::Map && nest.kept.empty() && nest.row.extent == 1 &&
         nest.tile_cols % kLineElements == 0;
}

// Stores of more than the caches hold, of what was not read there: to fetch the old lines first is
// half of their cost.
void choose_streams(const TapeSource& source, TapeProgram& program) {
  constexpr double kLarge = 12 << 20;
  for (const SourceInstr& store : source.instrs) {
    if (store.kind != Kind::Store) continue;
    const SourceAccess& to = source.accesses[store.arg[0]];
    const bool read =
        std::any_of(source.instrs.begin(), source.instrs.end(), [&](const SourceInstr& instr) {
          return instr.kind == Kind::Load && overlap(source, to, source.accesses[instr.arg[0]]);
        });
    Access& access = program.accesses[store.arg[0]];
    access.streams = access.direct_tile && !read && bytes_of(source, to) >= kLarge;
    if (access.streams && !program.streams && in_one_row(program.nest)) {
      program.lead = store.arg[0];
      program.nest.slack = kLineElements;
    }
    program.streams = program.streams || access.streams;
  }
}

double bytes_touched(const TapeSource& source) {
  double bytes = 0;
  for (const SourceAccess& access : source.accesses) bytes += bytes_of(source, access);
  return bytes;
}

void place_partials(TapeProgram& program) {
  if (program.chunks <= 1) return;
  for (const Stage& stage : program.stages) {
    program.partial_offsets.push_back(program.partial_bytes);
    int64_t bytes = 0;
    for (const Accumulator& a : stage.accumulators) {
      bytes +=
          (program.nest.block * static_cast<int64_t>(a.reducer.accumulator_width) + 63) / 64 * 64;
    }
    program.partial_bytes += bytes * program.nest.items() * program.chunks;
  }
}

int64_t held_bytes(const TapeSource& source, const Analysis& analysis, const Nest& nest) {
  int64_t bytes = 0;
  for (size_t i = 0; i < source.instrs.size(); ++i) {
    if (analysis.instrs[i].held) bytes += static_cast<int64_t>(width(source.instrs[i].dtype));
  }
  return bytes * nest.reduced_elements() * nest.block;
}

struct Choice {
  int64_t least_row = 24;  // shorter rows do not go row by row
  bool long_tiles = true;
};

TapeProgram compile_for(const TapeSource& given, const KernelTable& kernels, bool is_part,
                        Choice choice) {
  TapeProgram program;
  program.kernels = &kernels;
  program.nest = make_nest(given, streams_of(given), tile_for(given, choice.long_tiles));
  program.nest.least_row = choice.least_row;
  if (program.nest.empty) return program;
  program.accesses = accesses_of(given, program.nest);
  choose_streams(given, program);
  Analysis analysis = analyse(given, program.nest, program.accesses, true);
  divide_work(given, analysis, program);
  program.bytes = bytes_touched(given);
  program.fetches = is_part || program.bytes >= kCached;
  const bool may_hold = program.chunks == 1;
  if (!may_hold) analysis = analyse(given, program.nest, program.accesses, false);
  const TapeSource source = rematerialize(given, analysis, program.accesses);
  if (source.instrs.size() != given.instrs.size())
    analysis = analyse(source, program.nest, program.accesses, may_hold);
  if (held_bytes(source, analysis, program.nest) > kHoldBytes) {
    analysis = analyse(source, program.nest, program.accesses, false);
  }
  emit(source, analysis, program);
  place_partials(program);
  return program;
}

// What a row takes from link to link is more than what the ops of a short one do.
bool has_links(const TapeProgram& program) {
  for (const Stage& stage : program.stages) {
    for (const Op& op : stage.tile) {
      if (op.kind == OpKind::Chain && program.links[op.first].whole != nullptr) return true;
    }
  }
  return false;
}

}  // namespace

TapeProgram compile_tape(const TapeSource& source, const KernelTable& kernels, bool is_part) {
  constexpr int64_t kFirstCache = 32 << 10;
  Choice choice;
  TapeProgram program = compile_for(source, kernels, is_part, choice);
  const bool short_rows = program.nest.row_by_row() && program.nest.tile_cols < kLongRow;
  const bool crowds = program.nest.mode == Mode::Map && program.scratch_bytes > kFirstCache;
  if (short_rows && has_links(program))
    choice.least_row = kLongRow;
  else if (crowds)
    choice.long_tiles = false;
  else
    return program;
  return compile_for(source, kernels, is_part, choice);
}

}  // namespace vorab::blas
