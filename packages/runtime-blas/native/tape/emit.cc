#include "emit.h"

#include <algorithm>
#include <bit>

#include "artifact/native/ops.h"
#include "chaining.h"
#include "deferral.h"
#include "fetch_ahead.h"
#include "held.h"

namespace vorab::blas {
namespace {

class Emitter {
 public:
  Emitter(const TapeSource& source, const Analysis& analysis, TapeProgram& program)
      : source_(source),
        analysis_(analysis),
        program_(program),
        slots_(program),
        nest_(program.nest),
        chaining_(chain_ops(source, analysis)),
        held_(source, analysis, chaining_, program, slots_) {
    const size_t n = source.instrs.size();
    wide_.assign(n, 0);
    expanded_.assign(n, 0);
    program.full = std::max(nest_.tile(), nest_.block);
    program.brief = std::min(program.full, std::max(static_cast<int64_t>(kFixed), nest_.block));
    program.stages.resize(static_cast<size_t>(std::max(analysis.stages, 1)));
  }

  void run() {
    for (size_t i = 0; i < source_.instrs.size(); ++i) above_tile(i);
    for (size_t s = 0; s < program_.stages.size(); ++s) stage(static_cast<int>(s));
    fetch_ahead(program_, slots_);
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      if (source_.instrs[i].kind == Kind::Store && info(i).level == Level::Item) store_item(i);
    }
    defer_last_stage(program_, slots_);
    find_chains();
  }

 private:
  const InstrInfo& info(size_t i) const { return analysis_.instrs[i]; }
  size_t width_of(size_t i) const { return width(source_.instrs[i].dtype); }
  static uint8_t log2_of(size_t width) { return static_cast<uint8_t>(std::countr_zero(width)); }

  // ---------------------------------------------------------------- values above the tile

  std::vector<Op>& ops_at(size_t i) {
    if (info(i).level == Level::Uniform) return program_.uniform;
    if (info(i).depth == 0) return program_.item_first;
    return program_.stages[static_cast<size_t>(info(i).depth - 1)].item;
  }

  void above_tile(size_t i) {
    const SourceInstr& instr = source_.instrs[i];
    if (!info(i).used || info(i).level == Level::Tile || instr.kind == Kind::Store) return;
    const bool uniform = info(i).level == Level::Uniform;
    const bool brief = uniform && !needed_whole(i);
    const int64_t size = brief ? program_.brief : uniform ? program_.full : nest_.block;
    wide_[i] = slots_.reg(size, width_of(i));
    Op op;
    op.brief = brief;
    op.extent = uniform ? Extent::Full : Extent::Item;
    op.out = wide_[i];
    op.log2_width = log2_of(width_of(i));
    switch (instr.kind) {
      case Kind::Const:
        program_.consts.push_back({wide_[i], log2_of(width_of(i)), brief, instr.bits});
        return;
      case Kind::Load:
      case Kind::Index:
        op.kind = instr.kind == Kind::Load ? OpKind::Fill : OpKind::Index;
        op.index = static_cast<uint16_t>(info(i).access);
        ops_at(i).push_back(op);
        return;
      case Kind::Scalar:
        scalar(op, instr, [this](uint16_t arg) { return wide_[arg]; });
        ops_at(i).push_back(op);
        return;
      case Kind::Reduce:  // the stage's end writes it
      case Kind::Store: return;
    }
  }

  template <class SlotOf>
  void scalar(Op& op, const SourceInstr& instr, SlotOf slot_of) {
    uint16_t args[4] = {0, 0, 0, 0};
    op.whole_vectors = slots_.is_register(op.out);
    for (int k = 0; k < instr.arity; ++k) {
      args[k] = slot_of(instr.arg[k]);
      if (info(instr.arg[k]).level == Level::Uniform) op.fixed |= static_cast<uint8_t>(1u << k);
      op.whole_vectors = op.whole_vectors && slots_.is_register(args[k]);
    }
    op.kind = OpKind::Scalar;
    op.fn = scalar_kernel(source_, instr, *program_.kernels);
    op.a = args[0], op.b = args[1], op.c = args[2], op.d = args[3];
  }

  void store_item(size_t i) {
    const SourceInstr& instr = source_.instrs[i];
    Op op;
    op.kind = OpKind::Spill;
    op.extent = Extent::Item;
    op.a = wide_[instr.arg[1]];
    op.index = instr.arg[0];
    op.log2_width = log2_of(width_of(instr.arg[1]));
    program_.item_last.push_back(op);
  }

  // ---------------------------------------------------------------- one stage

  struct StageState {
    StagePlan plan;
    std::vector<uint16_t> slot;     // by instruction, Tile level
    std::vector<bool> temporary;    // by instruction: its slot returns
    std::vector<uint16_t> forward;  // by instruction: the output that it is computed into
  };

  void stage(int s) {
    const size_t n = source_.instrs.size();
    StageState state{plan_stage(source_, analysis_, chaining_, program_, s),
                     std::vector<uint16_t>(n, 0), std::vector<bool>(n, false),
                     std::vector<uint16_t>(n, 0)};
    Stage& stage = program_.stages[static_cast<size_t>(s)];
    held_.open(s, state.plan, stage.tile, state.slot);
    for (size_t v = 0; v < n; ++v) {
      if (state.plan.forwards[v] >= 0) state.forward[v] = point_at(stage, state.plan.forwards[v]);
    }
    for (size_t at = 0; at < state.plan.events.size(); ++at) event(at, stage, state);
  }

  uint16_t point_at(Stage& stage, int access) {
    Op op;
    op.kind = OpKind::Point;
    op.out = slots_.pointer();
    op.index = static_cast<uint16_t>(access);
    stage.tile.insert(stage.tile.begin(), op);  // nothing comes between two chains
    return op.out;
  }

  uint16_t tile_slot(size_t i, const StageState& state) {
    switch (info(i).level) {
      case Level::Uniform: return wide_[i];
      case Level::Item: return expand(i);
      case Level::Tile: return state.slot[i];
    }
    return 0;
  }

  // Its elements are all equal within a tile.
  bool same_over_tile(size_t i) const {
    if (info(i).level == Level::Uniform) return true;
    const bool one_row = nest_.one_item() && (!nest_.rows_are_items || nest_.tile_rows == 1);
    return info(i).level == Level::Item && one_row;
  }

  // Stored or reduced over a tile, which reads every element.
  bool needed_whole(size_t i) const {
    for (size_t u = 0; u < source_.instrs.size(); ++u) {
      const SourceInstr& user = source_.instrs[u];
      if (user.kind == Kind::Store && user.arg[1] == i && info(u).level == Level::Tile) return true;
      if (user.kind == Kind::Reduce && user.arg[0] == i) return true;
    }
    return false;
  }

  uint16_t expand(size_t i) {
    if (expanded_[i] != 0) return expanded_[i];
    expanded_[i] = slots_.reg(nest_.tile(), width_of(i));
    Op op;
    op.kind = OpKind::Expand;
    op.brief = !needed_whole(i);
    op.out = expanded_[i];
    op.a = wide_[i];
    op.log2_width = log2_of(width_of(i));
    ops_at(i).push_back(op);
    return expanded_[i];
  }

  void event(size_t at, Stage& stage, StageState& state) {
    const size_t i = state.plan.events[at];
    const SourceInstr& instr = source_.instrs[i];
    const bool linked = instr.kind == Kind::Scalar && chaining_.members[i].linked;
    std::vector<Link> links;
    uint16_t args[4] = {0, 0, 0, 0};
    int n = 0;
    uint8_t fixed = 0;
    if (linked) {
      collect_links(i, state, links);
    } else {
      each_operand(source_, chaining_, i, [&](uint16_t arg) {
        if (same_over_tile(arg)) fixed |= static_cast<uint8_t>(1u << n);
        args[n++] = tile_slot(arg, state);
      });
    }
    each_operand(source_, chaining_, i, [&](uint16_t arg) { release(arg, at, state); });
    switch (instr.kind) {
      case Kind::Load:
      case Kind::Index: load(i, stage, state); break;
      case Kind::Scalar:
        if (linked) {
          chain(i, std::move(links), stage, state);
        } else {
          compute(i, args, n, stage, state);
          stage.tile.back().fixed = fixed;
        }
        break;
      case Kind::Reduce:
        if (!state.plan.folded[i]) reduce(i, args[0], stage, state);
        break;
      case Kind::Store:
        if (!state.plan.stored[i]) spill(i, args[0], stage);
        break;
      case Kind::Const: break;
    }
  }

  Link link_to(Link::Code code, uint16_t arg, const StageState& state) {
    switch (info(arg).level) {
      case Level::Uniform: return {code, Link::Reach::All, wide_[arg]};
      case Level::Item:
        if (nest_.one_item()) return {code, Link::Reach::Row, wide_[arg]};
        return {code, Link::Reach::Element, expand(arg)};
      case Level::Tile: return {code, Link::Reach::Element, state.slot[arg], row_of(arg, state)};
    }
    return {};
  }

  // Elements from one row to the next of a value that lies in memory or is held.
  uint32_t row_of(size_t i, const StageState& state) const {
    if (info(i).held) return held_.row_of(i);
    const SourceInstr& instr = source_.instrs[i];
    const bool load = instr.kind == Kind::Load && state.plan.by_rows[i];
    const int access = load ? instr.arg[0] : state.plan.forwards[i];
    return access < 0 ? Link::kDense : program_.accesses[static_cast<size_t>(access)].link_row();
  }

  void collect_links(size_t i, const StageState& state, std::vector<Link>& links) {
    const Chaining::Member& member = chaining_.members[i];
    if (member.grows)
      collect_links(member.from, state, links);
    else
      links.push_back(link_to(Link::Code::Load, member.from, state));
    const bool unary = member.other == Chaining::kNone;
    links.push_back(unary ? Link{member.code}
                          : link_to(member.code, static_cast<uint16_t>(member.other), state));
    if (member.factor != Chaining::kNone)
      links.push_back(link_to(Link::Code::Factor, static_cast<uint16_t>(member.factor), state));
  }

  void release(uint16_t arg, size_t at, StageState& state) {
    if (state.plan.last_use[arg] != at || !state.temporary[arg]) return;
    slots_.give(state.slot[arg], width_of(arg));
    state.temporary[arg] = false;
  }

  // Where instruction i is computed: held window, output memory, or a temporary.
  uint16_t target(size_t i, StageState& state) {
    if (info(i).held) return state.slot[i];
    if (state.forward[i] != 0) return state.slot[i] = state.forward[i];
    state.slot[i] = slots_.take(nest_.tile(), width_of(i));
    state.temporary[i] = true;
    return state.slot[i];
  }

  void load(size_t i, Stage& stage, StageState& state) {
    const SourceInstr& instr = source_.instrs[i];
    const Access& access = program_.accesses[static_cast<size_t>(info(i).access)];
    if (instr.kind == Kind::Load && !info(i).held &&
        (access.direct_tile || state.plan.reduced_in_place[i] || state.plan.by_rows[i])) {
      state.slot[i] = point_at(stage, info(i).access);
      return;
    }
    Op op;
    op.kind = instr.kind == Kind::Load ? OpKind::Fill : OpKind::Index;
    op.index = static_cast<uint16_t>(info(i).access);
    op.log2_width = log2_of(width_of(i));
    // What does not change along the rows of a tile often stays from tile to tile: keep it in a
    // register of its own.
    const bool same_rows = access.row == 0 || (nest_.tile_rows == 1 && access.col == 0);
    const bool steady =
        same_rows && !info(i).held && state.forward[i] == 0 && instr.kind == Kind::Load;
    if (steady) {
      state.slot[i] = slots_.reg(nest_.tile(), width_of(i));
      op.b = static_cast<uint16_t>(++program_.memos);
      op.out = state.slot[i];
    } else {
      op.out = target(i, state);
    }
    stage.tile.push_back(op);
  }

  void compute(size_t i, const uint16_t* args, int count, Stage& stage, StageState& state) {
    Op op;
    op.out = target(i, state);
    op.fn = scalar_kernel(source_, source_.instrs[i], *program_.kernels);
    op.a = args[0], op.b = args[1], op.c = args[2], op.d = args[3];
    op.whole_vectors = slots_.is_register(op.out);
    for (int k = 0; k < count; ++k)
      op.whole_vectors = op.whole_vectors && slots_.is_register(args[k]);
    stage.tile.push_back(op);
  }

  void chain(size_t i, std::vector<Link> links, Stage& stage, StageState& state) {
    const size_t fold = state.plan.folds[i];
    const bool folds = fold != StagePlan::kNone;
    const bool alone = folds && state.plan.uses[i] == 1 && !info(i).held && state.forward[i] == 0;
    const int forward = state.plan.forwards[i];
    const bool streams = forward >= 0 && program_.accesses[static_cast<size_t>(forward)].streams;
    const Link::Code store = streams ? Link::Code::Stream : Link::Code::Store;
    if (!alone) links.push_back({store, Link::Reach::Element, target(i, state), row_of(i, state)});
    Op op;
    op.kind = OpKind::Chain;
    op.row_by_row =
        nest_.row_by_row() ||
        std::any_of(links.begin(), links.end(), [](const Link& link) { return link.is_apart(); });
    op.whole_vectors = !folds && std::all_of(links.begin(), links.end(), [&](const Link& link) {
      return link.reach != Link::Reach::Element || slots_.is_register(link.slot);
    });
    if (folds) {
      const bool sum = source_.instrs[fold].reduction == Reduction::Sum;
      links.push_back({sum ? Link::Code::Sum : Link::Code::Max});
      op.index = add_accumulator(fold, stage);
      op.reduces = true;
    }
    op.first = static_cast<uint32_t>(program_.links.size());
    op.count = static_cast<uint32_t>(links.size());
    program_.links.insert(program_.links.end(), links.begin(), links.end());
    if (stage.tile.empty() || !joins(stage.tile.back(), op)) {
      stage.tile.push_back(op);
      return;
    }
    Op& before = stage.tile.back();
    if (is_at_hand(before, op)) {
      program_.links.erase(program_.links.begin() + op.first);
      --op.count;
    }
    before.count += op.count;
    before.whole_vectors = before.whole_vectors && op.whole_vectors;
    before.row_by_row = before.row_by_row || op.row_by_row;
    before.reduces = op.reduces;
    before.index = op.index;
  }

  void find_chains() {
    for (Stage& stage : program_.stages) {
      for (Op& op : stage.tile) {
        if (op.kind == OpKind::Chain)
          op.chain = program_.kernels->chain(program_.links.data() + op.first, op.count);
      }
    }
  }

  // What the first link loads, the last one before it has just stored.
  bool is_at_hand(const Op& before, const Op& op) const {
    const Link& last = program_.links[before.first + before.count - 1];
    const Link& first = program_.links[op.first];
    return op.count > 1 && last.code == Link::Code::Store && first.code == Link::Code::Load &&
           first.reach == Link::Reach::Element && first.slot == last.slot && first.row == last.row;
  }

  // A chain that comes straight after another runs in its loop, while what that one stored is near.
  static bool joins(const Op& before, const Op& op) {
    return before.kind == OpKind::Chain && !before.reduces && before.count + op.count <= kMostLinks;
  }

  uint16_t add_accumulator(size_t i, Stage& stage) {
    const SourceInstr& instr = source_.instrs[i];
    Accumulator a;
    if (source_.instrs[instr.arg[0]].dtype != instr.dtype ||
        !program_.kernels->reducer(instr.reduction, instr.dtype, a.reducer)) {
      throw Unsupported(std::string("a reduction of ") +
                        name_of(source_.instrs[instr.arg[0]].dtype) + " to " +
                        name_of(instr.dtype));
    }
    a.acc = slots_.reg_bytes(nest_.block * static_cast<int64_t>(a.reducer.accumulator_width));
    a.out = wide_[i];
    a.dtype = instr.dtype;
    stage.accumulators.push_back(a);
    return static_cast<uint16_t>(stage.accumulators.size() - 1);
  }

  void reduce(size_t i, uint16_t from, Stage& stage, const StageState& state) {
    Op op;
    op.kind = OpKind::Reduce;
    op.a = from;
    const size_t v = source_.instrs[i].arg[0];
    if (state.plan.reduced_in_place[v]) op.b = static_cast<uint16_t>(1 + info(v).access);
    op.index = add_accumulator(i, stage);
    stage.tile.push_back(op);
  }

  void spill(size_t i, uint16_t from, Stage& stage) {
    Op op;
    op.kind = OpKind::Spill;
    op.a = from;
    op.index = source_.instrs[i].arg[0];
    op.log2_width = log2_of(width_of(source_.instrs[i].arg[1]));
    stage.tile.push_back(op);
  }

  const TapeSource& source_;
  const Analysis& analysis_;
  TapeProgram& program_;
  Slots slots_;
  const Nest& nest_;
  const Chaining chaining_;
  std::vector<uint16_t> wide_;      // Uniform and Item values
  std::vector<uint16_t> expanded_;  // Item values, repeated over a tile
  HeldValues held_;
};

}  // namespace

ScalarFn scalar_kernel(const TapeSource& source, const SourceInstr& instr,
                       const KernelTable& kernels) {
  Signature signature{instr.op, instr.arity, instr.dtype, {}};
  for (int k = 0; k < instr.arity; ++k) signature.in[k] = source.instrs[instr.arg[k]].dtype;
  if (ScalarFn fn = kernels.scalar(signature)) return fn;
  const OpInfo* op = find_op(instr.op);
  std::string text = std::string("no kernel for ") + (op ? op->name : "an unknown op") + "(";
  for (int k = 0; k < instr.arity; ++k)
    text += std::string(k ? ", " : "") + name_of(signature.in[k]);
  throw Unsupported(text + ") to " + name_of(instr.dtype));
}

void emit(const TapeSource& source, const Analysis& analysis, TapeProgram& program) {
  Emitter(source, analysis, program).run();
}

}  // namespace vorab::blas
