#include "artifact/native/verify/plans.h"

#include <algorithm>
#include <unordered_set>

#include "artifact/native/verify/control.h"
#include "artifact/native/verify/ranges.h"
#include "artifact/native/verify/split.h"
#include "artifact/native/verify/values.h"

namespace vorab::rules {
namespace {

using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

bool touches_arena(const Values& values, const flatbuffers::Vector<uint32_t>* of) {
  const auto& all = items(of);
  return std::any_of(all.begin(), all.end(), [&](uint32_t value) {
    return values[base_of(values, value)]->storage() == fb::Storage::Arena;
  });
}

template <class Applied>
bool is_of_values(const Values& values, const Applied* applied) {
  return applied && !touches_arena(values, applied->inputs()) &&
         !touches_arena(values, applied->outputs());
}

// Whether no step of a region addresses memory: none is a tape, and no Apply is of a value in the
// arena.
bool is_value_region(const PlanContext& plan, const fb::Region& region) {
  const auto& steps = items(region.steps());
  return std::all_of(steps.begin(), steps.end(), [&](const fb::Step* step) {
    return is_split_step(*step) || is_of_values(plan.values, step->body_as_Apply()) ||
           is_of_values(plan.values, step->body_as_Kernel());
  });
}

bool names(const Strings* strings, std::string_view name) {
  const auto& all = items(strings);
  return std::any_of(all.begin(), all.end(),
                     [&](const flatbuffers::String* each) { return text(each) == name; });
}

std::vector<PlacedStep> check_regions(const PlanContext& plan, const Path& path,
                                      const fb::EntryPlan& of, const Strings* targets) {
  std::vector<PlacedStep> steps;
  for (uint32_t r = 0; r < count(of.regions()); ++r) {
    const fb::Region& region = *of.regions()->Get(r);
    const Path at = path.at("regions", r);
    if (!names(targets, text(region.target()))) {
      fail("plan", at.field("target"), "is \"", text(region.target()),
           "\", which is no target of the plan");
    }
    for (uint32_t s = 0; s < count(region.steps()); ++s) {
      check_step(plan, at.at("steps", s), *region.steps()->Get(s));
    }
    const bool binds_new = is_value_region(plan, region);
    for (uint32_t s = 0; s < count(region.steps()); ++s) {
      steps.push_back({r, s, region.steps()->Get(s), binds_new});
    }
  }
  return steps;
}

void check_casts(const fb::Program& program, const Path& path, const fb::EntryPlan& of) {
  for (uint32_t i = 0; i < count(of.casts()); ++i) {
    const Path at = path.at("casts", i);
    const fb::CastRecord& cast = *of.casts()->Get(i);
    is_dtype(at.field("from"), cast.from());
    is_dtype(at.field("to"), cast.to());
    refers_to(at.field("reason"), "string", cast.reason(), count(program.strings()));
    refers_to(at.field("location"), "location", cast.location(), count(program.locations()));
  }
}

void check_entry_plan(const Context& context, const Path& path, const fb::EntryPlan& of,
                      const fb::Plan& within) {
  const fb::Program& program = context.program;
  const Frame frame = entry_frame(program, *program.entries()->Get(of.entry()));
  const bool split = count(within.targets()) > 1;
  const PlanContext plan{context, items(of.values()), frame, split};
  const uint64_t arena = of.arena_bytes();
  if (arena > static_cast<uint64_t>(kLimit)) {
    fail("arena", path.field("arena_bytes"), "is ", arena, ", expected at most ", kLimit);
  }
  check_values(plan, path, arena);
  const std::vector<PlacedStep> steps = check_regions(plan, path, of, within.targets());
  if (split) check_split_entry(program, path, of, within);
  check_casts(program, path, of);
  check_ranges(path, program, of, context.high);
  check_ranges(path, program, of, context.low);
  const auto written = check_flow(plan, path, steps);
  const uint32_t expected = written.value_or(static_cast<uint32_t>(steps.size()));
  if (of.first_write() != expected) {
    fail("first-write", path.field("first_write"), "is ", of.first_write(), ", expected ",
         expected);
  }
}

void check_names(const Path& path, const char* field, const Strings* names) {
  std::unordered_map<std::string_view, uint32_t> seen;
  for (uint32_t i = 0; i < count(names); ++i) {
    const Path at = path.at(field, i);
    const std::string_view name = text(names->Get(i));
    if (name.empty()) fail("name", at, "is empty");
    const auto [before, added] = seen.emplace(name, i);
    if (!added) fail("duplicate", at, "is \"", name, "\", as at index ", before->second);
  }
}

void check_plan(const Context& context, const Path& path, const fb::Plan& plan) {
  const fb::Program& program = context.program;
  const uint32_t entries = count(program.entries());
  if (count(plan.targets()) == 0) fail("plan", path, "has no targets");
  check_names(path, "targets", plan.targets());
  check_names(path, "requires", plan.requires_());
  const auto is_planned = [&](const fb::Entry* entry) {
    return (entry->kind() == fb::EntryKind::Part) == plan.part();
  };
  std::unordered_set<uint32_t> seen;
  for (uint32_t i = 0; i < count(plan.entries()); ++i) {
    const Path at = path.at("entries", i);
    const fb::EntryPlan& of = *plan.entries()->Get(i);
    refers_to(at.field("entry"), "entry", of.entry(), entries);
    if (!seen.insert(of.entry()).second) {
      fail("duplicate", at.field("entry"), "is ", of.entry(), " again");
    }
    if (!is_planned(program.entries()->Get(of.entry()))) {
      fail("plan", at.field("entry"), "is ", of.entry(), ", which ", plan.part() ? "is not" : "is",
           " of kind Part");
    }
  }
  const auto& all = items(program.entries());
  const auto expected = static_cast<size_t>(std::count_if(all.begin(), all.end(), is_planned));
  if (!plan.part() && seen.size() != expected) {
    fail("plan", path, "has plans of ", seen.size(), " entries, expected ", expected);
  }
  check_parts(program, path, plan);
  for (uint32_t i = 0; i < count(plan.entries()); ++i) {
    check_entry_plan(context, path.at("entries", i), *plan.entries()->Get(i), plan);
  }
}

}  // namespace

void check_plans(const Context& context) {
  const Path root;
  Names names;
  for (uint32_t i = 0; i < count(context.program.plans()); ++i) {
    const Path path = root.at("plans", i);
    const fb::Plan& plan = *context.program.plans()->Get(i);
    names.add(path, plan.name());
    check_plan(context, path, plan);
  }
}

}  // namespace vorab::rules
