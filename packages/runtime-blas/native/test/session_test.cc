// Sessions through the C table: bindings, state, aliasing, tensors, cancelling, routines,
// statistics.
#include <atomic>
#include <cstring>

#include "../pool.h"
#include "check.h"
#include "program.h"

extern "C" const vorab_backend* vorab_backend_v1();

namespace vorab::blas::test {
namespace {

// y[n, 3] = x * 2 for symbolic n.
struct Doubler {
  Program program;
  Doubler() {
    const uint32_t n = program.symbol("N", 1000), three = program.expr(3);
    const uint32_t type = program.type(Dt::F32, {n, three});
    const uint32_t x = program.input(type), y = program.output(type);
    TapeBuilder t({0, 0});
    t.store(y, t.scalar("mul", {t.load(x, Dt::F32, {3, 1}), t.constant(2)}), {3, 1});
    auto fused = program.fused(t.source);
    fused->dims = {n, three};
    fb::StepBodyUnion body;
    body.Set(std::move(*fused));
    program.step(std::move(body));
  }
};

}  // namespace

VORAB_TEST(bindings) {
  Doubler doubler;
  Runner runner(doubler.program, "{\"threads\": 2}");
  for (int64_t n : {5, 0, 1, 1000, 5, 7}) {
    const auto y = floats(
        runner.run({ramp(static_cast<size_t>(n) * 3)}, {static_cast<size_t>(n) * 12}, {n})[0]);
    for (size_t i = 0; i < y.size(); ++i) CHECK(y[i] == 2 * static_cast<float>(i));
  }
  CHECK(runner.stats().builds == 5 && runner.stats().cache_hits == 1 && runner.stats().runs == 6);
  CHECK(status_of([&] { runner.run({ramp(3003)}, {12012}, {1001}); }) == VORAB_INVALID);
  const uint64_t allocations = runner.stats().allocations;
  for (int i = 0; i < 100; ++i) runner.run({ramp(15)}, {60}, {5});
  CHECK(runner.stats().allocations == allocations);
}

// 2^-140 doubled, on all threads, and whatever another session of the same pool asks for.
VORAB_TEST(denormals) {
  Doubler doubler;
  Runner keeps(doubler.program, "{\"threads\": 2}");
  Runner flushes(doubler.program, "{\"threads\": 2, \"denormals\": \"flush\"}");
  constexpr int64_t n = 1000;
  const std::vector<float> values(3 * n, 0x1p-140f);
  Bytes tiny(n * 12);
  std::memcpy(tiny.data(), values.data(), tiny.size());
  const float exact = 0x1p-139f;
  for (int i = 0; i < 50; ++i) {
    for (float y : floats(keeps.run({tiny}, {n * 12}, {n})[0])) CHECK(y == exact);
    for (float y : floats(flushes.run({tiny}, {n * 12}, {n})[0])) CHECK(y == 0);
  }
  volatile float half = exact / 2;
  CHECK(half == 0x1p-140f);  // the caller's mode is as it was
}

VORAB_TEST(evictions) {
  Doubler doubler;
  Runner runner(doubler.program);
  for (int64_t n = 1; n <= 40; ++n)
    runner.run({ramp(static_cast<size_t>(n) * 3)}, {static_cast<size_t>(n) * 12}, {n});
  CHECK(runner.stats().cache_evictions == 8);
  Runner three(doubler.program, "{\"cache\":3}");
  for (int64_t n : {1, 2, 3, 1, 4, 1, 2})
    three.run({ramp(static_cast<size_t>(n) * 3)}, {static_cast<size_t>(n) * 12}, {n});
  // 2 was used least recently when 4 came.
  CHECK(three.stats().cache_evictions == 2 && three.stats().cache_hits == 2);
  CHECK(three.stats().cache_misses == 5 && three.stats().builds == 5);
}

VORAB_TEST(outputs_over_inputs) {
  Program program;
  const uint32_t type = program.fixed(Dt::F32, {600});
  const uint32_t x = program.input(type), y = program.output(type);
  TapeBuilder t({600});
  t.store(y, t.load(x, Dt::F32, {-1}, 599), {1});
  program.tape(t.source);
  Runner runner(program);
  Bytes data = ramp(600);
  std::vector<vorab_output> out = {{data.data(), nullptr, 0}};
  runner.run_raw({{nullptr, data.data()}}, out);
  const auto reversed = floats(data);
  for (size_t i = 0; i < 600; ++i) CHECK(reversed[i] == static_cast<float>(599 - i));
  CHECK(runner.stats().copies_out == 1 && runner.stats().bytes_out == 2400);
  // An input that is not aligned is copied first.
  Bytes odd(2401), result(2400);
  std::memcpy(odd.data() + 1, ramp(600).data(), 2400);
  out = {{result.data(), nullptr, 0}};
  runner.run_raw({{nullptr, odd.data() + 1}}, out);
  CHECK(floats(result)[0] == 599 && runner.stats().copies_in == 1);
}

VORAB_TEST(tensors_come_and_go) {
  Doubler doubler;
  Runner runner(doubler.program);
  const vorab_backend& backend = *vorab_backend_v1();
  vorab_error error{};
  vorab_type type{static_cast<uint8_t>(Dt::F32), 2, {2, 3}};
  vorab_tensor* x = nullptr;
  CHECK(backend.tensor_create(runner.session(), &type, ramp(6).data(), &x, &error) == VORAB_OK);
  std::vector<vorab_output> out = {{nullptr, nullptr, 0}};
  for (int i = 0; i < 3; ++i) {
    runner.run_raw({{x, nullptr}}, out, {2});
    backend.tensor_release(runner.session(), x);
    x = out[0].tensor;
  }
  Bytes result(24);
  CHECK(backend.tensor_read(runner.session(), x, result.data(), 24, &error) == VORAB_OK);
  CHECK(floats(result)[5] == 40);
  vorab_type found{};
  backend.tensor_type(x, &found);
  CHECK(found.rank == 2 && found.shape[0] == 2 && found.shape[1] == 3);
  CHECK(runner.stats().tensors_live == 1);
  backend.tensor_release(runner.session(), x);
  out[0] = {nullptr, nullptr, 1};
  runner.run_raw({{nullptr, ramp(6).data()}}, out, {2});
  CHECK(out[0].tensor == nullptr && runner.stats().tensors_live == 0);
}

VORAB_TEST(state_in_place_and_cancel) {
  Program program;
  const uint32_t type = program.fixed(Dt::F32, {4});
  const uint32_t x = program.input(type), s = program.state(type), y = program.output(type);
  const uint32_t square = program.arena(type, 16);
  TapeBuilder first({4});
  first.store(square,
              first.scalar("mul", {first.load(x, Dt::F32, {1}), first.load(x, Dt::F32, {1})}), {1});
  program.tape(first.source);
  TapeBuilder second({4});
  const auto old = second.load(s, Dt::F32, {1});
  second.store(y, old, {1});
  second.store(s, second.scalar("add", {old, second.load(square, Dt::F32, {1})}), {1});
  second.source.accesses[0].place.space = second.source.accesses[2].place.space = 7;
  program.tape(second.source);
  program.plan().first_write = 1;
  program.program.entries[0]->reads = {0};
  program.program.entries[0]->writes = {0};
  Runner runner(program);
  const auto zero = runner.run({ramp(4)}, {16});
  CHECK(floats(zero[0])[3] == 0 && floats(runner.state(0, 16))[3] == 9);
  const auto nine = runner.run({ramp(4)}, {16});
  CHECK(floats(nine[0])[3] == 9 && floats(runner.state(0, 16))[3] == 18);
  const int32_t cancel = 1;
  CHECK(status_of([&] { runner.run({ramp(4)}, {16}, {}, &cancel); }) == VORAB_ABORTED);
  CHECK(floats(runner.state(0, 16))[3] == 18);
  runner.set_state(0, ramp(4));
  CHECK(floats(runner.state(0, 16))[3] == 3);
  CHECK(status_of([&] { runner.state(0, 12); }) == VORAB_INVALID &&
        status_of([&] { runner.state(1, 16); }) == VORAB_INVALID);
  CHECK(runner.stats().arena_bytes == 64);
}

VORAB_TEST(indexed_routines) {
  Program program;
  const uint32_t x = program.input(program.fixed(Dt::F32, {2, 3})),
                 i = program.input(program.fixed(Dt::I32, {4}));
  const uint32_t gathered = program.output(program.fixed(Dt::F32, {2, 4})),
                 added = program.output(program.fixed(Dt::F32, {2, 3}));
  const uint32_t best = program.output(program.fixed(Dt::I32, {2}));
  program.apply("gather", {x, i}, {gathered}, {int_attribute(1)});
  program.apply("argMax", {x}, {best}, {int_attribute(1)});
  const uint32_t updates = program.input(program.fixed(Dt::F32, {2, 4}));
  program.apply("scatterAdd", {x, i, updates}, {added}, {int_attribute(1)});
  Runner runner(program);
  const auto out =
      runner.run({bytes_of<float>({1, 5, 5, 7, 2, 0}), bytes_of<int32_t>({2, -1, 9, 1}),
                  bytes_of<float>({1, 10, 100, 1000, 2, 20, 200, 2000})},
                 {32, 24, 8});
  CHECK(out[0] == bytes_of<float>({5, 1, 5, 5, 0, 7, 0, 2}));
  CHECK(out[1] == bytes_of<float>({1, 1005, 6, 7, 2002, 2}));
  CHECK(out[2] == bytes_of<int32_t>({1, 0}));
}

VORAB_TEST(routines_check_their_shapes) {
  Program program;
  const uint32_t x = program.input(program.fixed(Dt::F32, {2, 3})),
                 i = program.input(program.fixed(Dt::I32, {4}));
  const uint32_t out = program.output(program.fixed(Dt::F32, {2, 5}));
  program.apply("gather", {x, i}, {out}, {int_attribute(1)});
  Runner runner(program);
  CHECK(status_of([&] { runner.run({Bytes(24), Bytes(16)}, {40}); }) == VORAB_INVALID);
}

VORAB_TEST(options) {
  Doubler doubler;
  CHECK(status_of([&] { Runner(doubler.program, "{\"threads\": 0}"); }) == VORAB_INVALID);
  CHECK(status_of([&] { Runner(doubler.program, "{\"cpu\": \"z80\"}"); }) == VORAB_UNSUPPORTED);
  CHECK(status_of([&] { Runner(doubler.program, "{\"cpu\":\"baseline\",\"threads\":1}"); }) ==
        VORAB_OK);
  CHECK(std::string(vorab_backend_v1()->describe()).find("\"kernels\"") != std::string::npos);
}

// A worker that is about to sleep is woken as well.
VORAB_TEST(pools_end_at_any_time) {
  std::atomic<int> done{0};
  for (int i = 0; i < 3000; ++i) {
    Pool pool(3);
    if (i % 2 == 0) pool.run(4, [&](int64_t, int) { ++done; });
  }
  CHECK(done == 6000);
}

}  // namespace vorab::blas::test
