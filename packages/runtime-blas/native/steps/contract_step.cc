#include "contract_step.h"

#include <algorithm>

#include "../gemm/wide.h"
#include "../tape/analysis.h"
#include "../tape/compile.h"
#include "../tape/geometry.h"
#include "../tape/overlap.h"

namespace vorab::blas {
namespace {

int64_t bytes_of(Dt dtype, int64_t elements) {
  return round64(elements * static_cast<int64_t>(width(dtype)));
}

}  // namespace

ContractStep::ContractStep(ContractSource source, const KernelTable& kernels) : kernels_(kernels) {
  if (source.a.dtype != source.b.dtype)
    throw BadPlan("the operands of a contraction differ in dtype");
  if (source.acc < 0) throw BadPlan("an epilogue does not read its product");
  plan_ = plan_contract(source, kernels.tiles);
  if (plan_.packed) {
    const bool swaps = plan_.swapped;
    packed_.emplace(kernels.tiles, swaps ? swapped(plan_.b) : plan_.a,
                    swaps ? plan_.block_n : plan_.block_m, plan_.k);
  }
  const Dt operand = source.a.dtype;
  acc_dtype_ = source.epilogue.accesses[static_cast<size_t>(source.acc)].dtype;
  product_dtype_ = operand == Dt::F16 || operand == Dt::BF16 ? Dt::F32 : operand;
  product_.emplace(product_dtype_, kernels.tiles);
  if (!*product_) throw Unsupported(std::string("a contraction of ") + name_of(operand));
  widen_ = cast_kernel(kernels, operand, product_dtype_);
  narrow_ = cast_kernel(kernels, product_dtype_, acc_dtype_);
  choose_target(source);
  compile_epilogues(std::move(source));
}

// The store's memory can hold the product if BLAS can write it and nothing else is read from there.
bool ContractStep::store_takes_product(const ContractSource& source,
                                       const SourceInstr& store) const {
  const SourceAccess& to = source.epilogue.accesses[store.arg[0]];
  const size_t d = plan_.batch.size();
  if (narrow_ != nullptr || to.dtype != product_dtype_) return false;
  if ((to.strides[d + 1] != 1 && plan_.n > 1) || (to.strides[d] < plan_.n && plan_.m > 1))
    return false;
  return std::none_of(source.epilogue.instrs.begin(), source.epilogue.instrs.end(),
                      [&](const SourceInstr& i) {
                        return i.kind == Kind::Load &&
                               overlap(source.epilogue, source.epilogue.accesses[i.arg[0]], to);
                      });
}

void ContractStep::choose_target(ContractSource& source) {
  auto& instrs = source.epilogue.instrs;
  const auto is_store = [](const SourceInstr& i) { return i.kind == Kind::Store; };
  const auto store = std::find_if(instrs.begin(), instrs.end(), is_store);
  if (store == instrs.end()) throw BadPlan("an epilogue stores nothing");
  SourceAccess& acc = source.epilogue.accesses[static_cast<size_t>(source.acc)];
  const size_t d = plan_.batch.size();
  if (!plan_.swapped && std::count_if(instrs.begin(), instrs.end(), is_store) == 1 &&
      store_takes_product(source, *store)) {
    target_.in_place = true;
    target_.store = source.epilogue.accesses[store->arg[0]];
    const SourceInstr& value = instrs[store->arg[1]];
    target_.plain = value.kind == Kind::Load && value.arg[0] == source.acc;
    acc = target_.store;
    return;
  }
  acc.strides.assign(d + 2, 0);
  acc.strides[d] = plan_.swapped ? 1 : plan_.block_n;
  acc.strides[d + 1] = plan_.swapped ? plan_.block_m : 1;
}

void ContractStep::compile_epilogues(ContractSource source) {
  if (plan_.blocks() == 0 || target_.plain) return;
  TapeSource& tape = source.epilogue;
  streams_ = streams_of(tape);
  const size_t d = plan_.batch.size();
  if (!target_.in_place) {
    streams_[static_cast<size_t>(source.acc)].assign(d + 2, 0);  // each block has its own
  }
  std::fill_n(tape.dims.begin(), d, 1);
  for (int last_m = 0; last_m < 2; ++last_m) {
    for (int last_n = 0; last_n < 2; ++last_n) {
      const int64_t rest_m = plan_.m - (plan_.blocks_m - 1) * plan_.block_m;
      const int64_t rest_n = plan_.n - (plan_.blocks_n - 1) * plan_.block_n;
      tape.dims[d] = last_m ? rest_m : plan_.block_m;
      tape.dims[d + 1] = last_n ? rest_n : plan_.block_n;
      epilogues_[last_m][last_n] = compile_tape(tape, kernels_, true);
    }
  }
}

int64_t ContractStep::workspace_bytes() const {
  if (!packed_ || !packed_->packs_left()) return 0;
  return packed_->block_start(plan_.blocks_m) * static_cast<int64_t>(sizeof(float));
}

int64_t ContractStep::scratch_bytes() const {
  const auto count = [&](int64_t rows, int64_t cols) {
    return bytes_of(product_dtype_, rows * cols) + (widen_ ? bytes_of(Dt::F32, rows * cols) : 0);
  };
  int64_t tape = 0;
  for (const auto& row : epilogues_) {
    for (const TapeProgram& program : row) {
      if (program.kernels != nullptr) tape = std::max(tape, run_bytes(program));
    }
  }
  const int64_t operands = packed_ ? packed_->scratch_bytes()
                                   : count(plan_.block_m, plan_.k) + count(plan_.k, plan_.block_n) +
                                         round64(product_->scratch_bytes(plan_.k));
  const int64_t block = bytes_of(product_dtype_, plan_.block_m * plan_.block_n);
  return operands + (target_.in_place ? 0 : block) + (narrow_ ? block : 0) + tape +
         round64(static_cast<int64_t>(streams_.size() * sizeof(int64_t)));
}

Work ContractStep::work() const {
  const auto d = [](int64_t x) { return static_cast<double>(x); };
  Work out;
  out.what = "product " + (plan_.batches > 1 ? std::to_string(plan_.batches) + " of " : "") +
             std::to_string(plan_.m) + "x" + std::to_string(plan_.n) + "x" +
             std::to_string(plan_.k) + (target_.plain ? "" : ", epilogue");
  out.flops = 2 * d(plan_.batches) * d(plan_.m) * d(plan_.n) * d(plan_.k);
  out.bytes = d(plan_.batches) * d(static_cast<int64_t>(width(acc_dtype_))) *
              (d(plan_.m) * d(plan_.k) + d(plan_.k) * d(plan_.n) + d(plan_.m) * d(plan_.n));
  return out;
}

ContractStep::Block ContractStep::block_at(int64_t index) const {
  Block block;
  block.n = index % plan_.blocks_n * plan_.block_n;
  index /= plan_.blocks_n;
  block.m = index % plan_.blocks_m * plan_.block_m;
  index /= plan_.blocks_m;
  block.rows = std::min(plan_.block_m, plan_.m - block.m);
  block.cols = std::min(plan_.block_n, plan_.n - block.n);
  for (size_t d = plan_.batch.size(); d-- > 0;) {
    block.batch[d] = index % plan_.batch[d];
    index /= plan_.batch[d];
  }
  return block;
}

int64_t ContractStep::element_offset(const std::vector<int64_t>& strides,
                                     const Block& block) const {
  const size_t d = plan_.batch.size();
  int64_t offset = block.m * strides[d] + block.n * strides[d + 1];
  for (size_t i = 0; i < d; ++i) offset += block.batch[i] * strides[i];
  return offset;
}

void ContractStep::run(const RunContext& context) {
  const int64_t blocks = plan_.m == 0 || plan_.n == 0 ? 0 : plan_.blocks();
  if (packed_ && packed_->packs_left()) pack_left(context);
  context.pool.run(std::min(blocks, plan_.tasks), [&](int64_t task, int thread) {
    for (int64_t b = blocks * task / plan_.tasks; b < blocks * (task + 1) / plan_.tasks; ++b) {
      run_block(context, b, context.scratch[static_cast<size_t>(thread)]);
    }
  });
}

MatrixView ContractStep::view_of(const RunContext& context, const Operand& operand,
                                 const Block& block, int64_t row, int64_t col, int64_t rows,
                                 int64_t cols, std::byte*& scratch) const {
  int64_t offset = operand.offset + row * operand.row_stride + col * operand.col_stride;
  for (size_t i = 0; i < operand.batch.size(); ++i) offset += block.batch[i] * operand.batch[i];
  const auto element = static_cast<int64_t>(width(operand.dtype));
  MatrixView view;
  view.data = context.values[operand.value] + offset * element;
  const bool in_place = readable(rows, cols, operand.row_stride, operand.col_stride, view);
  if (in_place && widen_ == nullptr) return view;
  if (rows == 0 || cols == 0) return view;
  std::byte* packed = scratch;
  scratch += bytes_of(operand.dtype, rows * cols);
  pack(packed, view.data, operand, rows, cols, kernels_);
  if (widen_ != nullptr) {
    widen_(scratch, packed, nullptr, nullptr, nullptr, static_cast<size_t>(rows * cols), 0);
    packed = scratch;
    scratch += bytes_of(product_dtype_, rows * cols);
  }
  return {packed, std::max<int64_t>(cols, 1), false};
}

std::byte* ContractStep::target_of(const RunContext& context, const Block& block,
                                   std::byte*& scratch, int64_t& ld) const {
  if (!target_.in_place) {
    std::byte* acc = scratch;
    scratch += bytes_of(product_dtype_, plan_.block_m * plan_.block_n);
    ld = plan_.block_n;
    return acc;
  }
  const SourceAccess& to = target_.store;
  ld = plan_.m == 1 ? plan_.n : to.strides[plan_.batch.size()];
  const int64_t offset = to.offset + element_offset(to.strides, block);
  return context.values[to.value] + offset * static_cast<int64_t>(width(to.dtype));
}

// All rows, for all blocks of columns.
void ContractStep::pack_left(const RunContext& context) const {
  constexpr int64_t kElements = 8192;  // of a task
  const int64_t lines = packed_->left_lines();
  const int64_t each = ceil_div(kElements, plan_.block_m * lines) * lines;
  const int64_t parts = ceil_div(plan_.k, each);
  const auto* a = reinterpret_cast<const float*>(context.values[plan_.a.value]) + plan_.a.offset;
  auto* to = reinterpret_cast<float*>(context.workspace);
  context.pool.run(plan_.blocks_m * parts, [&](int64_t task, int) {
    const int64_t block = task / parts, row = block * plan_.block_m, from = task % parts * each;
    packed_->pack_left(to + packed_->block_start(block), a + row * plan_.a.row_stride,
                       packed_->panels(std::min(plan_.block_m, plan_.m - row)), from,
                       std::min(from + each, plan_.k));
  });
}

// Where a block's rows begin, packed or not.
const float* ContractStep::left_of(const RunContext& context, const Block& block) const {
  if (packed_->packs_left())
    return reinterpret_cast<const float*>(context.workspace) +
           packed_->block_start(block.m / plan_.block_m);
  return reinterpret_cast<const float*>(context.values[plan_.a.value]) + plan_.a.offset +
         block.m * plan_.a.row_stride;
}

void ContractStep::multiply(const RunContext& context, const Block& block, std::byte* acc,
                            int64_t ld, std::byte*& scratch) const {
  if (plan_.swapped) {
    multiply_swapped(context, block, reinterpret_cast<float*>(acc), scratch);
    scratch += round64(packed_->scratch_bytes());
    return;
  }
  if (packed_) {
    const auto* b = reinterpret_cast<const float*>(context.values[plan_.b.value]) + plan_.b.offset;
    const PackedProduct::Right right{b + block.n * plan_.b.col_stride, plan_.b.row_stride,
                                     plan_.b.col_stride, block.n + 2 * block.cols <= plan_.n};
    packed_->multiply(left_of(context, block), packed_->panels(block.rows), right,
                      {reinterpret_cast<float*>(acc), ld, block.cols, false}, scratch);
    scratch += round64(packed_->scratch_bytes());
    return;
  }
  const MatrixView a = view_of(context, plan_.a, block, block.m, 0, block.rows, plan_.k, scratch);
  const MatrixView b = view_of(context, plan_.b, block, 0, block.n, plan_.k, block.cols, scratch);
  product_->run({a, b, acc, ld, block.rows, block.cols, plan_.k, false}, scratch);
  scratch += round64(product_->scratch_bytes(plan_.k));
}

void ContractStep::multiply_swapped(const RunContext& context, const Block& block, float* acc,
                                    std::byte* scratch) const {
  const auto data = [&](const Operand& operand) {
    return reinterpret_cast<const float*>(context.values[operand.value]) + operand.offset;
  };
  const Operand &a = plan_.a, &b = plan_.b;
  packed_->multiply(data(b) + block.n * b.col_stride, packed_->panels(block.cols),
                    {data(a), a.col_stride, a.row_stride, false},
                    {acc, plan_.block_m, block.rows, false}, scratch);
}

void ContractStep::run_block(const RunContext& context, int64_t index, std::byte* scratch) const {
  const Block block = block_at(index);
  int64_t ld = 1;
  std::byte* acc = target_of(context, block, scratch, ld);
  multiply(context, block, acc, ld, scratch);
  if (narrow_ != nullptr) {
    narrow_(scratch, acc, nullptr, nullptr, nullptr,
            static_cast<size_t>(plan_.block_n * block.rows), 0);
    acc = scratch;
    scratch += bytes_of(product_dtype_, plan_.block_m * plan_.block_n);
  }
  if (!target_.plain) epilogue(context, block, acc, scratch);
}

void ContractStep::epilogue(const RunContext& context, const Block& block, std::byte* acc,
                            std::byte* scratch) const {
  auto* shift = reinterpret_cast<int64_t*>(scratch);
  for (size_t s = 0; s < streams_.size(); ++s) shift[s] = element_offset(streams_[s], block);
  scratch += round64(static_cast<int64_t>(streams_.size() * sizeof(int64_t)));
  const bool last_m = block.m + plan_.block_m >= plan_.m,
             last_n = block.n + plan_.block_n >= plan_.n;
  const TapeProgram& program = epilogues_[last_m][last_n];
  TapeRun(program, {context.values, acc, shift}, scratch).items(0, program.nest.items());
}

}  // namespace vorab::blas
