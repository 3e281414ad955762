#include "plan.h"

#include <algorithm>

#include "../tape/geometry.h"
#include "packed.h"

namespace vorab::blas {
namespace {

constexpr double kBlockFlops = 16e6;  // about 0.2 ms of one core
constexpr int64_t kMostBlocks = 64;
constexpr int64_t kLeastSide = 64;

void erase_batch(ContractSource& s, size_t d) {
  const auto at = static_cast<std::ptrdiff_t>(d);
  s.batch.erase(s.batch.begin() + at);
  s.a.strides.erase(s.a.strides.begin() + at);
  s.b.strides.erase(s.b.strides.begin() + at);
  s.epilogue.dims.erase(s.epilogue.dims.begin() + at);
  for (SourceAccess& access : s.epilogue.accesses)
    access.strides.erase(access.strides.begin() + at);
}

bool indexes(const ContractSource& s) {
  return std::any_of(s.epilogue.instrs.begin(), s.epilogue.instrs.end(),
                     [](const SourceInstr& i) { return i.kind == Kind::Index; });
}

// [batch, m, k] x [k, n]: the last batch dim only continues the rows.
bool continues_rows(const ContractSource& s) {
  const size_t d = s.batch.size() - 1;
  if (s.b.strides[d] != 0 || s.a.strides[d] != s.a.strides[d + 1] * s.m) return false;
  return std::all_of(
      s.epilogue.accesses.begin(), s.epilogue.accesses.end(), [&](const SourceAccess& access) {
        return access.value == kAccValue || access.strides[d] == access.strides[d + 1] * s.m;
      });
}

void merge_batches(ContractSource& s) {
  if (indexes(s)) return;  // an Index instruction counts the dims as they are
  for (size_t d = s.batch.size(); d-- > 0;) {
    if (s.batch[d] == 1) erase_batch(s, d);
  }
  while (!s.batch.empty() && continues_rows(s)) {
    const size_t d = s.batch.size() - 1;
    s.m *= s.batch[d];
    s.epilogue.dims[d + 1] = s.m;
    erase_batch(s, d);
  }
}

Operand operand_of(const SourceAccess& access, size_t batch, int64_t row_stride,
                   int64_t col_stride) {
  Operand o;
  o.value = access.value;
  o.dtype = access.dtype;
  o.offset = access.offset;
  o.batch.assign(access.strides.begin(),
                 access.strides.begin() + static_cast<std::ptrdiff_t>(batch));
  o.row_stride = row_stride;
  o.col_stride = col_stride;
  return o;
}

int64_t side(int64_t extent, int64_t parts) {
  if (parts == 1) return std::max<int64_t>(extent, 1);
  return std::min(extent, ceil_div(ceil_div(extent, parts), 16) * 16);
}

double flops_of(const ContractPlan& p) {
  return 2.0 * static_cast<double>(p.batches) * static_cast<double>(p.m) *
         static_cast<double>(p.n) * static_cast<double>(p.k);
}

// Whether all threads should read the right operand, however few the rows are.
bool is_large(const ContractPlan& p) {
  constexpr int64_t kElements = 64 << 10;
  return p.k > 0 && p.n >= kElements / p.k;
}

// instrs: of the epilogue, each worth some multiply-adds an element.
void cut(ContractPlan& p, size_t instrs) {
  constexpr double kInstrFlops = 8;
  const double elements = static_cast<double>(p.batches * p.m) * static_cast<double>(p.n);
  const double cost = flops_of(p) + kInstrFlops * static_cast<double>(instrs) * elements;
  const auto wanted = std::clamp<int64_t>(static_cast<int64_t>(cost / kBlockFlops), 1, kMostBlocks);
  int64_t parts_m = 1, parts_n = 1;
  while (parts_m * parts_n * p.batches < wanted) {
    const int64_t m = p.m / parts_m, n = p.n / parts_n;
    if (std::max(m, n) < 2 * kLeastSide) break;
    (m >= n ? parts_m : parts_n) *= 2;
  }
  p.block_m = side(p.m, parts_m);
  p.block_n = side(p.n, parts_n);
  p.blocks_m = ceil_div(p.m, p.block_m);
  p.blocks_n = ceil_div(p.n, p.block_n);
  constexpr double kParallelCost = 2e6;
  p.tasks = cost < kParallelCost ? 1 : std::min(p.blocks(), kMostBlocks);
}

constexpr int64_t kFewRows = 24;  // do not pay for packing a right operand

bool is_few(const ContractPlan& p) { return p.m < kFewRows && p.b.col_stride != 1; }

bool pays_for_packing(const ContractPlan& p, const Tiles& tiles) {
  constexpr double kLeastFlops = 1e6;
  const bool fills = p.n >= static_cast<int64_t>(tiles.lanes) || p.m >= kFewRows;
  return tiles.rows > 0 && p.batches == 1 && p.a.dtype == Dt::F32 && !is_few(p) && fills &&
         (flops_of(p) >= kLeastFlops || is_large(p));
}

// Time of a product in blocks, relative to that of its tiles alone, over some numbers of threads:
// blocks that do not share evenly, right operands packed again for each block of rows, and
// epilogues over short rows.
double relative_time(const ContractPlan& p, int64_t block_m, int64_t block_n) {
  constexpr double kPacking = 16, kShortRows = 12;  // measured
  const auto d = [](int64_t x) { return static_cast<double>(x); };
  const int64_t blocks = ceil_div(p.m, block_m) * ceil_div(p.n, block_n);
  double rounds = 0;
  const int64_t threads[] = {2, 2, 3, 4, 8};
  for (const int64_t t : threads) rounds += d(ceil_div(blocks, t) * t);
  const double share = rounds / std::size(threads) * d(block_m) * d(block_n) / (d(p.m) * d(p.n));
  return share * (1 + kPacking / d(block_m) + kShortRows / d(block_n));
}

void cut_packed(ContractPlan& p, const Tiles& tiles) {
  constexpr int64_t kLeastRows = 32, kMostRows = 512, kMostColumns = 256;
  const auto tile = static_cast<int64_t>(2 * tiles.lanes);
  double best = 0;
  for (int64_t parts_m = ceil_div(p.m, kMostRows); parts_m <= 32; ++parts_m) {
    const int64_t block_m = ceil_div(p.m, parts_m);
    if (block_m < kLeastRows && parts_m > 1) break;
    for (int64_t wide = std::min(ceil_div(p.n, tile), kMostColumns / tile); wide > 0; --wide) {
      const double time = relative_time(p, block_m, wide * tile);
      if (best > 0 && time >= best) continue;
      best = time;
      p.block_m = block_m;
      p.block_n = std::min(p.n, wide * tile);
    }
  }
  p.blocks_m = ceil_div(p.m, p.block_m);
  p.blocks_n = ceil_div(p.n, p.block_n);
  p.packed = true;
  p.tasks = p.blocks();
}

// Few rows against columns that are contiguous: those become the rows of the left operand, which is
// read once, where it lies.
bool pays_for_swapping(const ContractPlan& p, const Tiles& tiles) {
  return tiles.rows > 0 && p.batches == 1 && p.a.dtype == Dt::F32 && is_few(p) && is_large(p) &&
         PackedProduct::reads_left(tiles, swapped(p.b), p.k);
}

void cut_swapped(ContractPlan& p, const Tiles& tiles) {
  constexpr int64_t kMostParts = 16;
  const auto rows = static_cast<int64_t>(tiles.rows);
  const int64_t panels = ceil_div(p.n, rows);
  p.block_m = p.m;
  p.block_n = ceil_div(panels, std::min(panels, kMostParts)) * rows;
  p.blocks_n = ceil_div(p.n, p.block_n);
  p.packed = p.swapped = true;
  p.tasks = p.blocks();
}

}  // namespace

ContractPlan plan_contract(ContractSource& s, const Tiles& tiles) {
  merge_batches(s);
  ContractPlan p;
  p.batch = s.batch;
  for (int64_t extent : s.batch) p.batches *= extent;
  p.m = s.m, p.n = s.n, p.k = s.k;
  const size_t d = s.batch.size();
  if (s.a.strides[d + 1] != 0 && s.n > 1)
    throw BadPlan("the left operand of a contraction varies along n");
  if (s.b.strides[d] != 0 && s.m > 1)
    throw BadPlan("the right operand of a contraction varies along m");
  p.a = operand_of(s.a, d, s.a.strides[d], s.a.strides[d + 2]);
  p.b = operand_of(s.b, d, s.b.strides[d + 2], s.b.strides[d + 1]);
  if (p.m == 0 || p.n == 0 || p.batches == 0) return p;
  if (pays_for_packing(p, tiles))
    cut_packed(p, tiles);
  else if (pays_for_swapping(p, tiles))
    cut_swapped(p, tiles);
  else
    cut(p, s.epilogue.instrs.size());
  return p;
}

}  // namespace vorab::blas
