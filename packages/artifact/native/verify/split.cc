#include "artifact/native/verify/split.h"

#include <algorithm>

namespace vorab::rules {
namespace {

using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;
using Indices = flatbuffers::Vector<uint32_t>;

void check_count(const Path& path, const char* field, uint32_t given, uint32_t expected) {
  if (given == expected) return;
  fail("arity", path, "has ", given, ' ', field, ", but its part has ", expected);
}

void check_ports(const PlanContext& plan, const Path& path, const char* field, fb::Storage own,
                 const Indices* given, const Ports* ports) {
  check_count(path, field, count(given), count(ports));
  each_refers_to(path, field, "value", given, plan.values.size());
  for (uint32_t i = 0; i < count(given); ++i) {
    const uint32_t index = given->Get(i);
    const fb::Value& value = *plan.values[index];
    const uint32_t expected = ports->Get(i)->type();
    if (value.storage() != own && value.storage() != fb::Storage::Device) {
      fail("storage", path.at(field, i), "is value ", index, ", which no part has among its ",
           field);
    }
    if (!same_type(plan.context.program, value.type(), expected)) {
      fail("signature", path.at(field, i), "has type ", value.type(), ", but its part has type ",
           expected);
    }
  }
}

void check_states(const PlanContext& plan, const Path& path, const char* field,
                  const Indices* given, const Indices* states) {
  check_count(path, field, count(given), count(states));
  each_refers_to(path, field, "value", given, plan.values.size());
  for (uint32_t i = 0; i < count(given); ++i) {
    const fb::Value& value = *plan.values[given->Get(i)];
    if (value.storage() == fb::Storage::State && value.index() == states->Get(i)) continue;
    fail("storage", path.at(field, i), "is value ", given->Get(i), ", which is not state ",
         states->Get(i));
  }
}

// Who holds each Device value of an entry's plan, so far.
using Holders = std::unordered_map<uint32_t, std::string_view>;

struct SplitContext {
  const fb::Program& program;
  const fb::EntryPlan& plan;
  Holders& holders;
  std::string_view target;  // of the region
  uint32_t part;            // the plan that its calls run by
};

void written(const SplitContext& split, const Path& path, uint32_t value) {
  if (split.plan.values()->Get(value)->storage() != fb::Storage::Device) return;
  if (!split.holders.emplace(value, split.target).second) {
    fail("write", path, "writes value ", value, " a second time");
  }
}

bool plans_entry(const fb::Plan& plan, uint32_t entry) {
  const auto& all = items(plan.entries());
  return std::any_of(all.begin(), all.end(),
                     [&](const fb::EntryPlan* of) { return of->entry() == entry; });
}

void check_callee(const SplitContext& split, const Path& path, const fb::Call& call) {
  const auto& [program, plan, holders, target, part] = split;
  const Path at = path.field("entry");
  if (!plans_entry(*program.plans()->Get(part), call.entry())) {
    fail("plan", at, "is ", call.entry(), ", which plans[", part, "] does not plan");
  }
  const Indices* bound = program.entries()->Get(plan.entry())->symbols();
  for (const uint32_t symbol : items(program.entries()->Get(call.entry())->symbols())) {
    if (contains(bound, symbol)) continue;
    fail("symbol", at, "depends on symbol ", symbol, ", which no input binds");
  }
  for (uint32_t i = 0; i < count(call.inputs()); ++i) {
    const auto holder = holders.find(call.inputs()->Get(i));
    // What nothing has written is for the order of reads and writes to refuse.
    if (holder == holders.end() || holder->second == target) continue;
    fail("plan", path.at("inputs", i), "is value ", holder->first, ", which ", holder->second,
         " holds, not ", target);
  }
  for (uint32_t i = 0; i < count(call.outputs()); ++i) {
    written(split, path.at("outputs", i), call.outputs()->Get(i));
  }
}

void check_move(const SplitContext& split, const Path& path, const fb::Transfer& transfer) {
  const auto holder = split.holders.find(transfer.input());
  if (holder != split.holders.end() && holder->second == split.target) {
    fail("plan", path.field("input"), "is value ", transfer.input(), ", which ", split.target,
         " holds already");
  }
  written(split, path.field("output"), transfer.output());
}

// The plan that calls of a target run by.
uint32_t part_for(const fb::Plan& plan, std::string_view target) {
  for (uint32_t i = 0; i < count(plan.targets()); ++i) {
    if (text(plan.targets()->Get(i)) == target) return plan.parts()->Get(i);
  }
  return 0;
}

void check_held(const fb::Program& program, const Path& path, const fb::Plan& plan) {
  for (uint32_t i = 0; i < count(plan.entries()); ++i) {
    const fb::Entry& entry = *program.entries()->Get(plan.entries()->Get(i)->entry());
    for (const Indices* states : {entry.reads(), entry.writes()}) {
      for (const uint32_t state : items(states)) {
        if (contains(plan.holds(), state)) continue;
        fail("plan", path.at("entries", i), "uses state ", state, ", which the plan does not hold");
      }
    }
  }
}

void check_owners(const fb::Program& program, const Path& path, const fb::Plan& plan) {
  for (uint32_t state = 0; state < count(program.states()); ++state) {
    uint64_t owners = 0;
    for (const uint32_t part : items(plan.parts())) {
      const auto& holds = items(program.plans()->Get(part)->holds());
      owners += static_cast<uint64_t>(std::count(holds.begin(), holds.end(), state));
    }
    if (owners == 1) continue;
    fail("plan", path.field("parts"), "hold state ", state, ' ', owners, " times, expected once");
  }
}

bool is_part_for(const fb::Plan& plan, std::string_view target) {
  return plan.part() && count(plan.targets()) == 1 && text(plan.targets()->Get(0)) == target;
}

}  // namespace

bool is_split_step(const fb::Step& step) {
  return step.body_type() == fb::StepBody::Call || step.body_type() == fb::StepBody::Transfer;
}

void check_call(const PlanContext& plan, const Path& path, const fb::Call& call) {
  const fb::Program& program = plan.context.program;
  refers_to(path.field("entry"), "entry", call.entry(), count(program.entries()));
  const fb::Entry& part = *program.entries()->Get(call.entry());
  if (part.kind() != fb::EntryKind::Part) {
    fail("kind", path.field("entry"), "is ", call.entry(), ", which is not of kind Part");
  }
  check_ports(plan, path, "inputs", fb::Storage::Input, call.inputs(), part.inputs());
  check_ports(plan, path, "outputs", fb::Storage::Output, call.outputs(), part.outputs());
  check_states(plan, path, "reads", call.reads(), part.reads());
  check_states(plan, path, "writes", call.writes(), part.writes());
}

void check_transfer(const PlanContext& plan, const Path& path, const fb::Transfer& transfer) {
  const auto type = [&](const char* field, uint32_t index) {
    refers_to(path.field(field), "value", index, plan.values.size());
    const fb::Value& value = *plan.values[index];
    if (value.storage() != fb::Storage::Device) {
      fail("storage", path.field(field), "is value ", index, ", which is not of storage Device");
    }
    return value.type();
  };
  const uint32_t from = type("input", transfer.input());
  const uint32_t to = type("output", transfer.output());
  if (!same_type(plan.context.program, from, to)) {
    fail("signature", path, "copies type ", from, " to type ", to);
  }
}

void check_split_entry(const fb::Program& program, const Path& path, const fb::EntryPlan& of,
                       const fb::Plan& plan) {
  Holders holders;
  for (uint32_t r = 0; r < count(of.regions()); ++r) {
    const fb::Region& region = *of.regions()->Get(r);
    const std::string_view target = text(region.target());
    const SplitContext split{program, of, holders, target, part_for(plan, target)};
    const Path within = path.at("regions", r);
    for (uint32_t s = 0; s < count(region.steps()); ++s) {
      const fb::Step& step = *region.steps()->Get(s);
      const Path at = within.at("steps", s);
      if (const auto* call = step.body_as_Call()) check_callee(split, at.field("body"), *call);
      if (const auto* move = step.body_as_Transfer()) check_move(split, at.field("body"), *move);
    }
  }
}

void check_parts(const fb::Program& program, const Path& path, const fb::Plan& plan) {
  const uint32_t targets = count(plan.targets());
  each_refers_to(path, "parts", "plan", plan.parts(), count(program.plans()));
  each_refers_to(path, "holds", "state", plan.holds(), count(program.states()));
  if (plan.part() && targets > 1) fail("plan", path, "is a part of several targets");
  if (!plan.part() && count(plan.holds()) > 0) {
    fail("plan", path.field("holds"), "are not of a part");
  }
  const uint32_t expected = targets > 1 ? targets : 0;
  if (count(plan.parts()) != expected) {
    fail("plan", path, "has ", count(plan.parts()), " parts, expected ", expected);
  }
  for (uint32_t i = 0; i < expected; ++i) {
    const uint32_t index = plan.parts()->Get(i);
    const std::string_view target = text(plan.targets()->Get(i));
    if (is_part_for(*program.plans()->Get(index), target)) continue;
    fail("plan", path.at("parts", i), "is ", index, ", which is no part for \"", target, '"');
  }
  if (plan.part()) check_held(program, path, plan);
  if (expected > 0) check_owners(program, path, plan);
}

}  // namespace vorab::rules
