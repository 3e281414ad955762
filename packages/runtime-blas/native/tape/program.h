// A compiled tape: what one thread runs for a range of items. Operands are slots: registers in the
// thread's scratch, or pointers into memory that are set per tile or item.
#pragma once

#include <vector>

#include "geometry.h"

namespace vorab::blas {

struct Access {
  uint32_t value = 0;
  Dt dtype = Dt::F32;
  uint8_t log2_width = 2;
  bool direct_tile = false;            // a tile lies dense in memory
  bool direct_rows = false;            // only its rows do, and chains may go from row to row
  bool streams = false;                // stores go past the caches
  int64_t offset = 0;                  // elements
  std::vector<int64_t> kept, reduced;  // strides of the outer loops
  int64_t across = 0, row = 0, col = 0;

  // Of a link to its elements.
  uint32_t link_row() const { return direct_rows ? static_cast<uint32_t>(row) : Link::kDense; }
};

// Which elements an op runs over.
enum class Extent : uint8_t { Tile, Item, Full };

enum class OpKind : uint8_t {
  Scalar,  // out = fn(a, b, c, d)
  Point,   // out = address of the access
  Fill,    // out = elements of the access
  Spill,   // the access = a
  Index,   // out = index along a dim
  Expand,  // out (tile) = a (item), repeated over the reduced dims
  Reduce,  // accumulator takes in a (tile); b: 1 + the access that a points to the rows of, or 0
  Chain,   // the links from `first` on; index: of the accumulator, if they end with a reduction
  Ahead,   // out = address of the access one tile (Map) or item further
  Window,  // out = address of the tile within a register that holds a whole item
};

struct Op {
  OpKind kind = OpKind::Scalar;
  Extent extent = Extent::Tile;
  uint8_t fixed = 0;           // operands whose elements are all equal
  bool brief = false;          // only kFixed elements are read, or those of a block
  bool whole_vectors = false;  // all operands are registers: may run past the end
  uint8_t log2_width = 2;
  uint16_t out = 0, a = 0, b = 0, c = 0, d = 0;
  uint16_t index = 0;  // access, reducer or memo
  ScalarFn fn = nullptr;
  ChainFn chain = nullptr;
  uint32_t first = 0, count = 0;  // links
  PairFn pair = nullptr;          // with the late chain of the item before
  bool reduces = false, row_by_row = false;
};

struct Accumulator {
  Reducer reducer;
  uint16_t acc = 0;  // slot
  uint16_t out = 0;  // slot of the result (item)
  Dt dtype = Dt::F32;
};

struct Stage {
  std::vector<Op> tile;  // per tile
  std::vector<Accumulator> accumulators;
  std::vector<Op> item;  // after the stage's reductions, per item
};

// The chain of the last stage, that waits for the next item's stage before the last.
struct Late {
  uint32_t first = 0, count = 0;  // links; none: nothing waits
  uint16_t access = 0, out = 0;   // what it stores, and the slot of the address
};

struct ConstFill {
  uint16_t slot;
  uint8_t log2_width;
  bool brief;
  uint64_t bits;
};

struct TapeProgram {
  Nest nest;
  const KernelTable* kernels = nullptr;
  std::vector<Access> accesses;
  std::vector<Link> links;
  std::vector<ConstFill> consts;
  std::vector<Op> uniform;     // per task, over a full register
  std::vector<Op> item_first;  // per item, before the first stage
  std::vector<Stage> stages;
  std::vector<Op> item_last;       // stores of item-level values
  std::vector<int64_t> registers;  // per slot: offset in scratch, or -1 for a pointer
  uint32_t memos = 0;              // fills remembered while their address stays
  int64_t scratch_bytes = 0;
  int64_t full = 1;                      // elements of a full register
  int64_t brief = 1;                     // of one whose elements are all equal
  int64_t tasks = 1;                     // by shape alone
  int64_t chunks = 1;                    // > 1: the outermost reduced loop is split
  int64_t partial_bytes = 0;             // workspace for split reductions
  std::vector<int64_t> partial_offsets;  // per stage: where its partials start
  double cost = 0;                       // elements times instructions
  double bytes = 0;                      // that it touches at least once
  bool streams = false;                  // some stores go past the caches
  bool fetches = false;                  // in Map mode: what the next tile reads
  int lead = -1;                         // the access on whose cache lines tiles begin

  Late late;

  bool empty() const { return nest.empty; }
};

}  // namespace vorab::blas
