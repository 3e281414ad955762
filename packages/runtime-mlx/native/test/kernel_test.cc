// Kernels of a plan, up to MLX's call: what it is given, on a device that has no Metal. The steps
// of a kernel run here; its text does not.
#include "runtime-mlx/native/kernel.h"

#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/failure.h"
#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

namespace mlx = ::vorab::on_mlx;
namespace mx = ::mlx::core;

constexpr auto F32 = fb::DType::F32;

// What a kernel was made of, and launched with.
struct Seen {
  std::string name, source, header;
  std::vector<std::string> inputs, outputs;
  std::vector<mx::array> given;
  std::tuple<int, int, int> grid, group;
};
Seen seen;

mx::fast::CustomKernelFunction recorder(const std::string& name,
                                        const std::vector<std::string>& inputs,
                                        const std::vector<std::string>& outputs,
                                        const std::string& source, const std::string& header) {
  seen = {name, source, header, inputs, outputs, {}, {}, {}};
  return [](const std::vector<mx::array>& given, const std::vector<mx::Shape>& shapes,
            const std::vector<mx::Dtype>& dtypes, std::tuple<int, int, int> grid,
            std::tuple<int, int, int> group, const auto&, std::optional<float>, bool,
            mx::StreamOrDevice) {
    seen.given = given;
    seen.grid = grid;
    seen.group = group;
    std::vector<mx::array> made;
    for (size_t i = 0; i < shapes.size(); ++i) made.push_back(mx::zeros(shapes[i], dtypes[i]));
    return made;
  };
}

// input x: f32[N, 3]; w = sum(x) over the rows, as a kernel; output: exp(w).
struct RowSums {
  RowSums() {
    const uint32_t n = program.symbol("N", 1000);
    const uint32_t rows = program.type_of(F32, {n, program.expr(3)});
    const uint32_t sums = program.type_of(F32, {n});
    EntryBuilder entry = program.entry("sums");
    const uint32_t x = entry.input(rows);
    const uint32_t w = entry.apply(OP_sum, {x}, sums, {ints({1})});
    auto& steps = entry.plan().regions[0]->steps;
    fb::KernelT kernel;
    kernel.name = "vorab_sum";
    kernel.inputs = {x};
    kernel.outputs = {w};
    kernel.sizes = {n};
    kernel.rows = n;
    kernel.threads = 32;
    kernel.group = 8;
    kernel.header = program.string("// header");
    kernel.source = program.string("// source");
    kernel.steps.push_back(std::move(steps.back()));
    steps.back() = std::make_unique<fb::StepT>();
    steps.back()->name = "kernel sum";
    steps.back()->body.Set(std::move(kernel));
    entry.output(entry.apply(OP_exp, {w}, sums));
    built = program.finish();
  }

  const fb::Program& root() const { return *fb::GetProgram(built.flatbuffer.data()); }
  const fb::Kernel& kernel() const {
    const auto* plan = root().plans()->Get(0)->entries()->Get(0);
    return *plan->regions()->Get(0)->steps()->Get(0)->body_as_Kernel();
  }
  std::shared_ptr<const mlx::Kernel> make(int64_t n) const {
    const Binding binding(root(), &n);
    const auto extent = static_cast<mx::ShapeElem>(n);
    const std::vector<mlx::Type> inputs{{mx::float32, {extent, 3}}};
    const std::vector<mlx::Type> outputs{{mx::float32, {extent}}};
    return mlx::Kernel::make(root(), kernel(), inputs, outputs, binding, recorder);
  }

  ProgramBuilder program;
  Built built;
};

VORAB_TEST(a_kernel_gets_its_arrays_its_sizes_and_a_thread_for_each_place) {
  const RowSums sums;
  const auto kernel = sums.make(5);
  CHECK(kernel != nullptr);
  const auto made = (*kernel)({mx::zeros({5, 3}, mx::float32)}, 0);
  CHECK_EQUAL(seen.name, std::string("vorab_sum"));
  CHECK_EQUAL(seen.source, std::string("// source"));
  CHECK_EQUAL(seen.header, std::string("// header"));
  CHECK(seen.inputs == (std::vector<std::string>{"x0", "sizes"}));
  CHECK(seen.outputs == (std::vector<std::string>{"y0"}));
  CHECK(seen.grid == std::make_tuple(32, 5, 1));
  CHECK(seen.group == std::make_tuple(32, 8, 1));
  CHECK_EQUAL(seen.given.size(), 2u);
  CHECK_EQUAL(seen.given[1].item<int64_t>(), 5);
  CHECK(made.at(0).shape() == (mx::Shape{5}));
}

VORAB_TEST(a_kernel_sees_an_array_without_axes_as_one_element) {
  const RowSums sums;
  (*sums.make(1))({mx::array(2.0f)}, 0);
  CHECK_EQUAL(seen.given[0].ndim(), 1u);
}

VORAB_TEST(a_kernel_without_rows_is_none) {
  const RowSums sums;
  CHECK(sums.make(0) == nullptr);
}

mx::fast::CustomKernelFunction refuser(const std::string&, const std::vector<std::string>&,
                                       const std::vector<std::string>&, const std::string&,
                                       const std::string&) {
  return [](const auto&, const auto&, const auto&, auto, auto, const auto&, auto, bool,
            auto) -> std::vector<mx::array> { throw std::runtime_error("no such device"); };
}

VORAB_TEST(what_mlx_refuses_names_the_step_and_the_cure) {
  const RowSums sums;
  const int64_t n = 1;
  const Binding binding(sums.root(), &n);
  const std::vector<mlx::Type> types{{mx::float32, {1}}};
  const auto kernel = mlx::Kernel::make(sums.root(), sums.kernel(), types, types, binding, refuser);
  try {
    (*kernel)({mx::zeros({1}, mx::float32)}, 7);
    CHECK(false);
  } catch (const mlx::Failure& failure) {
    CHECK_EQUAL(failure.step(), 7u);
    CHECK(std::string(failure.what()).find("no such device") != std::string::npos);
    CHECK(std::string(failure.what()).find("kernels: false") != std::string::npos);
  }
}

VORAB_TEST(the_steps_of_a_kernel_run_where_it_does_not) {
  const RowSums sums;
  for (const char* options : {"{}", R"({"kernels": false})"}) {
    Session session(sums.built, options);
    const Array x = f32({2, 3}, {0, 0, 0, 1, 0, 0});
    const Array y = session.run(0, {x}, {zeros(F32, {2})}, {2}).front();
    CHECK_EQUAL(y.values()[0], 1.0);
    CHECK(close(F32, y.values()[1], 2.718281828, 4));
    CHECK_EQUAL(session.run(0, {zeros(F32, {0, 3})}, {zeros(F32, {0})}, {0}).size(), 1u);
  }
}

VORAB_TEST(an_op_within_a_kernel_that_mlx_has_not_is_refused_with_its_step) {
  RowSums sums;
  fb::ProgramT program;
  sums.root().UnPackTo(&program);
  auto& kernel = *program.plans[0]->entries[0]->regions[0]->steps[0]->body.AsKernel();
  kernel.steps[0]->body.AsApply()->op = OP_dropout;
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishProgramBuffer(builder, fb::Program::Pack(builder, &program));
  sums.built.flatbuffer = {builder.GetBufferPointer(),
                           builder.GetBufferPointer() + builder.GetSize()};
  EXPECT_FAILURE(VORAB_UNSUPPORTED, "mlx has no row for dropout", Session(sums.built));
}

}  // namespace
}  // namespace vorab::test
