#include "analysis.h"

#include <algorithm>
#include <bit>

#include "overlap.h"

namespace vorab::blas {
namespace {

constexpr int kMostStages = 60;

bool any_nonzero(const std::vector<int64_t>& strides) {
  return std::any_of(strides.begin(), strides.end(), [](int64_t s) { return s != 0; });
}

Level level_of(const Nest& nest, const Access& a) {
  const bool outer = any_nonzero(a.kept);
  if (nest.mode == Mode::Map)
    return outer || a.row != 0 || a.col != 0 ? Level::Tile : Level::Uniform;
  const bool along_row = a.row != 0 && !nest.rows_are_items;
  const bool along_col = a.col != 0 && nest.mode == Mode::Rows;
  if (any_nonzero(a.reduced) || along_row || along_col) return Level::Tile;
  return outer || a.across != 0 ? Level::Item : Level::Uniform;
}

bool tile_is_dense(const Nest& nest, const Access& a) {
  const bool cols = nest.tile_cols == 1 || a.col == 1;
  if (nest.tile_rows == 1) return cols;
  if (nest.tile_cols == 1) return nest.col.extent == 1 && a.row == 1;
  return cols && a.row == nest.tile_cols && nest.tile_cols == nest.col.extent;
}

bool rows_are_dense(const Nest& nest, const Access& a) {
  constexpr int64_t kLeast = 64;  // elements that are worth a turn
  const bool steps = a.row >= 0 && a.row < Link::kDense;
  return (nest.mode == Mode::Map || nest.row_by_row()) && nest.tile_cols >= kLeast && a.col == 1 &&
         steps && a.dtype == Dt::F32;
}

class Analyser {
 public:
  Analyser(const TapeSource& source, const Nest& nest, const std::vector<Access>& accesses,
           bool may_hold)
      : source_(source), nest_(nest), accesses_(accesses), may_hold_(may_hold) {
    out_.instrs.resize(source.instrs.size());
  }

  Analysis run() {
    bind_accesses();
    forward();
    mark_used();
    schedule_stores();
    backward();
    return std::move(out_);
  }

 private:
  InstrInfo& info(size_t i) { return out_.instrs[i]; }

  void bind_accesses() {
    auto next_index = static_cast<int>(source_.accesses.size());
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      const SourceInstr& instr = source_.instrs[i];
      if (instr.kind == Kind::Load || instr.kind == Kind::Store) info(i).access = instr.arg[0];
      if (info(i).access >= next_index) throw BadPlan("a tape instruction refers to no access");
      check_dtype(i);
      if (instr.kind == Kind::Index) info(i).access = next_index++;
    }
  }

  void check_dtype(size_t i) const {
    const SourceInstr& instr = source_.instrs[i];
    if (instr.kind == Kind::Index && (is_float(instr.dtype) || width(instr.dtype) < 4)) {
      throw Unsupported(std::string("an index as ") + name_of(instr.dtype));
    }
    if (instr.kind != Kind::Load && instr.kind != Kind::Store) return;
    const bool load = instr.kind == Kind::Load;
    if (!load && instr.arg[1] >= i) return;  // operand() refuses it
    const Dt dtype = load ? instr.dtype : source_.instrs[instr.arg[1]].dtype;
    if (dtype != source_.accesses[instr.arg[0]].dtype)
      throw BadPlan("a tape moves an element as another dtype");
  }

  void operand(size_t i, uint16_t arg) {
    if (arg >= i || source_.instrs[arg].kind == Kind::Store)
      throw BadPlan("a tape instruction refers to no earlier value");
    info(i).level = std::max(info(i).level, info(arg).level);
    info(i).depth = std::max(info(i).depth, info(arg).depth);
  }

  void forward() {
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      const SourceInstr& instr = source_.instrs[i];
      switch (instr.kind) {
        case Kind::Load:
        case Kind::Index:
          info(i).level = level_of(nest_, accesses_[static_cast<size_t>(info(i).access)]);
          break;
        case Kind::Const: break;
        case Kind::Scalar:
          for (int k = 0; k < instr.arity; ++k) operand(i, instr.arg[k]);
          break;
        case Kind::Reduce:
          if (nest_.mode == Mode::Map) throw BadPlan("a tape without reduced dims has a reduction");
          operand(i, instr.arg[0]);
          info(i).level = Level::Item;
          info(i).depth += 1;
          if (info(i).depth > kMostStages)
            throw BadPlan("a tape has too many stages of reductions");
          break;
        case Kind::Store: operand(i, instr.arg[1]); break;
      }
    }
  }

  void mark_used() {
    for (size_t i = source_.instrs.size(); i-- > 0;) {
      const SourceInstr& instr = source_.instrs[i];
      if (instr.kind == Kind::Store) {
        info(i).used = true;
        info(instr.arg[1]).used = true;
      } else if (info(i).used && instr.kind == Kind::Scalar) {
        for (int k = 0; k < instr.arity; ++k) info(instr.arg[k]).used = true;
      } else if (info(i).used && instr.kind == Kind::Reduce) {
        info(instr.arg[0]).used = true;
      }
    }
  }

  bool overwrites_a_load(const SourceAccess& stored) const {
    bool found = false;
    for (const SourceInstr& instr : source_.instrs) {
      if (instr.kind != Kind::Load) continue;
      const SourceAccess& loaded = source_.accesses[instr.arg[0]];
      if (!overlap(source_, stored, loaded)) continue;
      if (!identical(source_, stored, loaded))
        throw BadPlan("a tape writes over other elements than those it has read");
      found = true;
    }
    return found;
  }

  // A store over what a later stage still loads waits for the last stage.
  void schedule_stores() {
    int last = -1;
    std::vector<size_t> late;
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      const SourceInstr& instr = source_.instrs[i];
      if (!info(i).used || (instr.kind != Kind::Store && instr.kind != Kind::Reduce)) continue;
      if (instr.kind == Kind::Reduce) {
        last = std::max(last, info(i).depth - 1);
        continue;
      }
      const Level access_level = level_of(nest_, accesses_[static_cast<size_t>(info(i).access)]);
      if (access_level < Level::Tile && info(i).level == Level::Tile)
        throw BadPlan("a store drops a dim that its value varies over");
      info(i).level = nest_.mode == Mode::Map ? Level::Tile : std::max(access_level, Level::Item);
      if (overwrites_a_load(source_.accesses[instr.arg[0]]) && info(i).level == Level::Tile)
        late.push_back(i);
      info(i).stage = info(i).depth;
      if (info(i).level == Level::Tile) last = std::max(last, info(i).stage);
    }
    for (size_t i : late) info(i).stage = last;
    out_.stages = last + 1;
  }

  bool holdable(size_t i) const {
    const SourceInstr& instr = source_.instrs[i];
    if (!may_hold_ || nest_.mode != Mode::Rows) return false;
    if (instr.kind == Kind::Scalar) return true;
    if (instr.kind != Kind::Load) return false;
    const Access& a = accesses_[instr.arg[0]];
    return !a.direct_tile && a.col != 0 && a.col != 1;
  }

  void need(uint16_t arg, uint64_t stages) {
    if (info(arg).level == Level::Tile) info(arg).need |= stages;
  }

  void backward() {
    for (size_t i = source_.instrs.size(); i-- > 0;) {
      const SourceInstr& instr = source_.instrs[i];
      InstrInfo& x = info(i);
      if (!x.used) continue;
      if (instr.kind == Kind::Store && x.level == Level::Tile)
        need(instr.arg[1], uint64_t{1} << x.stage);
      if (instr.kind == Kind::Reduce) need(instr.arg[0], uint64_t{1} << (x.depth - 1));
      if (x.level != Level::Tile || instr.kind == Kind::Store) continue;
      x.held = std::popcount(x.need) > 1 && holdable(i);
      x.exec = x.held ? x.need & (~x.need + 1) : x.need;
      if (instr.kind != Kind::Scalar) continue;
      for (int k = 0; k < instr.arity; ++k) need(instr.arg[k], x.exec);
    }
  }

  const TapeSource& source_;
  const Nest& nest_;
  const std::vector<Access>& accesses_;
  bool may_hold_;
  Analysis out_;
};

}  // namespace

std::vector<std::vector<int64_t>> streams_of(const TapeSource& source) {
  std::vector<std::vector<int64_t>> streams;
  for (const SourceAccess& access : source.accesses) {
    if (access.strides.size() != source.dims.size())
      throw BadPlan("an access has another rank than its tape");
    streams.push_back(access.strides);
  }
  for (const SourceInstr& instr : source.instrs) {
    if (instr.kind != Kind::Index) continue;
    if (instr.arg[0] >= source.dims.size())
      throw BadPlan("an index runs along a dim that its tape lacks");
    std::vector<int64_t> stream(source.dims.size(), 0);
    stream[instr.arg[0]] = 1;
    streams.push_back(std::move(stream));
  }
  return streams;
}

std::vector<Access> accesses_of(const TapeSource& source, const Nest& nest) {
  std::vector<Access> accesses(nest.row.strides.size());
  for (size_t s = 0; s < accesses.size(); ++s) {
    Access& a = accesses[s];
    if (s < source.accesses.size()) {
      a.value = source.accesses[s].value;
      a.dtype = source.accesses[s].dtype;
      a.offset = source.accesses[s].offset;
    }
    a.log2_width = static_cast<uint8_t>(std::countr_zero(width(a.dtype)));
    for (const Loop& loop : nest.kept) a.kept.push_back(loop.strides[s]);
    for (const Loop& loop : nest.reduced) a.reduced.push_back(loop.strides[s]);
    a.across = nest.across.strides[s];
    a.row = nest.row.strides[s];
    a.col = nest.col.strides[s];
    a.direct_tile = s < source.accesses.size() && tile_is_dense(nest, a);
    a.direct_rows = s < source.accesses.size() && rows_are_dense(nest, a) && !a.direct_tile;
  }
  return accesses;
}

Analysis analyse(const TapeSource& source, const Nest& nest, const std::vector<Access>& accesses,
                 bool may_hold) {
  return Analyser(source, nest, accesses, may_hold).run();
}

}  // namespace vorab::blas
