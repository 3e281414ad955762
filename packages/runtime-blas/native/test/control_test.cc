// Control steps through the C table: where operands, carries and results of their bodies lie, how
// often they run, what stops them, and operands that do not fit their functions.
#include <atomic>
#include <thread>
#include <utility>

#include "check.h"
#include "program.h"

namespace vorab::blas::test {
namespace {

// A function that is known by its types alone; the bodies say what it computes.
uint32_t function(Program& program, std::vector<uint32_t> parameters,
                  const std::vector<uint32_t>& results) {
  auto out = std::make_unique<fb::FunctionT>();
  out->name = "body";
  auto value = static_cast<uint32_t>(parameters.size());
  out->parameters = std::move(parameters);
  for (const uint32_t type : results) {
    out->nodes.push_back(std::make_unique<fb::NodeT>());
    out->nodes.back()->outputs = {type};
    out->results.push_back(value++);
  }
  program.program.functions.push_back(std::move(out));
  return static_cast<uint32_t>(program.program.functions.size() - 1);
}

// What `fill` adds to the plan becomes a body instead.
template <class Fill>
std::unique_ptr<fb::BodyT> body(Program& program, uint32_t carries, uint64_t arena, Fill fill) {
  auto out = std::make_unique<fb::BodyT>();
  auto& values = program.plan().values;
  auto& steps = program.plan().regions[0]->steps;
  std::swap(out->values, values);
  std::swap(out->steps, steps);
  fill();
  std::swap(out->values, values);
  std::swap(out->steps, steps);
  out->carries = carries;
  out->arena_bytes = arena;
  return out;
}

template <class T>
std::unique_ptr<fb::AttributeT> attribute(decltype(T::value) value) {
  T of;
  of.value = value;
  auto out = std::make_unique<fb::AttributeT>();
  out->value.Set(std::move(of));
  return out;
}

void step(Program& program, fb::ControlT control) {
  fb::StepBodyUnion out;
  out.Set(std::move(control));
  program.step(std::move(out));
}

// carry' = carry + 2 x through scratch; the result is carry before it, of N elements of 3.
struct Sums {
  Program program;
  fb::ControlT control;
  explicit Sums(bool reverse = false) {
    const uint32_t n = program.symbol("N", 100), three = program.expr(3);
    const uint32_t row = program.type(Dt::F32, {three}), rows = program.type(Dt::F32, {n, three});
    const uint32_t h = program.input(row), xs = program.input(rows);
    const uint32_t last = program.output(row), ys = program.output(rows);
    const uint32_t scratch = program.arena(program.fixed(Dt::U8, {64}), 64);
    control.op = op_id("scan");
    control.inputs = {h, xs};
    control.outputs = {last, ys};
    control.scratch = {scratch};
    const uint32_t of = function(program, {row, row}, {row, row});
    control.attributes.push_back(attribute<fb::FunctionAttrT>(of));
    control.attributes.push_back(attribute<fb::DimAttrT>(n));
    control.attributes.push_back(attribute<fb::IntAttrT>(1));
    control.attributes.push_back(attribute<fb::IntAttrT>(1));
    control.attributes.push_back(attribute<fb::BoolAttrT>(reverse));
    control.bodies.push_back(body(program, 1, 64, [&] { fill(row); }));
  }

  void fill(uint32_t row) {
    using fb::Storage;
    const uint32_t c = program.value(row, Storage::State, 0);
    const uint32_t x = program.value(row, Storage::Input, 1);
    const uint32_t y = program.value(row, Storage::Output, 1);
    const uint32_t t = program.value(row, Storage::Arena, 0, 0, 64);
    TapeBuilder first({3});
    first.store(t, first.scalar("mul", {first.load(x, Dt::F32, {1}), first.constant(2)}), {1});
    program.tape(first.source);
    TapeBuilder second({3});
    const uint16_t before = second.load(c, Dt::F32, {1});
    const uint16_t after = second.scalar("add", {before, second.load(t, Dt::F32, {1})});
    second.store(y, before, {1});
    second.store(c, after, {1});
    program.tape(second.source);
  }

  Program& finished() {
    step(program, std::move(control));
    return program;
  }
};

// x doubles for as long as it is less than a limit.
struct Doubling {
  Program program;
  Doubling() {
    const uint32_t scalar = program.fixed(Dt::F32, {}), truth = program.fixed(Dt::Bool, {});
    const uint32_t x = program.input(scalar), limit = program.input(scalar);
    const uint32_t out = program.output(scalar);
    fb::ControlT control;
    control.op = op_id("whileLoop");
    control.inputs = {x, limit};
    control.outputs = {out};
    const uint32_t cond = function(program, {scalar, scalar}, {truth});
    const uint32_t again = function(program, {scalar, scalar}, {scalar});
    control.attributes.push_back(attribute<fb::FunctionAttrT>(cond));
    control.attributes.push_back(attribute<fb::FunctionAttrT>(again));
    control.attributes.push_back(attribute<fb::IntAttrT>(1));
    using fb::Storage;
    control.bodies.push_back(body(program, 0, 0, [&] {
      const uint32_t a = program.value(scalar, Storage::Input, 0);
      const uint32_t b = program.value(scalar, Storage::Input, 1);
      const uint32_t holds = program.value(truth, Storage::Output, 0);
      TapeBuilder t({});
      const uint16_t left = t.load(a, Dt::F32, {});
      t.store(holds, t.scalar("less", Dt::Bool, {left, t.load(b, Dt::F32, {})}), {});
      program.tape(t.source);
    }));
    control.bodies.push_back(body(program, 1, 0, [&] {
      const uint32_t c = program.value(scalar, Storage::State, 0);
      TapeBuilder t({});
      const uint16_t before = t.load(c, Dt::F32, {});
      t.store(c, t.scalar("add", {before, before}), {});
      program.tape(t.source);
    }));
    step(program, std::move(control));
  }
};

// One of two operands.
struct Choice {
  Program program;
  Choice() {
    const uint32_t row = program.fixed(Dt::F32, {2}), truth = program.fixed(Dt::Bool, {});
    const uint32_t p = program.input(truth), a = program.input(row), b = program.input(row);
    const uint32_t out = program.output(row);
    fb::ControlT control;
    control.op = op_id("cond");
    control.inputs = {p, a, b};
    control.outputs = {out};
    for (const uint32_t taken : {0u, 1u}) {
      control.attributes.push_back(
          attribute<fb::FunctionAttrT>(function(program, {row, row}, {row})));
      control.bodies.push_back(body(program, 0, 0, [&] {
        const uint32_t from = program.value(row, fb::Storage::Input, taken);
        const uint32_t to = program.value(row, fb::Storage::Output, 0);
        TapeBuilder t({2});
        t.store(to, t.load(from, Dt::F32, {1}), {1});
        program.tape(t.source);
      }));
    }
    step(program, std::move(control));
  }
};

}  // namespace

VORAB_TEST(scan_runs_over_elements) {
  for (const bool reverse : {false, true}) {
    Sums sums(reverse);
    Runner runner(sums.finished(), "{\"threads\": 2}");
    for (const int64_t n : {3, 0, 1, 100, 3}) {
      const auto rows = static_cast<size_t>(n) * 3;
      const auto out = runner.run({ramp(3), ramp(rows)}, {12, rows * 4}, {n});
      std::vector<float> carry = {0, 1, 2};
      std::vector<float> expected(rows);
      for (int64_t step = 0; step < n; ++step) {
        const auto at = static_cast<size_t>(reverse ? n - 1 - step : step);
        for (size_t i = 0; i < 3; ++i) {
          expected[at * 3 + i] = carry[i];
          carry[i] += 2 * static_cast<float>(at * 3 + i);
        }
      }
      CHECK(floats(out[0]) == carry);
      CHECK(floats(out[1]) == expected);
    }
  }
}

VORAB_TEST(scan_allocates_nothing) {
  Sums sums;
  Runner runner(sums.finished());
  const auto run = [&] { runner.run({ramp(3), ramp(30)}, {12, 120}, {10}); };
  run();
  const uint64_t before = runner.stats().allocations;
  run();
  CHECK(runner.stats().allocations == before);
}

VORAB_TEST(while_runs_until_data_say) {
  Doubling doubling;
  Runner runner(doubling.program);
  const auto last = [&](float x, float limit) {
    return floats(runner.run({bytes_of({x}), bytes_of({limit})}, {4})[0])[0];
  };
  CHECK(last(1, 100) == 128);
  CHECK(last(1, 1) == 1);
}

VORAB_TEST(while_is_cancelled) {
  Doubling doubling;
  Runner runner(doubling.program);
  int32_t cancel = 0;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    __atomic_store_n(&cancel, 1, __ATOMIC_RELEASE);
  });
  CHECK(status_of([&] { runner.run({bytes_of({0.0f}), bytes_of({1.0f})}, {4}, {}, &cancel); }) ==
        VORAB_ABORTED);
  other.join();
}

VORAB_TEST(cond_takes_one_branch) {
  Choice choice;
  Runner runner(choice.program);
  for (const bool holds : {true, false}) {
    const Bytes pred = {std::byte{holds}};
    const auto out = runner.run({pred, bytes_of({1.0f, 2.0f}), bytes_of({3.0f, 4.0f})}, {8});
    CHECK(floats(out[0]) == (holds ? std::vector<float>{1, 2} : std::vector<float>{3, 4}));
  }
}

VORAB_TEST(control_refuses_what_does_not_fit) {
  const auto run = [](auto change) {
    Sums sums;
    change(sums);
    return status_of([&] {
      Runner runner(sums.finished());
      runner.run({ramp(3), ramp(6)}, {12, 24}, {2});
    });
  };
  CHECK(run([](Sums&) {}) == VORAB_OK);
  CHECK(run([](Sums& s) { s.control.op = op_id("matmul"); }) == VORAB_UNSUPPORTED);
  CHECK(run([](Sums& s) { s.control.inputs.pop_back(); }) == VORAB_INVALID);
  CHECK(run([](Sums& s) { s.control.inputs = {1, 0}; }) == VORAB_INVALID);
  CHECK(run([](Sums& s) { s.control.outputs = {3, 2}; }) == VORAB_INVALID);
  CHECK(run([](Sums& s) { s.control.bodies[0]->carries = 0; }) == VORAB_INVALID);
  CHECK(run([](Sums& s) { s.control.attributes[2]->value.AsIntAttr()->value = 2; }) ==
        VORAB_INVALID);
  CHECK(run([](Sums& s) { s.control.attributes[3]->value.AsIntAttr()->value = 1 << 20; }) ==
        VORAB_INVALID);
}

}  // namespace vorab::blas::test
