// Every elementwise op of the registry, every dtype it takes, every kernel set that this CPU runs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "../cpu.h"
#include "../tape/source.h"
#include "artifact/native/ops.h"
#include "check.h"
#include "scalar.h"

namespace vorab::blas::test {
namespace {

std::vector<KernelChoice> kernel_sets() {
  std::vector<KernelChoice> sets;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    try {
      sets.push_back(choose_kernels(name));
    } catch (const Unsupported&) {
    }
  }
  return sets;
}

// Special values, small numbers, then random bit patterns.
std::vector<std::byte> samples(Dt dtype, size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> out = random_data(dtype, n, random);
  const double inf = INFINITY;
  const double special[] = {
      0.0,          -0.0,   1,     -1,    inf,    -inf,  NAN,   0.5,        -0.5,
      1.5,          2.5,    -2.5,  1e-40, -1e-40, 88.5,  88.72, 89,         -87.5,
      -103,         -103.9, -104,  -110,  1e30,   -1e30, 0.625, 0.9277,     4,
      -4,           0.99,   -0.99, 1e-6,  -1e-6,  20,    2e5,   3e9,        -3e9,
      1e-20,        127,    128,   255,   256,    -128,  -129,  2147483647, -2147483648.0,
      4294967295.0, 31,     32,    63,    64,     7,     8};
  const size_t count = std::size(special);
  for (size_t i = 0; i < count && i < n; ++i) {
    if (is_float(dtype))
      write(dtype, out.data(), static_cast<int64_t>(i), special[(i + seed) % count]);
    else if (dtype != Dt::Bool && std::isfinite(special[(i + seed) % count])) {
      write(dtype, out.data(), static_cast<int64_t>(i),
            rounded(dtype, std::trunc(special[(i + seed) % count])));
    }
  }
  if (dtype == Dt::Bool) return out;
  for (size_t i = n / 2; i < n; ++i) {
    uint64_t bits = (static_cast<uint64_t>(random()) << 32) | random();
    std::memcpy(out.data() + i * width(dtype), &bits, width(dtype));
  }
  return out;
}

void compare(const char* op, const Signature& s, const KernelChoice& set, size_t n,
             const std::vector<std::byte>* in, const std::vector<std::byte>& out) {
  double worst = 0;
  std::string where;
  for (size_t i = 0; i < n; ++i) {
    Real x[4] = {};
    for (int k = 0; k < s.arity; ++k) x[k] = read(s.in[k], in[k].data(), static_cast<int64_t>(i));
    const Real expected = meaning(op, s, x),
               found = read(s.out, out.data(), static_cast<int64_t>(i));
    const double off = ulps(s.out, found, is_float(s.out) ? expected : rounded(s.out, expected));
    if (off <= worst) continue;
    worst = off;
    char line[200];
    std::snprintf(line, sizeof line, "at %.9Lg, %.9Lg: found %.9Lg, expected %.9Lg", x[0], x[1],
                  found, expected);
    where = line;
  }
  CHECK(worst <= tolerance(op, s.out), std::string(set.name) + " " + op + " of " +
                                           name_of(s.in[s.arity == 3]) + ": " +
                                           std::to_string(worst) + " ulp " + where);
}

void try_signature(const OpInfo& op, Signature s, size_t n) {
  for (const KernelChoice& set : kernel_sets()) {
    ScalarFn fn = set.kernels->scalar(s);
    CHECK((fn != nullptr) == accepts(op.name, s),
          std::string(op.name) + " of " + name_of(s.in[0]) + " to " + name_of(s.out));
    if (fn == nullptr) continue;
    std::vector<std::byte> in[4], out(n * width(s.out));
    for (int k = 0; k < s.arity; ++k) in[k] = samples(s.in[k], n, static_cast<uint32_t>(k) * 7 + 1);
    fn(out.data(), in[0].data(), in[1].data(), in[2].data(), in[3].data(), n, 0);
    if (std::strcmp(op.name, "bitcast") != 0) {
      compare(op.name, s, set, n, in, out);
      continue;
    }
    CHECK(in[0] == out, "bitcast changes bits");
  }
}

void try_op(const OpInfo& op) {
  const auto arity = op.min_inputs;
  const bool converts = std::strcmp(op.name, "cast") == 0 || std::strcmp(op.name, "bitcast") == 0;
  const bool chooses = std::strcmp(op.name, "where") == 0;
  for (int d = 0; d < kDtCount; ++d) {
    const Dt in = static_cast<Dt>(d);
    for (int o = 0; o < kDtCount; ++o) {
      const Dt out = static_cast<Dt>(o);
      if (!converts && out != in && out != Dt::Bool) continue;
      Signature s{op.id, arity, out, {in, in, in, in}};
      if (chooses) s.in[0] = Dt::Bool;
      const bool slow = std::strcmp(op.name, "erfInv") == 0;
      try_signature(op, s, slow ? 3001 : 20011);
    }
  }
}

}  // namespace

VORAB_TEST(elementwise_ops) {
  for (uint32_t id = 0; id < 0xffff; ++id) {
    const OpInfo* op = find_op(static_cast<uint16_t>(id));
    if (op != nullptr && op->kind == vorab::OpKind::Elementwise) try_op(*op);
  }
}

// The ends of every length: whole turns, single vectors, parts.
VORAB_TEST(lengths) {
  for (const KernelChoice& set : kernel_sets()) {
    for (const char* name : {"exp", "add", "less", "where"}) {
      for (size_t n : {0u, 1u, 2u, 7u, 15u, 16u, 17u, 63u, 64u, 65u, 333u}) {
        for (uint32_t id = 0; id < 0xffff; ++id) {
          const OpInfo* op = find_op(static_cast<uint16_t>(id));
          if (op == nullptr || std::strcmp(op->name, name) != 0) continue;
          const bool test = std::strcmp(name, "less") == 0,
                     chooses = std::strcmp(name, "where") == 0;
          Signature s{op->id,
                      op->min_inputs,
                      test ? Dt::Bool : Dt::F32,
                      {Dt::F32, Dt::F32, Dt::F32, Dt::F32}};
          if (chooses) s.in[0] = Dt::Bool;
          std::vector<std::byte> in[4], out(n * width(s.out) + 1, std::byte{0x5a});
          for (int k = 0; k < s.arity; ++k) in[k] = samples(s.in[k], n, static_cast<uint32_t>(k));
          set.kernels->scalar(s)(out.data(), in[0].data(), in[1].data(), in[2].data(), nullptr, n,
                                 0);
          CHECK(out.back() == std::byte{0x5a}, std::string(name) + " writes past the end");
          compare(name, s, set, n, in, out);
        }
      }
    }
  }
}

// Sweeps of f32 over all magnitudes, for the accuracy that the documentation promises.
VORAB_TEST(accuracy) {
  const char* names[] = {"exp", "log",   "tanh",  "erf",  "sigmoid", "sin",
                         "cos", "expm1", "log1p", "exp2", "log2",    "tan"};
  for (const KernelChoice& set : kernel_sets()) {
    for (const char* name : names) {
      for (uint32_t id = 0; id < 0xffff; ++id) {
        const OpInfo* op = find_op(static_cast<uint16_t>(id));
        if (op == nullptr || std::strcmp(op->name, name) != 0) continue;
        const Signature s{op->id, 1, Dt::F32, {Dt::F32}};
        constexpr size_t kCount = 1 << 18;
        std::vector<std::byte> in[4], out(kCount * 4);
        in[0].resize(kCount * 4);
        for (size_t i = 0; i < kCount; ++i) {
          const auto bits =
              static_cast<uint32_t>(i * 16411u);  // all exponents and both signs, mantissas spread
          std::memcpy(in[0].data() + i * 4, &bits, 4);
        }
        set.kernels->scalar(s)(out.data(), in[0].data(), nullptr, nullptr, nullptr, kCount, 0);
        compare(name, s, set, kCount, in, out);
      }
    }
  }
}

}  // namespace vorab::blas::test
