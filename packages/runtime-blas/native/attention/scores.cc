#include "scores.h"

#include "../tape/geometry.h"

namespace vorab::blas {
namespace {

constexpr int64_t kBlockElements = 16 << 10;  // they stay in the second cache, twice
constexpr int64_t kLeastRows = 16, kMostRows = 128;

// Not a multiple of 4 KiB: columns of a block that is read transposed would evict each other.
int64_t padded_row(int64_t keys, int64_t element) {
  const int64_t row = (keys + 15) / 16 * 16;
  return row * element % 4096 == 0 ? row + 16 : row;
}

}  // namespace

Scores::Scores(const AttentionShape& shape, const AttentionOperands& operands,
               const WideTypes& types, const KernelTable& kernels)
    : shape_(shape),
      operands_(operands),
      types_(types),
      kernels_(kernels.scores[types.product == Dt::F64]) {
  row_ = padded_row(std::max<int64_t>(shape.keys, 1), types.wide());
  const int64_t most = std::clamp(kBlockElements / row_, kLeastRows, kMostRows);
  blocks_ = ceil_div(shape.queries, most);
  block_rows_ = std::max<int64_t>(ceil_div(shape.queries, std::max<int64_t>(blocks_, 1)), 1);
}

int64_t Scores::scratch_bytes() const {
  const int64_t most = std::max({shape_.dim, shape_.width, shape_.keys, block_rows_});
  return types_.bytes(shape_.keys) + types_.matrices.scratch_bytes(most);
}

QueryBlock Scores::block(int64_t batch, int64_t head, int64_t index) const {
  const int64_t first = index * block_rows_;
  return {batch, head, first, std::min(block_rows_, shape_.queries - first)};
}

int64_t Scores::views_bytes() const {
  if (!types_.half()) return 0;
  return types_.bytes(shape_.keys * shape_.dim) + types_.bytes(shape_.keys * shape_.width);
}

HeadViews Scores::views(const RunContext& context, int64_t batch, int64_t head,
                        std::byte* copy) const {
  const auto view = [&](const Heads& heads, std::byte* to) {
    return rows_of(heads.at(context, batch, head / shape_.group(), 0, types_), heads, shape_.keys,
                   to, types_);
  };
  return {view(operands_.k, copy),
          view(operands_.v, copy + types_.bytes(shape_.keys * shape_.dim))};
}

void Scores::scale_queries(const RunContext& context, const QueryBlock& block,
                           std::byte* to) const {
  const Heads& q = operands_.q;
  const std::byte* from = q.at(context, block.batch, block.head, block.first, types_);
  const auto width = static_cast<size_t>(shape_.dim);
  for (int64_t r = 0; r < block.rows; ++r) {
    std::byte* const row = to + r * shape_.dim * types_.wide();
    const std::byte* source = from + r * q.row * types_.element();
    if (types_.half()) take(row, source, shape_.dim, types_), source = row;
    kernels_.multiply(row, source, shape_.scale, width);
  }
}

RowMask Scores::mask(const RunContext& context, const QueryBlock& block, int64_t query,
                     std::byte* added) const {
  const ScoreMask& m = operands_.mask;
  if (!m.given || (m.added && added == nullptr)) return {};
  const int64_t at = block.batch * m.batch + block.head * m.head + query * m.query;
  const std::byte* data = context.values[m.value];
  RowMask out;
  out.step = static_cast<size_t>(m.key);
  if (!m.added) {
    out.seen = reinterpret_cast<const uint8_t*>(data) + at;
    return out;
  }
  out.added = data + at * types_.element();
  if (!types_.half()) return out;
  take(added, data + at * types_.element(), m.key == 0 ? 1 : shape_.keys, types_);
  out.added = added;
  return out;
}

void Scores::weigh(const RunContext& context, const QueryBlock& block, const std::byte* queries,
                   const MatrixView& keys, std::byte* scores, double* sums,
                   std::byte* scratch) const {
  const int64_t columns = seen(block);
  std::byte* const added = scratch;
  multiply({{queries, std::max<int64_t>(shape_.dim, 1), false},
            {keys.data, keys.ld, true},
            scores,
            row_,
            block.rows,
            columns,
            shape_.dim,
            false},
           scratch + types_.bytes(shape_.keys));
  for (int64_t r = 0; r < block.rows; ++r) {
    const int64_t query = block.first + r;
    sums[r] = kernels_.weigh(scores + r * row_ * types_.wide(), mask(context, block, query, added),
                             static_cast<size_t>(shape_.seen(query)), static_cast<size_t>(columns));
  }
}

}  // namespace vorab::blas
