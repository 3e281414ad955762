// What a step that has run before leaves alone: the heap, and fresh pages.
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "../pool.h"
#include "../steps/contract_step.h"
#include "check.h"
#include "program.h"

extern "C" const vorab_backend* vorab_backend_v1();

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* data = std::aligned_alloc(alignment, rounded > 0 ? rounded : alignment);
  if (data == nullptr) throw std::bad_alloc();
  return data;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, std::size_t, std::align_val_t) noexcept { std::free(data); }

namespace vorab::blas::test {
namespace {

constexpr int kSteps = 1000;

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

struct Spent {
  long allocations, faults;
};

// Of 1,000 calls after the first.
template <class Body>
Spent steady(const Body& body) {
  body();
  const Spent before{allocations.load(), page_faults()};
  for (int i = 0; i < kSteps; ++i) body();
  return {allocations.load() - before.allocations, page_faults() - before.faults};
}

// A few pages are the system's own: those of a thread that slept, or of a counter.
void check(const Spent& spent) {
  CHECK(spent.allocations == 0);
  CHECK(spent.faults < 16);
}

}  // namespace

VORAB_TEST(steady_sessions) {
  Program program;
  const uint32_t image = program.fixed(Dt::F32, {2, 8, 8, 3});
  const uint32_t x = program.input(image),
                 kernel = program.input(program.fixed(Dt::F32, {3, 3, 3, 5})),
                 index = program.input(program.fixed(Dt::I32, {4}));
  const uint32_t y = program.output(program.fixed(Dt::F32, {2, 6, 6, 5})),
                 rows = program.output(program.fixed(Dt::F32, {2, 4, 8, 3})),
                 sums = program.output(program.fixed(Dt::F32, {128, 1}));
  program.apply("conv", {x, kernel}, {y},
                {ints_attribute({1, 1}), shape_attribute({program.expr(0), program.expr(0)}),
                 shape_attribute({program.expr(0), program.expr(0)}), ints_attribute({1, 1}),
                 ints_attribute({1, 1}), int_attribute(1)});
  program.apply("gather", {x, index}, {rows}, {int_attribute(1)});
  TapeBuilder t({128, 3}, 1);
  t.store(sums, t.reduce(Reduction::Sum, t.scalar("exp", {t.load(x, Dt::F32, {3, 1})})), {1, 0});
  program.tape(t.source);
  Runner runner(program, "{\"threads\": 2}");
  const Bytes pixels = ramp(2 * 8 * 8 * 3), taps = ramp(3 * 3 * 3 * 5);
  const Bytes picked = bytes_of<int32_t>({0, 3, 7, 1});
  Bytes results[] = {Bytes(2 * 6 * 6 * 5 * 4), Bytes(2 * 4 * 8 * 3 * 4), Bytes(128 * 4)};
  const std::vector<vorab_input> inputs = {
      {nullptr, pixels.data()}, {nullptr, taps.data()}, {nullptr, picked.data()}};
  std::vector<vorab_output> outputs;
  for (Bytes& result : results) outputs.push_back({result.data(), nullptr, 0});
  const int64_t symbols[] = {0};
  vorab_error error{};
  check(steady([&] {
    const int status = vorab_backend_v1()->run(runner.session(), 0, symbols, inputs.data(),
                                               outputs.data(), nullptr, &error);
    CHECK(status == VORAB_OK);
  }));
  CHECK(floats(results[1])[24] == 72);  // row 3 of the first image
}

VORAB_TEST(steady_products) {
  for (const int64_t m : {5, 200}) {  // by the BLAS, and by tiles
    const int64_t n = 96, k = 256;
    TapeBuilder t({m, n});
    const auto acc = t.load(kAccValue, Dt::F32, {0, 0});
    t.source.accesses[0].place.space = kAccSpace;
    const auto bias = t.load(2, Dt::F32, {0, 1});
    t.store(3, t.scalar("maximum", {t.scalar("add", {acc, bias}), bias}), t.dense());
    ContractSource source;
    source.m = m, source.n = n, source.k = k;
    source.a = {
        0, Dt::F32, {0, 0, 0}, 0, {1024, 0, 1}};  // rows crowd the cache, so they are packed
    source.b = {1, Dt::F32, {1, 0, 0}, 0, {0, 1, n}};
    source.epilogue = t.source;
    source.acc = 0;
    ContractStep step(source, *choose_kernels("").kernels);
    Bytes data[] = {ramp(static_cast<size_t>(m * 1024)), ramp(static_cast<size_t>(k * n)),
                    ramp(static_cast<size_t>(n)), Bytes(static_cast<size_t>(m * n) * 4)};
    std::vector<std::byte*> values;
    for (Bytes& bytes : data) values.push_back(bytes.data());
    const auto pool = Pool::shared(2);
    const auto bytes = static_cast<uint64_t>(step.scratch_bytes());
    const Memory first(bytes), second(bytes);
    const Memory workspace(static_cast<uint64_t>(step.workspace_bytes()));
    const std::vector<std::byte*> scratch = {first.data(), second.data()};
    check(steady([&] { step.run({values.data(), *pool, scratch, workspace.data()}); }));
  }
}

}  // namespace vorab::blas::test
