// Residency, the function cache and transfers.
#include "runtime-mlx/native/test/session.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <thread>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/samples.h"

namespace vorab::test {
namespace {

constexpr auto F32 = fb::DType::F32;

VORAB_TEST(states_live_across_calls) {
  const Built built = accumulator();
  Session session(built);
  const Array x = f32({3}, {1, 2, 3});
  for (int run = 1; run <= 5; ++run) {
    const Array shown = session.run(0, {x}, {zeros(F32, {3})}).front();
    CHECK_EQUAL(shown.values()[1], -2.0 * run);
  }
  CHECK_EQUAL(session.state(0, zeros(F32, {3})).values()[2], 15.0);
  session.set_state(0, f32({3}, {10, 20, 30}));
  CHECK_EQUAL(session.run(0, {x}, {zeros(F32, {3})}).front().values()[0], -11.0);
}

VORAB_TEST(states_start_as_zeros) {
  const Built built = accumulator();
  Session session(built);
  CHECK_EQUAL(session.state(0, f32({3}, {1, 1, 1})).values()[1], 0.0);
}

VORAB_TEST(a_call_copies_its_inputs_and_outputs_and_nothing_else) {
  const Built built = accumulator();
  Session session(built);
  const vorab_stats before = session.stats();
  CHECK_EQUAL(before.copies_in + before.copies_out + before.copies_device, 0u);
  for (int run = 0; run < 10; ++run) session.run(0, {f32({3}, {1, 2, 3})}, {zeros(F32, {3})});
  const vorab_stats after = session.stats();
  CHECK_EQUAL(after.copies_in, 10u);
  CHECK_EQUAL(after.bytes_in, 120u);
  CHECK_EQUAL(after.copies_out, 10u);
  CHECK_EQUAL(after.copies_device, 0u);
  CHECK_EQUAL(after.builds, 1u);
  CHECK_EQUAL(after.cache_hits, 9u);
  CHECK_EQUAL(after.runs, 10u);
  CHECK_EQUAL(after.steps, 20u);
}

VORAB_TEST(tensors_pass_from_call_to_call_without_a_copy) {
  const Built built = accumulator();
  Session session(built);
  vorab_tensor* tensor = session.tensor(f32({3}, {1, 2, 3}));
  std::vector<vorab_output> outputs(1);
  session.run(0, {vorab_input{tensor, nullptr}}, outputs);
  vorab_tensor* first = outputs[0].tensor;
  outputs[0] = {};
  session.run(0, {vorab_input{first, nullptr}}, outputs);
  const vorab_stats stats = session.stats();
  CHECK_EQUAL(stats.copies_in, 1u);
  CHECK_EQUAL(stats.copies_out, 0u);
  CHECK_EQUAL(stats.tensors_live, 3u);
  CHECK_EQUAL(session.read(first).values()[2], -3.0);
  CHECK_EQUAL(session.read(outputs[0].tensor).values()[2], 0.0);
  for (vorab_tensor* live : {tensor, first, outputs[0].tensor}) session.release(live);
  CHECK_EQUAL(session.stats().tensors_live, 0u);
}

VORAB_TEST(an_output_that_nobody_wants_is_skipped) {
  const Built built = accumulator();
  Session session(built);
  std::vector<vorab_output> outputs(1);
  outputs[0].skip = 1;
  const Array x = f32({3}, {1, 2, 3});
  session.run(0, {vorab_input{nullptr, x.bytes.data()}}, outputs);
  CHECK(outputs[0].tensor == nullptr);
  CHECK_EQUAL(session.state(0, zeros(F32, {3})).values()[0], 1.0);
}

VORAB_TEST(two_hundred_bindings_through_a_cache_of_sixteen) {
  const Built built = doubler();
  Session session(built);
  for (int64_t n = 0; n < 200; ++n) {
    const Array x = f32({n}, std::vector<double>(static_cast<size_t>(n), 1.5));
    const Array y = session.run(0, {x}, {zeros(F32, {n})}, {n}).front();
    for (const double value : y.values()) CHECK_EQUAL(value, 3.0);
  }
  const vorab_stats stats = session.stats();
  CHECK_EQUAL(stats.builds, 200u);
  CHECK_EQUAL(stats.cache_evictions, 184u);
  CHECK(stats.build_ns > 0);
}

VORAB_TEST(the_cache_keeps_what_was_used_last) {
  const Built built = doubler();
  Session session(built, R"({"threads": 2, "nested": {"a": [1, "}"]}, "cache": 2})");
  const auto run = [&](int64_t n) { session.run(0, {zeros(F32, {n})}, {zeros(F32, {n})}, {n}); };
  run(1), run(2), run(1), run(3), run(1);
  const vorab_stats stats = session.stats();
  CHECK_EQUAL(stats.builds, 3u);
  CHECK_EQUAL(stats.cache_hits, 2u);
  CHECK_EQUAL(stats.cache_evictions, 1u);
}

VORAB_TEST(an_entry_of_many_sizes_takes_nothing_from_another) {
  ProgramBuilder program;
  const uint32_t type = program.type_of(F32, {program.symbol("N", 1000)});
  for (const char* name : {"one", "other"}) {
    EntryBuilder entry = program.entry(name);
    const uint32_t x = entry.input(type);
    entry.output(entry.apply(OP_neg, {x}, type));
  }
  const Built built = program.finish();
  Session session(built, R"({"cache": 2})");
  const auto run = [&](uint32_t entry, int64_t n) {
    session.run(entry, {zeros(F32, {n})}, {zeros(F32, {n})}, {n});
  };
  run(1, 5);
  for (int64_t n = 1; n <= 10; ++n) run(0, n);
  run(1, 5);
  CHECK_EQUAL(session.stats().cache_hits, 1u);
  CHECK_EQUAL(session.count(VORAB_CAUSE_EVICTION).count, 8u);
}

// Memory with these data, as a caller of the table fills it.
vorab_staged* staged(const Array& data, void*& memory) {
  vorab_staged* made = backend().stage(data.bytes.size(), &memory);
  std::copy(data.bytes.begin(), data.bytes.end(), static_cast<uint8_t*>(memory));
  return made;
}

VORAB_TEST(staged_memory_is_taken_over) {
  const Built built = accumulator();
  Session session(built);
  const Array x = f32({3}, {1, 2, 3});
  void* memory = nullptr;
  vorab_staged* input = staged(x, memory);
  std::vector<vorab_output> outputs(1);
  session.run(0, {vorab_input{nullptr, memory}}, outputs);
  backend().unstage(input);
  CHECK_EQUAL(session.read(outputs[0].tensor).values()[2], -3.0);
  session.release(outputs[0].tensor);
  CHECK_EQUAL(session.stats().copies_in, 0u);
  CHECK_EQUAL(session.count(VORAB_CAUSE_INPUT_MEMORY).bytes, 12u);
  CHECK_EQUAL(session.count(VORAB_CAUSE_OUTPUT_READ).bytes, 12u);
  // What nobody takes is given back.
  backend().unstage(staged(x, memory));
}

// A call's inputs are given back when its promise settles; by then MLX may have freed them, and the
// next call's inputs may lie in their place.
VORAB_TEST(giving_staged_memory_back_late_takes_nothing_from_others) {
  const Built built = accumulator();
  Session session(built);
  std::vector<vorab_staged*> late;
  for (int run = 1; run <= 20; ++run) {
    void* memory = nullptr;
    vorab_staged* input = staged(f32({3}, {1, 2, 3}), memory);
    if (run > 1) backend().unstage(late.back());
    std::vector<vorab_output> outputs(1);
    outputs[0].skip = 1;
    session.run(0, {vorab_input{nullptr, memory}}, outputs);
    late.push_back(input);
  }
  backend().unstage(late.back());
  CHECK_EQUAL(session.stats().copies_in, 0u);
  CHECK_EQUAL(session.state(0, zeros(F32, {3})).values()[2], 60.0);
}

VORAB_TEST(prepare_builds_ahead) {
  const Built built = doubler();
  Session session(built);
  session.prepare(0, {7});
  CHECK_EQUAL(session.stats().builds, 1u);
  session.run(0, {zeros(F32, {7})}, {zeros(F32, {7})}, {7});
  CHECK_EQUAL(session.stats().builds, 1u);
  CHECK_EQUAL(session.stats().cache_hits, 1u);
}

VORAB_TEST(constants_are_shared_by_all_runs) {
  ProgramBuilder program;
  const uint32_t type = program.type(F32, {4});
  const uint32_t data = program.constant(f32({4}, {1, 2, 3, 4}));
  EntryBuilder entry = program.entry("run");
  const uint32_t x = entry.input(type);
  const uint32_t direct = entry.value(type, fb::Storage::Constant, data);
  const uint32_t node = entry.apply(OP_constant, {}, type, {constant(data)});
  const uint32_t sum = entry.apply(OP_add, {direct, node}, type);
  entry.output(entry.apply(OP_mul, {sum, x}, type));
  const Built built = program.finish();
  Session session(built);
  const Array x_data = f32({4}, {1, 10, 100, 1000});
  CHECK_EQUAL(session.run(0, {x_data}, {zeros(F32, {4})}).front().values()[3], 8000.0);
  const uint64_t copies = session.stats().copies_in;
  session.run(0, {x_data}, {zeros(F32, {4})});
  CHECK_EQUAL(session.stats().copies_in, copies + 1);
}

VORAB_TEST(a_state_passes_unread_layouts_on_as_dense_ones) {
  ProgramBuilder program;
  const uint32_t type = program.type(F32, {2, 3});
  const uint32_t turned = program.type(F32, {3, 2});
  const uint32_t w = program.state("w", turned);
  EntryBuilder entry = program.entry("run");
  const uint32_t x = entry.input(type);
  entry.write(w, entry.apply(OP_transpose, {x}, turned, {ints({1, 0})}));
  const Built built = program.finish();
  Session session(built);
  session.run(0, {f32({2, 3}, {1, 2, 3, 4, 5, 6})}, {});
  const std::vector<double> found = session.state(0, zeros(F32, {3, 2})).values();
  CHECK_EQUAL(found[1], 4.0);
  CHECK_EQUAL(session.stats().copies_device, 1u);
  CHECK_EQUAL(session.stats().bytes_device, 24u);
}

VORAB_TEST(aliases_read_and_write_through) {
  ProgramBuilder program;
  const uint32_t flat = program.type(F32, {6});
  const uint32_t square = program.type(F32, {2, 3});
  const uint32_t bits = program.type(fb::DType::I32, {3, 2});
  EntryBuilder entry = program.entry("run");
  const uint32_t x = entry.input(flat);
  const uint32_t seen = entry.value(square, fb::Storage::Alias, x);
  const uint32_t out = entry.apply(OP_neg, {seen}, square);
  entry.output(out);
  const uint32_t home = entry.value(flat, fb::Storage::Device, 0);
  const uint32_t through = entry.value(square, fb::Storage::Alias, home);
  entry.step(OP_neg, {seen}, {through});
  const uint32_t as_bits = entry.value(bits, fb::Storage::Alias, home);
  entry.output(entry.apply(OP_reshape, {as_bits}, bits, {shape({})}));
  const Built built = program.finish();
  Session session(built);
  const auto results = session.run(0, {f32({6}, {1, 2, 3, 4, 5, 6})},
                                   {zeros(F32, {2, 3}), zeros(fb::DType::I32, {3, 2})});
  CHECK_EQUAL(results[0].values()[4], -5.0);
  CHECK_EQUAL(results[1].values()[0], static_cast<double>(static_cast<int32_t>(0xbf800000)));
}

VORAB_TEST(a_thousand_runs_leave_no_memory_behind) {
  const Built built = accumulator();
  Session session(built);
  const Array x = f32({3}, {1, 2, 3});
  const auto active = [] {
    const std::string text = backend().describe();
    const size_t at = text.find("\"active\": ");
    return std::stoull(text.substr(at + 10));
  };
  session.run(0, {x}, {zeros(F32, {3})});
  const auto before = active();
  for (int run = 0; run < 1000; ++run) session.run(0, {x}, {zeros(F32, {3})});
  CHECK_EQUAL(active(), before);
  CHECK_EQUAL(session.state(0, zeros(F32, {3})).values()[0], 1001.0);
}

size_t threads_now() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

VORAB_TEST(sessions_on_threads_of_their_own_leave_no_thread_behind) {
  const Built built = accumulator();
  const auto use_one = [&] {
    std::thread([&] {
      Session session(built);
      session.run(0, {f32({3}, {1, 2, 3})}, {zeros(F32, {3})});
    }).join();
  };
  use_one();
  if (!std::filesystem::exists("/proc/self/task")) return;
  const size_t before = threads_now();
  for (int i = 0; i < 20; ++i) use_one();
  CHECK_EQUAL(threads_now(), before);
}

VORAB_TEST(two_sessions_keep_their_own_states) {
  const Built built = accumulator();
  Session first(built);
  Session second(built);
  for (int i = 0; i < 3; ++i) {
    first.run(0, {f32({3}, {1, 1, 1})}, {zeros(F32, {3})});
    second.run(0, {f32({3}, {2, 2, 2})}, {zeros(F32, {3})});
  }
  CHECK_EQUAL(first.state(0, zeros(F32, {3})).values()[0], 3.0);
  CHECK_EQUAL(second.state(0, zeros(F32, {3})).values()[0], 6.0);
}

VORAB_TEST(describe_names_device_and_reasons) {
  const std::string text = backend().describe();
  for (const char* part : {"\"name\": \"mlx\"", "\"version\"", "\"compile\"", "\"reason\"",
                           "\"kernels\": {\"available\"", "\"tf32\": false", "\"composites\""}) {
    CHECK(text.find(part) != std::string::npos);
  }
}

}  // namespace
}  // namespace vorab::test
