#include "artifact/native/verify/plans.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "artifact/native/verify/arena.h"
#include "artifact/native/verify/flow.h"
#include "artifact/native/verify/ranges.h"
#include "artifact/native/verify/steps.h"

namespace vorab::rules {
namespace {

using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

// The type that a value at this storage and index must have, if that is not its own.
std::optional<uint32_t> type_at_place(const PlanContext& plan, const Path& path,
                                      const fb::Value& value) {
  const fb::Program& program = plan.context.program;
  const fb::Entry& entry = plan.entry;
  const uint32_t index = value.index();
  const Path at = path.field("index");
  switch (value.storage()) {
    case fb::Storage::Input:
      refers_to(at, "input", index, count(entry.inputs()));
      return entry.inputs()->Get(index)->type();
    case fb::Storage::Output:
      refers_to(at, "output", index, count(entry.outputs()));
      return entry.outputs()->Get(index)->type();
    case fb::Storage::State:
      refers_to(at, "state", index, count(program.states()));
      return program.states()->Get(index)->type();
    case fb::Storage::Constant:
      refers_to(at, "constant", index, count(program.constants()));
      return program.constants()->Get(index)->type();
    default: return std::nullopt;
  }
}

void check_arena_range(const Path& path, const fb::Value& value, uint64_t arena) {
  const uint64_t offset = value.offset();
  const uint64_t bytes = value.bytes();
  if (offset % 64 != 0 || bytes % 64 != 0) {
    fail("arena", path, "has ", bytes, " bytes from byte ", offset, ", expected multiples of 64");
  }
  if (bytes > arena || offset > arena - bytes) {
    fail("arena", path, "has ", bytes, " bytes from byte ", offset, " of an arena of ", arena);
  }
}

void check_alias(const PlanContext& plan, const Path& path, uint32_t own) {
  const fb::Value& value = *plan.values[own];
  refers_to(path.field("index"), "value", value.index(), own);
  if (plan.values[value.index()]->storage() == fb::Storage::Alias) {
    fail("alias", path, "refers to value ", value.index(), ", itself an alias");
  }
  const fb::Program& program = plan.context.program;
  const int64_t width = dtype_size(dtype_of(program, plan.values, own));
  const int64_t other = dtype_size(dtype_of(program, plan.values, value.index()));
  if (width != other) {
    fail("alias", path, "has elements of ", width, " bytes of a value with ", other);
  }
}

void check_value(const PlanContext& plan, const Path& path, uint32_t index, uint64_t arena) {
  const fb::Program& program = plan.context.program;
  const fb::Value& value = *plan.values[index];
  refers_to(path.field("type"), "type", value.type(), count(program.types()));
  is_one_of(path.field("storage"), "storage", value.storage(), 7);
  const auto type = type_at_place(plan, path, value);
  if (type && !same_type(program, value.type(), *type)) {
    fail("storage", path, "has type ", value.type(), ", but what it names has type ", *type);
  }
  if (value.storage() == fb::Storage::Arena) check_arena_range(path, value, arena);
  if (value.storage() == fb::Storage::Alias) check_alias(plan, path, index);
}

bool touches_arena(const Values& values, const flatbuffers::Vector<uint32_t>* of) {
  const auto& all = items(of);
  return std::any_of(all.begin(), all.end(), [&](uint32_t value) {
    return values[base_of(values, value)]->storage() == fb::Storage::Arena;
  });
}

// Whether no step of a region addresses memory: all are Apply, and of no value in the arena.
bool is_value_region(const PlanContext& plan, const fb::Region& region) {
  const auto& steps = items(region.steps());
  return std::all_of(steps.begin(), steps.end(), [&](const fb::Step* step) {
    const fb::Apply* apply = step->body_as_Apply();
    return apply && !touches_arena(plan.values, apply->inputs()) &&
           !touches_arena(plan.values, apply->outputs());
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

void check_flow(const PlanContext& plan, const Path& path, const std::vector<PlacedStep>& steps,
                uint32_t first_write) {
  Flow flow(plan);
  for (uint32_t i = 0; i < steps.size(); ++i) {
    const Path region = path.at("regions", steps[i].region);
    flow.step(i, region.at("steps", steps[i].index), steps[i]);
  }
  flow.finish(path);
  const uint32_t expected = flow.first_write().value_or(static_cast<uint32_t>(steps.size()));
  if (first_write != expected) {
    fail("first-write", path.field("first_write"), "is ", first_write, ", expected ", expected);
  }
  check_arena(plan, flow, steps, path);
}

void check_entry_plan(const Context& context, const Path& path, const fb::EntryPlan& of,
                      const Strings* targets) {
  const fb::Program& program = context.program;
  const PlanContext plan{context, items(of.values()), *program.entries()->Get(of.entry())};
  const uint64_t arena = of.arena_bytes();
  if (arena > static_cast<uint64_t>(kLimit)) {
    fail("arena", path.field("arena_bytes"), "is ", arena, ", expected at most ", kLimit);
  }
  for (uint32_t i = 0; i < plan.values.size(); ++i) {
    check_value(plan, path.at("values", i), i, arena);
  }
  const std::vector<PlacedStep> steps = check_regions(plan, path, of, targets);
  check_casts(program, path, of);
  check_ranges(path, {program, of, context.high});
  check_ranges(path, {program, of, context.low});
  check_flow(plan, path, steps, of.first_write());
}

void check_targets(const Path& path, const Strings* targets) {
  if (count(targets) == 0) fail("plan", path, "has no targets");
  std::unordered_map<std::string_view, uint32_t> seen;
  for (uint32_t i = 0; i < count(targets); ++i) {
    const Path at = path.at("targets", i);
    const std::string_view target = text(targets->Get(i));
    if (target.empty()) fail("name", at, "is empty");
    const auto [before, added] = seen.emplace(target, i);
    if (!added) {
      fail("duplicate", at, "is \"", target, "\", as at index ", before->second);
    }
  }
}

void check_plan(const Context& context, const Path& path, const fb::Plan& plan) {
  const uint32_t entries = count(context.program.entries());
  check_targets(path, plan.targets());
  std::unordered_set<uint32_t> seen;
  for (uint32_t i = 0; i < count(plan.entries()); ++i) {
    const Path at = path.at("entries", i);
    const fb::EntryPlan& of = *plan.entries()->Get(i);
    refers_to(at.field("entry"), "entry", of.entry(), entries);
    if (!seen.insert(of.entry()).second) {
      fail("duplicate", at.field("entry"), "is ", of.entry(), " again");
    }
    check_entry_plan(context, at, of, plan.targets());
  }
  if (seen.size() != entries) {
    fail("plan", path, "has plans of ", seen.size(), " entries, expected ", entries);
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
