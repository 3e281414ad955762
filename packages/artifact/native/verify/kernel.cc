#include "artifact/native/verify/kernel.h"

#include <algorithm>

namespace vorab::rules {
namespace {

// Metal's own limits.
constexpr uint32_t kSimdWidth = 32;
constexpr uint32_t kMaxThreads = 1024;
constexpr uint32_t kMaxBuffers = 31;

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

void check_launch(const Path& path, const fb::Kernel& kernel) {
  if (count(kernel.outputs()) == 0) fail("kernel", path, "has no outputs");
  const uint32_t sizes = count(kernel.sizes()) > 0 ? 1 : 0;
  const uint32_t buffers = count(kernel.inputs()) + count(kernel.outputs()) + sizes;
  if (buffers > kMaxBuffers) {
    fail("kernel", path, "has ", buffers, " buffers, expected at most ", kMaxBuffers);
  }
  const uint32_t threads = kernel.threads();
  if (threads == 0 || threads % kSimdWidth != 0 || threads > kMaxThreads) {
    fail("kernel", path.field("threads"), "is ", threads, ", expected a multiple of ", kSimdWidth,
         " up to ", kMaxThreads);
  }
  const uint32_t most = threads == kSimdWidth ? kMaxThreads / kSimdWidth : 1;
  if (kernel.group() == 0 || kernel.group() > most) {
    fail("kernel", path.field("group"), "is ", kernel.group(), ", expected 1 to ", most);
  }
}

}  // namespace

void check_kernel(const PlanContext& plan, const Path& path, const fb::Kernel& kernel) {
  const fb::Program& program = plan.context.program;
  const uint32_t exprs = count(program.exprs());
  const uint32_t strings = count(program.strings());
  if (!is_name(text(kernel.name()))) {
    fail("name", path.field("name"), "is \"", text(kernel.name()),
         "\", expected letters, digits and _");
  }
  each_refers_to(path, "inputs", "value", kernel.inputs(), plan.values.size());
  each_refers_to(path, "outputs", "value", kernel.outputs(), plan.values.size());
  each_refers_to(path, "sizes", "expr", kernel.sizes(), exprs);
  refers_to(path.field("rows"), "expr", kernel.rows(), exprs);
  refers_to(path.field("header"), "string", kernel.header(), strings);
  refers_to(path.field("source"), "string", kernel.source(), strings);
  check_launch(path, kernel);
  for (uint32_t s = 0; s < count(kernel.steps()); ++s) {
    const fb::Step& step = *kernel.steps()->Get(s);
    const Path at = path.at("steps", s);
    if (!step.body_as_Apply()) {
      fail("kind", at.field("body"), "is of step kind ", static_cast<unsigned>(step.body_type()),
           ", expected Apply");
    }
    check_step(plan, at, step);
  }
}

}  // namespace vorab::rules
