#include "artifact/native/verify.h"

#include <exception>

#include "artifact/native/layout.h"
#include "artifact/native/path.h"
#include "artifact/native/verify/entries.h"
#include "artifact/native/verify/functions.h"
#include "artifact/native/verify/plans.h"
#include "artifact/native/verify/ranges.h"
#include "artifact/native/verify/symbols.h"
#include "artifact/native/verify/tables.h"

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

// No feature is known yet: all that there is belongs to generation 1.
void check_features(const fb::Program& program) {
  const Path root;
  for (uint32_t i = 0; i < items(program.required_features()).size(); ++i) {
    fail("feature", root.at("required_features", i), "is \"",
         text(program.required_features()->Get(i)), "\", which this build does not know");
  }
}

void check_rules(const fb::Program& program) {
  const rules::Context context = rules::check_dims(program);
  rules::check_types(context);
  rules::check_locations(context);
  rules::check_constants(context);
  rules::check_states(context);
  rules::check_functions(context);
  rules::check_entries(context);
  rules::check_plans(context);
}

// The plan of an entry, of which there is exactly one in each plan.
const fb::EntryPlan& entry_plan(const fb::Program& program, uint32_t plan, uint32_t entry) {
  const Path root;
  rules::refers_to(root, "plan", plan, items(program.plans()).size());
  for (const fb::EntryPlan* of : items(program.plans()->Get(plan)->entries())) {
    if (of->entry() == entry) return *of;
  }
  fail("index", root, "refers to entry ", entry, ", expected < ", items(program.entries()).size());
}

}  // namespace

std::optional<Fault> verify(std::span<const uint8_t> bytes, bool full) {
  return verdict([&] {
    const auto flatbuffer = check_header(bytes);
    check_layout(flatbuffer);
    check_flatbuffer(flatbuffer);
    const fb::Program& program = *fb::GetProgram(flatbuffer.data());
    check_features(program);
    check_segments(bytes, program, full);
    check_rules(program);
  });
}

std::optional<Fault> check_binding(const fb::Program& program, uint32_t plan, uint32_t entry,
                                   const Binding& binding) {
  return verdict([&] {
    const fb::EntryPlan& of = entry_plan(program, plan, entry);
    const Path root;
    const Path at = root.at("plans", plan);
    rules::check_symbols(program, binding);
    rules::check_extents(program, binding);
    rules::check_ranges(at.at("entries", entry), program, of, binding);
  });
}

}  // namespace vorab
