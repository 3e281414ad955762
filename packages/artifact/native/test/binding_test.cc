#include "artifact/native/artifact.h"
#include "artifact/native/test/check.h"

namespace vorab::test {
namespace {

constexpr uint32_t kBlas = 0;
constexpr uint32_t kClassify = 0;
constexpr uint32_t kFit = 1;

VORAB_TEST(floor_div_rounds_down) {
  VORAB_CHECK(floor_div(7, 2) == 3);
  VORAB_CHECK(floor_div(-7, 2) == -4);
  VORAB_CHECK(floor_div(7, -2) == -4);
  VORAB_CHECK(floor_div(-7, -2) == 3);
  VORAB_CHECK(floor_div(-8, 2) == -4);
  VORAB_CHECK(floor_div(1, 0) == 0);
  VORAB_CHECK(floor_div(INT64_MIN, -1) == INT64_MIN);
}

VORAB_TEST(binding_evaluates_shapes) {
  const auto opened = Artifact::open(sample());
  if (!opened) return;
  const fb::Program& program = opened.value().program();
  const int64_t symbols[] = {5, 4};
  const Binding binding(program, symbols);
  const fb::Port& image = *program.entries()->Get(kClassify)->inputs()->Get(0);
  const fb::TensorType& type = type_at(program, image.type());
  VORAB_CHECK(shape(type, binding)[0] == 5);
  VORAB_CHECK(elements(type, binding) == 5 * 64);
  VORAB_CHECK(byte_size(type, binding) == 5 * 64 * 4);
}

VORAB_TEST(check_binding_takes_every_legal_one) {
  const auto opened = Artifact::open(sample());
  if (!opened) return;
  const fb::Program& program = opened.value().program();
  for (int64_t n = 1; n <= 256; ++n) {
    const int64_t symbols[] = {n, n <= 64 ? n / 2 * 2 + (n < 2 ? 2 : 0) : 64};
    const Binding binding(program, symbols);
    VORAB_CHECK(!check_binding(program, kBlas, kClassify, binding));
    VORAB_CHECK(!check_binding(program, kBlas, kFit, binding));
  }
}

VORAB_TEST(check_binding_refuses_what_is_out_of_bounds) {
  const auto opened = Artifact::open(sample());
  if (!opened) return;
  const fb::Program& program = opened.value().program();
  const int64_t bad[][2] = {{0, 2}, {257, 2}, {-1, 2}, {INT64_MAX, 2}, {INT64_MIN, 2}, {1, 3}};
  for (const auto& symbols : bad) {
    const auto fault = check_binding(program, kBlas, kClassify, Binding(program, symbols));
    VORAB_CHECK(fault && fault->code == "bounds");
  }
  const int64_t good[] = {1, 2};
  const Binding binding(program, good);
  VORAB_CHECK(check_binding(program, 2, kClassify, binding)->code == "index");
  VORAB_CHECK(check_binding(program, kBlas, 3, binding)->code == "index");
}

}  // namespace
}  // namespace vorab::test
