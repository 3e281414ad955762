// What is refused, with which status, step and words; and that nothing has changed after it.
#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/samples.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

constexpr auto F32 = fb::DType::F32;

VORAB_TEST(a_cancelled_call_changes_nothing) {
  const Built built = accumulator();
  Session session(built);
  const Array x = f32({3}, {1, 2, 3});
  const int32_t cancel = 1;
  std::vector<vorab_output> outputs(1);
  EXPECT_FAILURE(VORAB_ABORTED, "cancelled",
                 session.run(0, {vorab_input{nullptr, x.bytes.data()}}, outputs, {0}, &cancel));
  CHECK_EQUAL(session.state(0, zeros(F32, {3})).values()[0], 0.0);
  CHECK_EQUAL(session.stats().tensors_live, 0u);
}

VORAB_TEST(what_mlx_cannot_run_is_refused_when_it_is_opened_with_its_step) {
  ProgramBuilder program;
  const uint32_t type = program.type(F32, {2});
  EntryBuilder entry = program.entry("run");
  const uint32_t x = entry.input(type);
  const uint32_t y = entry.apply(OP_neg, {x}, type);
  // A composite that MLX has not is decomposed before a plan is made.
  entry.output(entry.apply(OP_dropout, {y}, type));
  const Built built = program.finish();
  EXPECT_FAILURE(VORAB_UNSUPPORTED, "entry 'run': mlx has no row for dropout", Session(built, ""));
  try {
    Session session(built);
  } catch (const BackendError& error) {
    CHECK_EQUAL(error.step, 1u);
  }
}

VORAB_TEST(a_fused_step_is_refused) {
  ProgramBuilder program;
  EntryBuilder entry = program.entry("run");
  auto step = std::make_unique<fb::StepT>();
  step->name = "fused add";
  step->body.Set(fb::FusedT{});
  entry.plan().regions[0]->steps.push_back(std::move(step));
  const Built built = program.finish();
  Session session(built);
  EXPECT_FAILURE(VORAB_UNSUPPORTED, "fused", session.prepare(0));
}

VORAB_TEST(a_plan_for_another_target_is_refused) {
  ProgramBuilder program;
  EntryBuilder entry = program.entry("run");
  entry.plan().regions[0]->target = "blas";
  const Built built = program.finish();
  Session session(built);
  EXPECT_FAILURE(VORAB_UNSUPPORTED, "'blas'", session.prepare(0));
}

VORAB_TEST(types_that_disagree_with_the_plan_are_found_at_build) {
  ProgramBuilder program;
  EntryBuilder entry = program.entry("run");
  const uint32_t x = entry.input(program.type(F32, {2}));
  entry.output(entry.apply(OP_neg, {x}, program.type(F32, {3})));
  const Built built = program.finish();
  Session session(built);
  EXPECT_FAILURE(VORAB_INVALID, "neg: MLX gave f32[2], the plan says f32[3]", session.prepare(0));
}

VORAB_TEST(inputs_of_another_type_are_refused) {
  const Built built = doubler();
  Session session(built);
  vorab_tensor* tensor = session.tensor(i32({2}, {1, 2}));
  std::vector<vorab_output> outputs(1);
  EXPECT_FAILURE(VORAB_INVALID, "'input0' is a tensor i32[2], expected f32[2]",
                 session.run(0, {vorab_input{tensor, nullptr}}, outputs, {2}));
  session.release(tensor);
}

VORAB_TEST(wrong_sizes_and_options_are_refused) {
  const Built built = accumulator();
  Session session(built);
  EXPECT_FAILURE(VORAB_INVALID, "8 bytes, expected 12", session.set_state(0, zeros(F32, {2})));
  EXPECT_FAILURE(VORAB_INVALID, "option cache is 0", Session(built, R"({"cache": 0})"));
  EXPECT_FAILURE(VORAB_INVALID, "option tf32 is 1", Session(built, R"({"tf32": 1})"));
  EXPECT_FAILURE(VORAB_INVALID, "options: expected", Session(built, "cache=3"));
  EXPECT_FAILURE(VORAB_UNSUPPORTED, "decided otherwise", Session(built, R"({"tf32": true})"));
}

}  // namespace
}  // namespace vorab::test
