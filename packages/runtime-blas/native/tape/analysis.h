// What each instruction of a tape depends on, and in which stages it runs. Stage s ends with the
// reductions whose operands depend on s earlier reductions.
#pragma once

#include "program.h"

namespace vorab::blas {

enum class Level : uint8_t { Uniform, Item, Tile };

struct InstrInfo {
  Level level = Level::Uniform;
  int depth = 0;  // reductions that it depends on
  bool used = false;
  bool held = false;  // computed once, kept for the later stages
  uint64_t need = 0;  // stages whose code uses it (Tile level)
  uint64_t exec = 0;  // stages that compute it
  int access = -1;    // Load, Store, Index: its stream
  int stage = 0;      // Store at tile level: where it runs
};

struct Analysis {
  std::vector<InstrInfo> instrs;
  int stages = 0;
};

// Streams: the strides of all accesses, then of every Index instruction.
std::vector<std::vector<int64_t>> streams_of(const TapeSource& source);
std::vector<Access> accesses_of(const TapeSource& source, const Nest& nest);
Analysis analyse(const TapeSource& source, const Nest& nest, const std::vector<Access>& accesses,
                 bool may_hold);

}  // namespace vorab::blas
