#include "gradient_step.h"

#include <cstring>

namespace vorab::blas {
namespace {

constexpr int64_t kWantedTasks = 16;

}  // namespace

AttentionGradientStep::AttentionGradientStep(const AttentionShape& shape,
                                             const AttentionOperands& operands,
                                             const GradientOperands& gradient, Dt dtype,
                                             const KernelTable& kernels)
    : scores_(shape, operands, WideTypes("attention", dtype, kernels), kernels),
      gradient_(gradient) {
  const int64_t heads = std::max<int64_t>(shape.batch * shape.shared, 1);
  const int64_t blocks = std::max<int64_t>(shape.group() * scores_.blocks(), 1);
  parts_ = std::clamp<int64_t>(kWantedTasks / heads, 1, blocks);
}

int64_t AttentionGradientStep::part_bytes() const {
  const AttentionShape& s = scores_.shape();
  return scores_.types().bytes(s.keys * s.dim) + scores_.types().bytes(s.keys * s.width);
}

int64_t AttentionGradientStep::workspace_bytes() const {
  const AttentionShape& s = scores_.shape();
  return in_place() ? 0 : s.batch * s.shared * parts_ * part_bytes();
}

// A thread's scratch.
struct AttentionGradientStep::Room {
  std::byte *views, *queries, *weights, *cotangents, *out, *ct, *dq;
  double* sums;
  std::byte* rest;
};

AttentionGradientStep::Room AttentionGradientStep::room_of(Carver& carver) const {
  const WideTypes& types = scores_.types();
  const AttentionShape& s = scores_.shape();
  const int64_t rows = scores_.block_rows();
  const int64_t halves = types.half() ? 1 : 0;
  Room room{};
  room.views = carver.take(scores_.views_bytes());
  room.queries = carver.take(types.bytes(rows * s.dim));
  room.weights = carver.take(scores_.block_bytes());
  room.cotangents = carver.take(scores_.block_bytes());
  room.out = carver.take(halves * types.bytes(rows * s.width));
  room.ct = carver.take(halves * types.bytes(rows * s.width));
  room.dq = carver.take(halves * types.bytes(rows * s.dim));
  room.sums = reinterpret_cast<double*>(carver.take(rows * static_cast<int64_t>(sizeof(double))));
  room.rest = carver.take(scores_.scratch_bytes());
  return room;
}

int64_t AttentionGradientStep::scratch_bytes() const {
  Carver carver(nullptr);
  room_of(carver);
  return carver.used();
}

void AttentionGradientStep::run(const RunContext& context) {
  const AttentionShape& s = scores_.shape();
  const int64_t heads = s.batch * s.shared;
  context.pool.run(heads * parts_, [&](int64_t task, int thread) {
    run_part(context, task / parts_, task % parts_, context.scratch[static_cast<size_t>(thread)]);
  });
  if (in_place()) return;
  context.pool.run(heads, [&](int64_t head, int) { add_parts(context, head); });
}

AttentionGradientStep::Sums AttentionGradientStep::sums_of(const RunContext& context, int64_t head,
                                                           int64_t part) const {
  const AttentionShape& s = scores_.shape();
  const WideTypes& types = scores_.types();
  if (in_place()) {
    const int64_t b = head / s.shared, h = head % s.shared;
    return {gradient_.dk.at(context, b, h, 0, types), gradient_.dv.at(context, b, h, 0, types),
            gradient_.dk.row, gradient_.dv.row};
  }
  std::byte* const at = context.workspace + (head * parts_ + part) * part_bytes();
  return {at, at + types.bytes(s.keys * s.dim), s.dim, s.width};
}

void AttentionGradientStep::clear(const Sums& sums) const {
  const AttentionShape& s = scores_.shape();
  const int64_t wide = scores_.types().wide();
  for (int64_t key = 0; key < s.keys; ++key) {
    std::memset(sums.dk + key * sums.dk_row * wide, 0, static_cast<size_t>(s.dim * wide));
    std::memset(sums.dv + key * sums.dv_row * wide, 0, static_cast<size_t>(s.width * wide));
  }
}

void AttentionGradientStep::run_part(const RunContext& context, int64_t head, int64_t part,
                                     std::byte* scratch) const {
  const AttentionShape& s = scores_.shape();
  const int64_t batch = head / s.shared, first = head % s.shared * s.group();
  const Sums sums = sums_of(context, head, part);
  clear(sums);
  Carver carver(scratch);
  const Room room = room_of(carver);
  const HeadViews views = scores_.views(context, batch, first, room.views);
  const int64_t blocks = s.group() * scores_.blocks();
  for (int64_t i = blocks * part / parts_; i < blocks * (part + 1) / parts_; ++i) {
    run_block(context, scores_.block(batch, first + i / scores_.blocks(), i % scores_.blocks()),
              views, sums, room);
  }
}

void AttentionGradientStep::run_block(const RunContext& context, const QueryBlock& block,
                                      const HeadViews& head, const Sums& sums,
                                      const Room& room) const {
  const AttentionShape& s = scores_.shape();
  const WideTypes& types = scores_.types();
  const int64_t keys = scores_.seen(block), row = scores_.row();
  const auto rows = [&](const Heads& heads, std::byte* copy) {
    const std::byte* from = heads.at(context, block.batch, block.head, block.first, types);
    return rows_of(from, heads, block.rows, copy, types);
  };
  const MatrixView out = rows(gradient_.out, room.out), ct = rows(gradient_.cotangent, room.ct);
  scores_.scale_queries(context, block, room.queries);
  scores_.weigh(context, block, room.queries, head.k, room.weights, room.sums, room.rest);
  scores_.multiply(
      {ct, {head.v.data, head.v.ld, true}, room.cotangents, row, block.rows, keys, s.width, false},
      room.rest);
  for (int64_t r = 0; r < block.rows; ++r) {
    const int64_t query = block.first + r, at = r * row * types.wide();
    const double along =
        scores_.kernels().dot(out.data + r * out.ld * types.wide(),
                              ct.data + r * ct.ld * types.wide(), static_cast<size_t>(s.width));
    scores_.kernels().differentiate(
        room.cotangents + at, room.weights + at, scores_.mask(context, block, query, nullptr),
        1 / room.sums[r], along, static_cast<size_t>(s.seen(query)), static_cast<size_t>(keys));
  }
  query_cotangent(context, block, head, room);
  const auto transposed = [&](const std::byte* data) { return MatrixView{data, row, true}; };
  scores_.multiply({transposed(room.cotangents),
                    {room.queries, std::max<int64_t>(s.dim, 1), false},
                    sums.dk,
                    sums.dk_row,
                    keys,
                    s.dim,
                    block.rows,
                    true},
                   room.rest);
  scores_.multiply(
      {transposed(room.weights), ct, sums.dv, sums.dv_row, keys, s.width, block.rows, true},
      room.rest);
}

void AttentionGradientStep::query_cotangent(const RunContext& context, const QueryBlock& block,
                                            const HeadViews& head, const Room& room) const {
  const AttentionShape& s = scores_.shape();
  const WideTypes& types = scores_.types();
  const Heads& dq = gradient_.dq;
  std::byte* const to = dq.at(context, block.batch, block.head, block.first, types);
  std::byte* const result = types.half() ? room.dq : to;
  const int64_t ld = types.half() ? s.dim : dq.row;
  scores_.multiply({{room.cotangents, scores_.row(), false},
                    head.k,
                    result,
                    ld,
                    block.rows,
                    s.dim,
                    scores_.seen(block),
                    false},
                   room.rest);
  for (int64_t r = 0; r < block.rows; ++r) {
    std::byte* const row = result + r * ld * types.wide();
    scores_.kernels().multiply(row, row, s.scale, static_cast<size_t>(s.dim));
  }
  if (types.half()) put_rows(to, dq, block.rows, result, types);
}

// Into the first part, then out.
void AttentionGradientStep::add_parts(const RunContext& context, int64_t head) const {
  const AttentionShape& s = scores_.shape();
  const WideTypes& types = scores_.types();
  const Sums all = sums_of(context, head, 0);
  for (int64_t part = 1; part < parts_; ++part) {
    const Sums one = sums_of(context, head, part);
    accumulate(all.dk, one.dk, s.keys * s.dim, types);
    accumulate(all.dv, one.dv, s.keys * s.width, types);
  }
  const int64_t b = head / s.shared, h = head % s.shared;
  put_rows(gradient_.dk.at(context, b, h, 0, types), gradient_.dk, s.keys, all.dk, types);
  put_rows(gradient_.dv.at(context, b, h, 0, types), gradient_.dv, s.keys, all.dv, types);
}

Work AttentionGradientStep::work() const {
  return attention_work(scores_, "gradient of attention", 5);
}

}  // namespace vorab::blas
