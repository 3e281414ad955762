// Ops that run functions: how often, on what, and what stops them.
#include <atomic>
#include <chrono>
#include <thread>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/reference.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

std::unique_ptr<fb::NodeT> node(const char* name, std::vector<uint32_t> inputs, uint32_t output,
                                Attributes attributes = {}) {
  auto out = std::make_unique<fb::NodeT>();
  out->op = op(name);
  out->inputs = std::move(inputs);
  out->outputs = {output};
  for (auto& value : attributes) {
    out->attributes.push_back(std::make_unique<fb::AttributeT>());
    out->attributes.back()->value = std::move(value);
  }
  return out;
}

// carry' = carry + x · [1, 10]; the result is the carry before it.
struct Sums {
  ProgramBuilder builder;
  explicit Sums(bool reverse, int64_t carries = 1) {
    const uint32_t n = builder.symbol("N", 200), row = builder.type(fb::DType::F32, {2});
    const uint32_t rows = builder.type_of(fb::DType::F32, {n, builder.expr(2)});
    const uint32_t scale = builder.constant(f32({2}, {1, 10}));
    fb::FunctionT step;
    step.name = "step";
    step.parameters = {row, row};
    step.nodes.push_back(node("constant", {}, row, {constant(scale)}));
    step.nodes.push_back(node("mul", {1, 2}, row));
    step.nodes.push_back(node("add", {0, 3}, row));
    step.results = {4, 0};
    const uint32_t of = builder.function(std::move(step));
    EntryBuilder entry = builder.entry("sums");
    const uint32_t h = entry.input(row), xs = entry.input(rows);
    const uint32_t last = entry.value(row, fb::Storage::Device, 0);
    const uint32_t all = entry.value(rows, fb::Storage::Device, 0);
    entry.step(op("scan"), {h, xs}, {last, all},
               {function(of), dim(n), integer(carries), integer(1), flag(reverse)});
    entry.output(last);
    entry.output(all);
  }
};

// x + x for as long as it is less than a limit.
struct Doubling {
  ProgramBuilder builder;
  Doubling() {
    const uint32_t scalar = builder.type(fb::DType::F32, {});
    const uint32_t truth = builder.type(fb::DType::Bool, {});
    fb::FunctionT cond;
    cond.name = "cond";
    cond.parameters = {scalar, scalar};
    cond.nodes.push_back(node("less", {0, 1}, truth));
    cond.results = {2};
    fb::FunctionT body;
    body.name = "body";
    body.parameters = {scalar, scalar};
    body.nodes.push_back(node("add", {0, 0}, scalar));
    body.results = {2};
    const uint32_t first = builder.function(std::move(cond));
    const uint32_t second = builder.function(std::move(body));
    EntryBuilder entry = builder.entry("doubling");
    const uint32_t x = entry.input(scalar), limit = entry.input(scalar);
    entry.output(entry.apply(op("whileLoop"), {x, limit}, scalar,
                             {function(first), function(second), integer(1)}));
  }
};

}  // namespace

VORAB_TEST(scan_runs_over_elements) {
  for (const bool reverse : {false, true}) {
    Sums sums(reverse);
    const Built built = sums.builder.finish();
    Session session(built);
    for (const int64_t n : {3, 0, 1, 200}) {
      const auto count = static_cast<size_t>(n);
      std::vector<double> xs(count * 2), all(count * 2), carry = {1, 2};
      for (size_t i = 0; i < xs.size(); ++i) xs[i] = static_cast<double>(i % 7);
      for (size_t step = 0; step < count; ++step) {
        const size_t at = reverse ? count - 1 - step : step;
        for (size_t i = 0; i < 2; ++i) {
          all[at * 2 + i] = carry[i];
          carry[i] += xs[at * 2 + i] * (i == 0 ? 1 : 10);
        }
      }
      const auto found = session.run(0, {f32({2}, {1, 2}), f32({n, 2}, xs)},
                                     {f32({2}, {0, 0}), f32({n, 2}, all)}, {n});
      EXPECT_CLOSE("last", found[0], f32({2}, carry), 0);
      EXPECT_CLOSE("all", found[1], f32({n, 2}, all), 0);
    }
  }
}

VORAB_TEST(while_runs_until_data_say) {
  Doubling doubling;
  const Built built = doubling.builder.finish();
  Session session(built);
  const auto last = [&](double x, double limit) {
    return session.run(0, {f32({}, {x}), f32({}, {limit})}, {f32({}, {0})})[0].values()[0];
  };
  CHECK_EQUAL(last(1, 100), 128);
  CHECK_EQUAL(last(1, 1), 1);
}

VORAB_TEST(while_is_cancelled) {
  Doubling doubling;
  const Built built = doubling.builder.finish();
  Session session(built);
  session.prepare(0);
  int32_t cancel = 0;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    __atomic_store_n(&cancel, 1, __ATOMIC_RELEASE);
  });
  const Array zero = f32({}, {0}), one = f32({}, {1});
  const std::vector<vorab_input> inputs = {{nullptr, zero.bytes.data()},
                                           {nullptr, one.bytes.data()}};
  Array result = zero;
  std::vector<vorab_output> outputs = {{result.bytes.data(), nullptr, 0}};
  EXPECT_FAILURE(VORAB_ABORTED, "cancelled", session.run(0, inputs, outputs, {0}, &cancel));
  other.join();
}

VORAB_TEST(cond_takes_one_branch) {
  ProgramBuilder builder;
  const uint32_t row = builder.type(fb::DType::F32, {2}), truth = builder.type(fb::DType::Bool, {});
  std::vector<uint32_t> branches;
  for (const char* name : {"add", "sub"}) {
    fb::FunctionT branch;
    branch.name = name;
    branch.parameters = {row, row};
    branch.nodes.push_back(node(name, {0, 1}, row));
    branch.results = {2};
    branches.push_back(builder.function(std::move(branch)));
  }
  EntryBuilder entry = builder.entry("choice");
  const uint32_t p = entry.input(truth), a = entry.input(row), b = entry.input(row);
  entry.output(
      entry.apply(op("cond"), {p, a, b}, row, {function(branches[0]), function(branches[1])}));
  const Built built = builder.finish();
  Session session(built);
  for (const double holds : {1, 0}) {
    const Array pred = array(fb::DType::Bool, {}, {holds});
    const auto out = session.run(0, {pred, f32({2}, {5, 6}), f32({2}, {1, 2})}, {f32({2}, {0, 0})});
    EXPECT_CLOSE("taken", out[0], holds != 0 ? f32({2}, {6, 8}) : f32({2}, {4, 4}), 0);
  }
}

VORAB_TEST(scan_refuses_what_does_not_fit) {
  for (const int64_t carries : {0, 2, 5}) {
    Sums sums(false, carries);
    const Built built = sums.builder.finish();
    Session session(built);
    EXPECT_FAILURE(VORAB_INVALID, "", session.prepare(0, {3}));
  }
}

}  // namespace vorab::test
