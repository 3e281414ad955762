#include "describe.h"

#include "../cpu.h"
#include "../float_mode.h"
#include "../gemm/product.h"
#include "artifact/native/ops.h"
#include "options.h"

namespace vorab::blas {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

void append(std::string& list, const std::string& item) {
  list += (list.empty() ? "" : ", ") + quoted(item);
}

std::string dtypes() {
  std::string list;
  for (int d = 0; d < kDtCount; ++d) append(list, name_of(static_cast<Dt>(d)));
  return "[" + list + "]";
}

// Elementwise and reduce ops run in tapes, contractions in the BLAS, the rest by routines.
std::string ops() {
  std::string tape, routine;
#define VORAB_OP(id, name, kind, min_inputs, max_inputs, outputs, attributes, accumulates) \
  if (vorab::OpKind::kind == vorab::OpKind::Elementwise ||                                 \
      vorab::OpKind::kind == vorab::OpKind::Reduce)                                        \
    append(tape, #name);
#include "artifact/native/generated/ops.inc"
#undef VORAB_OP
#define VORAB_ROUTINE(name) append(routine, #name);
#include "../routines/routines.inc"
#undef VORAB_ROUTINE
  return "\"tape\": [" + tape + "], \"contract\": [\"matmul\"], \"routine\": [" + routine + "]";
}

constexpr const char* kFuse =
    "{\"available\": true, \"reason\": \"the compiler has joined steps into tapes\", "
    "\"effect\": \"a tape runs over blocks, and what lies within it is not stored\"}";

constexpr const char* kKeeps = "[\"keep\"]";
constexpr const char* kBoth = "[\"keep\", \"flush\"]";

}  // namespace

std::string describe_backend() {
  const Options options = parse_options("");
  std::string kernels;
  try {
    const KernelChoice choice = choose_kernels(options.cpu);
    kernels = "{\"name\": " + quoted(choice.name) + ", \"reason\": " + quoted(choice.reason) + "}";
  } catch (const std::exception& fault) {
    kernels = "{\"name\": null, \"reason\": " + quoted(fault.what()) + "}";
  }
  return "{\"name\": \"blas\", \"version\": \"0.1.0\", \"device\": \"cpu\", \"kernels\": " +
         kernels + ", \"threads\": " + std::to_string(default_threads()) +
         ", \"blas\": " + quoted(blas_version()) + ", \"fuse\": " + kFuse +
         ", \"profile\": true, \"denormals\": " + (FloatMode::kCanFlush ? kBoth : kKeeps) +
         ", \"dtypes\": " + dtypes() + ", \"ops\": {" + ops() + "}}";
}

}  // namespace vorab::blas
