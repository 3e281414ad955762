// Chains that have a loop of their own do what they do from link to link.
#include <cmath>
#include <cstring>
#include <limits>

#include "../cpu.h"
#include "../tape/source.h"
#include "check.h"

namespace vorab::blas::test {
namespace {

using Code = Link::Code;
using Reach = Link::Reach;

constexpr size_t kRows = 3, kStep = 1100;  // elements from row to row

// Slots: 0 the rows, 1 and 2 rows of operands, 3 the result, 4 and 5 an element per row.
struct Memory {
  std::vector<float> slots[6];

  Memory() {
    uint32_t state = 7;
    for (int s = 0; s < 6; ++s) {
      slots[s].resize(kRows * kStep);
      for (float& x : slots[s]) {
        state = state * 1664525u + 1013904223u;
        x = static_cast<float>(state >> 8) * 0x1p-23f - (s == 5 ? -0.25f : 1.0f);
      }
    }
    slots[0][5] = -std::numeric_limits<float>::infinity();
    slots[0][kStep + 70] = std::numeric_limits<float>::quiet_NaN();
    slots[0][kStep * 2 + 3] = 1e-41f;
    slots[0][kStep * 2 + 9] = -0.0f;
  }
};

struct Result {
  Memory memory;
  double sums[kRows] = {};
  float maxima[kRows] = {};
};

Result run(const KernelTable& kernels, std::vector<Link> links, size_t n, size_t offset) {
  Result result;
  std::byte* slots[6];
  for (int s = 0; s < 6; ++s)
    slots[s] = reinterpret_cast<std::byte*>(result.memory.slots[s].data() + (s < 4 ? offset : 0));
  const ChainFn chain = kernels.chain(links.data(), links.size());
  const bool sums = links.back().code == Code::Sum, maxima = links.back().code == Code::Max;
  void* const accumulator = sums ? static_cast<void*>(result.sums) : result.maxima;
  bool streams = false;
  for (const Link& link : links) streams = streams || link.code == Code::Stream;
  chain({links.data(), links.size(), slots, sums || maxima ? accumulator : nullptr, true, streams},
        kRows, n);
  return result;
}

// Sums may be of another order.
bool same(const Result& a, const Result& b) {
  bool close = true;
  for (size_t r = 0; r < kRows; ++r) {
    const double x = a.sums[r], y = b.sums[r];
    close = close && (x == y || (x != x && y != y) || std::abs(x - y) < 1e-5 * std::abs(y));
  }
  return close && std::memcmp(a.maxima, b.maxima, sizeof a.maxima) == 0 &&
         std::memcmp(a.memory.slots[3].data(), b.memory.slots[3].data(),
                     kRows * kStep * sizeof(float)) == 0;
}

Link each(Code code, uint16_t slot) { return {code, Reach::Element, slot, kStep}; }
Link row(Code code, uint16_t slot) { return {code, Reach::Row, slot}; }

const std::vector<std::vector<Link>>& chains() {
  const Link load = each(Code::Load, 0), store = each(Code::Store, 3);
  const Link centre = row(Code::Subtract, 4), scale = row(Code::Multiply, 5);
  const Link gain = each(Code::Multiply, 1), bias = each(Code::Add, 2);
  static const std::vector<std::vector<Link>> all = {
      {load, {Code::Square}, {Code::Sum}},
      {load, centre, {Code::Square}, {Code::Sum}},
      {load, scale, store},
      {load, scale, gain, store},
      {load, centre, scale, store},
      {load, centre, scale, gain, bias, store},
      {load, centre, scale, gain, bias, store, {Code::Max}},
      {load, scale, {Code::Max}},
      {load, centre, {Code::Exp}, {Code::Sum}},
      {load, centre, {Code::Exp}, store, {Code::Sum}},
      {load, row(Code::Divide, 5), store},
      {load, row(Code::Divide, 5), each(Code::Stream, 3)},
      {load, bias, store},
      {load, bias, each(Code::Add, 1), store},
      {load, gain, bias, store},
  };
  return all;
}

}  // namespace

VORAB_TEST(passes_are_their_chains) {
  for (const char* cpu : {"baseline", "avx2", "avx512"}) {
    const KernelTable* kernels = nullptr;
    try {
      kernels = choose_kernels(cpu).kernels;
    } catch (const Unsupported&) {
      continue;
    }
    for (size_t c = 0; c < chains().size(); ++c) {
      std::vector<Link> links = chains()[c], longer = links, fetching = links;
      longer.insert(longer.begin(), each(Code::Load, 0));  // a chain that no loop is made for
      fetching.insert(fetching.begin(), each(Code::Fetch, 1));
      const bool has_loop = kernels->chain(links.data(), links.size()) !=
                            kernels->chain(longer.data(), longer.size());
      CHECK(has_loop || std::strcmp(cpu, "baseline") == 0, cpu);
      for (size_t n : {1, 7, 16, 100, 128, 129, 333, 1000, 1024}) {
        for (size_t offset : {0, 3}) {
          const std::string where = std::string(cpu) + " chain " + std::to_string(c) + " of " +
                                    std::to_string(n) + " from " + std::to_string(offset);
          const Result expected = run(*kernels, longer, n, offset);
          CHECK(same(run(*kernels, links, n, offset), expected), where);
          CHECK(same(run(*kernels, fetching, n, offset), expected), where);
        }
      }
    }
  }
}

// The second chain stores over what the first one loads.
VORAB_TEST(pairs_are_their_chains) {
  const std::vector<Link> first{each(Code::Load, 3), row(Code::Divide, 5), each(Code::Stream, 1)};
  const std::vector<Link> second{each(Code::Fetch, 2), each(Code::Load, 0),  row(Code::Subtract, 4),
                                 {Code::Exp},          each(Code::Store, 3), {Code::Sum}};
  for (const char* cpu : {"avx2", "avx512"}) {
    const KernelTable* kernels = nullptr;
    try {
      kernels = choose_kernels(cpu).kernels;
    } catch (const Unsupported&) {
      continue;
    }
    const PairFn pair = kernels->pair(first.data(), first.size(), second.data(), second.size());
    CHECK(pair != nullptr, cpu);
    CHECK(kernels->pair(second.data(), second.size(), first.data(), first.size()) == nullptr, cpu);
    for (size_t n : {1, 7, 16, 100, 128, 129, 333, 1000, 1024}) {
      for (size_t offset : {0, 3}) {
        Result apart, together;
        for (Result* result : {&apart, &together}) {
          std::vector<Link> links[] = {first, second};
          std::byte* slots[6];
          for (int s = 0; s < 6; ++s)
            slots[s] = reinterpret_cast<std::byte*>(result->memory.slots[s].data() +
                                                    (s == 1 ? offset : 0));
          const Chain a{links[0].data(), first.size(), slots, nullptr, true, true};
          const Chain b{links[1].data(), second.size(), slots, result->sums, true, false};
          if (result == &together) {
            pair(a, b, kRows, n);
          } else {
            kernels->chain(links[0].data(), first.size())(a, kRows, n);
            kernels->chain(links[1].data(), second.size())(b, kRows, n);
          }
        }
        CHECK(same(apart, together) && apart.memory.slots[1] == together.memory.slots[1],
              std::string(cpu) + " of " + std::to_string(n) + " from " + std::to_string(offset));
      }
    }
  }
}

}  // namespace vorab::blas::test
