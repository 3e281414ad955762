#include "artifact/native/verify.h"

#include <exception>

#include "artifact/native/layout.h"
#include "artifact/native/path.h"

namespace vorab {
namespace {

// Runs what throws and turns it into a verdict.
template <class Action>
std::optional<Fault> verdict(Action action) {
  try {
    action();
    return std::nullopt;
  } catch (const Rejected& rejected) {
    return rejected.fault;
  } catch (const std::exception& error) {
    return Fault{"memory", std::string("program: cannot be verified: ") + error.what()};
  }
}

// A second opinion: the library's own verifier.
void check_flatbuffer(std::span<const uint8_t> program) {
  flatbuffers::Verifier::Options options;
  options.max_tables = static_cast<flatbuffers::uoffset_t>(program.size());
  flatbuffers::Verifier verifier(program.data(), program.size(), options);
  if (!fb::VerifyProgramBuffer(verifier)) {
    fail("malformed", Path(), "is not a valid FlatBuffer of the schema");
  }
}

}  // namespace

std::optional<Fault> verify(std::span<const uint8_t> bytes, bool full) {
  return verdict([&] {
    const auto flatbuffer = check_header(bytes);
    check_layout(flatbuffer);
    check_flatbuffer(flatbuffer);
    const fb::Program& program = *fb::GetProgram(flatbuffer.data());
    check_segments(bytes, program, full);
  });
}

std::optional<Fault> check_binding(const fb::Program& program, uint32_t plan, uint32_t entry,
                                   const Binding& binding) {
  return verdict([&] {
    (void)program;
    (void)plan;
    (void)entry;
    (void)binding;
  });
}

}  // namespace vorab
