#include "attention_step.h"

namespace vorab::blas {

AttentionStep::AttentionStep(const AttentionShape& shape, const AttentionOperands& operands,
                             const Heads& out, Dt dtype, const KernelTable& kernels)
    : scores_(shape, operands, WideTypes("attention", dtype, kernels), kernels), out_(out) {}

// A thread's scratch.
struct AttentionStep::Room {
  std::byte *views, *queries, *weights, *result;
  double* sums;
  std::byte* rest;
};

AttentionStep::Room AttentionStep::room_of(Carver& carver) const {
  const WideTypes& types = scores_.types();
  const int64_t rows = scores_.block_rows();
  Room room{};
  room.views = carver.take(scores_.views_bytes());
  room.queries = carver.take(types.bytes(rows * scores_.shape().dim));
  room.weights = carver.take(scores_.block_bytes());
  room.result = carver.take(types.half() ? types.bytes(rows * scores_.shape().width) : 0);
  room.sums = reinterpret_cast<double*>(carver.take(rows * static_cast<int64_t>(sizeof(double))));
  room.rest = carver.take(scores_.scratch_bytes());
  return room;
}

int64_t AttentionStep::scratch_bytes() const {
  Carver carver(nullptr);
  room_of(carver);
  return carver.used();
}

void AttentionStep::run(const RunContext& context) {
  const AttentionShape& shape = scores_.shape();
  if (shape.width == 0) return;
  const int64_t blocks = scores_.blocks();
  context.pool.run(shape.batch * shape.heads * blocks, [&](int64_t task, int thread) {
    const int64_t head = task / blocks;
    run_block(context, scores_.block(head / shape.heads, head % shape.heads, task % blocks),
              context.scratch[static_cast<size_t>(thread)]);
  });
}

void AttentionStep::run_block(const RunContext& context, const QueryBlock& block,
                              std::byte* scratch) const {
  const WideTypes& types = scores_.types();
  const AttentionShape& shape = scores_.shape();
  Carver carver(scratch);
  const Room room = room_of(carver);
  const HeadViews head = scores_.views(context, block.batch, block.head, room.views);
  std::byte* const to = out_.at(context, block.batch, block.head, block.first, types);
  std::byte* const result = types.half() ? room.result : to;
  const int64_t ld = types.half() ? shape.width : out_.row;

  scores_.scale_queries(context, block, room.queries);
  scores_.weigh(context, block, room.queries, head.k, room.weights, room.sums, room.rest);
  scores_.multiply({{room.weights, scores_.row(), false},
                    head.v,
                    result,
                    ld,
                    block.rows,
                    shape.width,
                    scores_.seen(block),
                    false},
                   room.rest);
  for (int64_t r = 0; r < block.rows; ++r) {
    std::byte* const row = result + r * ld * types.wide();
    if (shape.keys > 0)
      scores_.kernels().multiply(row, row, 1 / room.sums[r], static_cast<size_t>(shape.width));
  }
  if (types.half()) put_rows(to, out_, block.rows, result, types);
}

Work AttentionStep::work() const { return attention_work(scores_, "attention", 2); }

Work attention_work(const Scores& scores, const char* what, int products) {
  const AttentionShape& s = scores.shape();
  const auto d = [](int64_t x) { return static_cast<double>(x); };
  const auto text = [](int64_t x) { return std::to_string(x); };
  Work out;
  out.what = std::string(what) + " of " + text(s.batch) + "x" + text(s.heads) + " heads, " +
             text(s.queries) + "x" + text(s.keys) + "x" + text(s.dim) +
             (s.causal ? ", causal" : "");
  const double scores_of_all = d(s.batch) * d(s.heads) * d(s.queries) * d(s.keys);
  out.flops = products * scores_of_all * (d(s.dim) + d(s.width));
  out.bytes = d(scores.types().element()) * d(s.batch) * d(s.heads) *
              (d(s.queries) * (d(s.dim) + d(s.width)) + d(s.keys) * (d(s.dim) + d(s.width)));
  return out;
}

}  // namespace vorab::blas
