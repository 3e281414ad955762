// Attention and its gradient against plain loops over queries and keys.
#include <cmath>

#include "../attention/gradient_step.h"
#include "check.h"
#include "program.h"
#include "tape.h"

namespace vorab::blas::test {
namespace {

using Numbers = std::vector<Real>;

struct Sample {
  AttentionShape shape;
  int64_t batch_of_mask = 1, heads_of_mask = 1, queries_of_mask = 1, keys_of_mask = 1;
  bool masked = false, added = false;
  Numbers q, k, v, mask, ct;

  int64_t q_at(int64_t b, int64_t h, int64_t i) const {
    return ((b * shape.heads + h) * shape.queries + i);
  }
  int64_t k_at(int64_t b, int64_t h, int64_t j) const {
    return ((b * shape.shared + h / shape.group()) * shape.keys + j);
  }
  Real masked_score(Real score, int64_t b, int64_t h, int64_t i, int64_t j) const {
    if (shape.causal && j > i) return -HUGE_VAL;
    if (!masked) return score;
    const int64_t at = ((b % batch_of_mask * heads_of_mask + h % heads_of_mask) * queries_of_mask +
                        i % queries_of_mask) *
                           keys_of_mask +
                       j % keys_of_mask;
    if (added) return score + mask[static_cast<size_t>(at)];
    return mask[static_cast<size_t>(at)] != 0 ? score : -HUGE_VAL;
  }
};

struct Results {
  Numbers out, dq, dk, dv;
};

Real dot(const Numbers& a, int64_t i, const Numbers& b, int64_t j, int64_t n) {
  Real sum = 0;
  for (int64_t d = 0; d < n; ++d)
    sum += a[static_cast<size_t>(i * n + d)] * b[static_cast<size_t>(j * n + d)];
  return sum;
}

Numbers weights_of(const Sample& c, int64_t b, int64_t h, int64_t i) {
  const AttentionShape& s = c.shape;
  Numbers p(static_cast<size_t>(s.keys));
  Real most = -HUGE_VAL, sum = 0;
  for (int64_t j = 0; j < s.keys; ++j) {
    const Real score = dot(c.q, c.q_at(b, h, i), c.k, c.k_at(b, h, j), s.dim) * s.scale;
    p[static_cast<size_t>(j)] = c.masked_score(score, b, h, i, j);
    most = std::max(most, p[static_cast<size_t>(j)]);
  }
  for (Real& x : p) x = std::exp(x - most), sum += x;
  for (Real& x : p) x /= sum;
  return p;
}

void add_row(Numbers& to, int64_t row, Real factor, const Numbers& from, int64_t source,
             int64_t n) {
  for (int64_t d = 0; d < n; ++d)
    to[static_cast<size_t>(row * n + d)] += factor * from[static_cast<size_t>(source * n + d)];
}

Results plain(const Sample& c) {
  const AttentionShape& s = c.shape;
  Results r{Numbers(c.ct.size()), Numbers(c.q.size()), Numbers(c.k.size()), Numbers(c.v.size())};
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      for (int64_t i = 0; i < s.queries; ++i) {
        const int64_t at = c.q_at(b, h, i);
        const Numbers p = weights_of(c, b, h, i);
        for (int64_t j = 0; j < s.keys; ++j)
          add_row(r.out, at, p[static_cast<size_t>(j)], c.v, c.k_at(b, h, j), s.width);
        const Real along = dot(c.ct, at, r.out, at, s.width);
        for (int64_t j = 0; j < s.keys; ++j) {
          const int64_t key = c.k_at(b, h, j);
          const Real weight = p[static_cast<size_t>(j)];
          const Real ds = weight * (dot(c.ct, at, c.v, key, s.width) - along) * s.scale;
          add_row(r.dq, at, ds, c.k, key, s.dim);
          add_row(r.dk, key, ds, c.q, at, s.dim);
          add_row(r.dv, key, weight, c.ct, at, s.width);
        }
      }
    }
  }
  return r;
}

Sample random_sample(std::mt19937& random, bool large) {
  Sample c;
  AttentionShape& s = c.shape;
  const int64_t most = large ? 300 : 20;
  s.batch = pick(random, 1, 2), s.shared = pick(random, 1, 3);
  s.heads = s.shared * pick(random, 1, 3);
  s.queries = pick(random, 1, most), s.keys = pick(random, 1, most);
  s.dim = pick(random, 1, large ? 40 : 9), s.width = pick(random, 1, large ? 40 : 9);
  s.scale = static_cast<double>(pick(random, 1, 8)) / 8;
  s.causal = pick(random, 0, 1) == 1;
  c.masked = pick(random, 0, 1) == 1, c.added = pick(random, 0, 1) == 1;
  const auto part = [&](int64_t n) { return pick(random, 0, 1) == 1 ? n : 1; };
  c.batch_of_mask = part(s.batch), c.heads_of_mask = part(s.heads);
  c.queries_of_mask = part(s.queries), c.keys_of_mask = part(s.keys);
  const auto numbers = [&](int64_t n) {
    Numbers out(static_cast<size_t>(n));
    for (Real& x : out) x = static_cast<Real>(pick(random, -64, 64)) / 64;
    return out;
  };
  c.q = numbers(s.batch * s.heads * s.queries * s.dim);
  c.k = numbers(s.batch * s.shared * s.keys * s.dim);
  c.v = numbers(s.batch * s.shared * s.keys * s.width);
  c.ct = numbers(s.batch * s.heads * s.queries * s.width);
  c.mask = numbers(c.batch_of_mask * c.heads_of_mask * c.queries_of_mask * c.keys_of_mask);
  if (!c.added) {  // every query sees the first key
    for (size_t i = 0; i < c.mask.size(); ++i)
      c.mask[i] = i % static_cast<size_t>(c.keys_of_mask) == 0 || c.mask[i] > 0;
  }
  return c;
}

std::vector<std::byte> memory_of(Dt dtype, const Numbers& numbers) {
  std::vector<std::byte> out(numbers.size() * width(dtype));
  for (size_t i = 0; i < numbers.size(); ++i)
    write(dtype, out.data(), static_cast<int64_t>(i), numbers[i]);
  return out;
}

bool close(Dt dtype, const std::vector<std::byte>& got, const Numbers& want) {
  const double rough = dtype == Dt::F64   ? 1e-12
                       : dtype == Dt::F32 ? 4e-6
                       : dtype == Dt::F16 ? 4e-3
                                          : 3e-2;
  Real most = 0;
  for (Real x : want) most = std::max(most, std::abs(x));
  for (size_t i = 0; i < want.size(); ++i) {
    if (!(std::abs(read(dtype, got.data(), static_cast<int64_t>(i)) - want[i]) <=
          rough * (most + 1)))
      return false;
  }
  return true;
}

Heads dense(uint32_t value, int64_t heads, int64_t length, int64_t width) {
  return {value, heads * length * width, length * width, width, width};
}

void check_sample(const Sample& c, Dt dtype, const KernelTable& kernels) {
  const AttentionShape& s = c.shape;
  AttentionOperands operands{dense(0, s.heads, s.queries, s.dim),
                             dense(1, s.shared, s.keys, s.dim),
                             dense(2, s.shared, s.keys, s.width),
                             {}};
  if (c.masked) {
    const auto stride = [](int64_t extent, int64_t inner) { return extent == 1 ? 0 : inner; };
    operands.mask = {true,
                     c.added,
                     3,
                     stride(c.batch_of_mask, c.heads_of_mask * c.queries_of_mask * c.keys_of_mask),
                     stride(c.heads_of_mask, c.queries_of_mask * c.keys_of_mask),
                     stride(c.queries_of_mask, c.keys_of_mask),
                     stride(c.keys_of_mask, 1)};
  }
  const Heads out = dense(4, s.heads, s.queries, s.width),
              ct = dense(5, s.heads, s.queries, s.width);
  const GradientOperands gradient{out, ct, dense(6, s.heads, s.queries, s.dim),
                                  dense(7, s.shared, s.keys, s.dim),
                                  dense(8, s.shared, s.keys, s.width)};
  const Results want = plain(c);
  Buffers values{memory_of(dtype, c.q),
                 memory_of(dtype, c.k),
                 memory_of(dtype, c.v),
                 memory_of(c.added ? dtype : Dt::Bool, c.mask),
                 memory_of(dtype, Numbers(want.out.size())),
                 memory_of(dtype, c.ct),
                 memory_of(dtype, Numbers(want.dq.size())),
                 memory_of(dtype, Numbers(want.dk.size())),
                 memory_of(dtype, Numbers(want.dv.size()))};
  AttentionStep forward(s, operands, out, dtype, kernels);
  const Buffers after = run_step(forward, values, 2);
  CHECK(close(dtype, after[4], want.out));
  CHECK(after[4] == run_step(forward, values, 1)[4], "depends on threads");
  values[4] = memory_of(dtype, want.out);  // as exact as the dtype has it
  AttentionGradientStep backward(s, operands, gradient, dtype, kernels);
  const Buffers found = run_step(backward, values, 2);
  CHECK(close(dtype, found[6], want.dq));
  CHECK(close(dtype, found[7], want.dk));
  CHECK(close(dtype, found[8], want.dv));
  CHECK(found == run_step(backward, values, 3), "depends on threads");
}

}  // namespace

VORAB_TEST(attention_of_any_shape) {
  std::mt19937 random(7);
  for (const char* set : {"baseline", ""}) {
    const KernelTable& kernels = *choose_kernels(set).kernels;
    for (int i = 0; i < 60; ++i) {
      const Sample sample = random_sample(random, false);
      for (Dt dtype : {Dt::F32, Dt::F64, Dt::F16, Dt::BF16}) check_sample(sample, dtype, kernels);
    }
  }
}

// Large enough for several blocks of queries.
VORAB_TEST(attention_in_blocks) {
  std::mt19937 random(8);
  const KernelTable& kernels = *choose_kernels("").kernels;
  for (int i = 0; i < 12; ++i) check_sample(random_sample(random, true), Dt::F32, kernels);
}

}  // namespace vorab::blas::test
