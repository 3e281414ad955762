#include "artifact/native/verify/control.h"

#include "artifact/native/verify/arena.h"
#include "artifact/native/verify/functions.h"
#include "artifact/native/verify/values.h"

namespace vorab::rules {
namespace {

// The functions that attributes hold, in their order.
std::vector<uint32_t> functions_of(Attributes attributes) {
  std::vector<uint32_t> functions;
  for (uint32_t i = 0; i < items(attributes).size(); ++i) {
    const bool is_function = attributes->Get(i)->value_type() == fb::AttributeValue::FunctionAttr;
    if (is_function) functions.push_back(function_attr(attributes, i));
  }
  return functions;
}

// The frames of the bodies of a control step whose attributes have been checked.
std::vector<Frame> frames_of(const PlanContext& plan, const Path& path,
                             const fb::Control& control) {
  const std::vector<uint32_t> functions = functions_of(control.attributes());
  std::vector<Frame> frames;
  for (uint32_t i = 0; i < count(control.bodies()); ++i) {
    const uint32_t carries = control.bodies()->Get(i)->carries();
    frames.push_back(body_frame(plan.context.program, path.at("bodies", i), carries, functions[i]));
  }
  return frames;
}

void check_scratch(const PlanContext& plan, const Path& path, const fb::Control& control) {
  each_refers_to(path, "scratch", "value", control.scratch(), plan.values.size());
  const uint32_t scratches = count(control.scratch());
  if (scratches > 1) fail("arena", path, "has ", scratches, " scratches, expected at most 1");
  uint64_t bytes = 0;
  if (scratches == 1) {
    const fb::Value& value = *plan.values[control.scratch()->Get(0)];
    if (value.storage() != fb::Storage::Arena) {
      fail("arena", path.at("scratch", 0), "is not in the arena");
    }
    bytes = value.bytes();
  }
  for (uint32_t i = 0; i < count(control.bodies()); ++i) {
    const uint64_t arena = control.bodies()->Get(i)->arena_bytes();
    if (arena <= bytes) continue;
    fail("arena", path.at("bodies", i), "needs ", arena, " bytes of a scratch of ", bytes);
  }
}

// Reads and writes within the bodies of a step.
void check_body_flows(const PlanContext& plan, const Path& path, const fb::Control& control) {
  const std::vector<Frame> frames = frames_of(plan, path, control);
  for (uint32_t i = 0; i < frames.size(); ++i) {
    const fb::Body& body = *control.bodies()->Get(i);
    std::vector<PlacedStep> steps;
    for (uint32_t s = 0; s < count(body.steps()); ++s) {
      steps.push_back({std::nullopt, s, body.steps()->Get(s), false});
    }
    check_flow({plan.context, items(body.values()), frames[i], false}, path.at("bodies", i), steps);
  }
}

void check_step_flow(const PlanContext& plan, const Path& path, const PlacedStep& step,
                     uint32_t index, Flow& flow) {
  if (const fb::Control* control = step.step->body_as_Control()) {
    check_body_flows(plan, path.field("body"), *control);
  }
  flow.step(index, path, step);
}

}  // namespace

void check_control(const PlanContext& plan, const Path& path, const fb::Control& control) {
  const OpInfo& op =
      check_op(path, control.op(), count(control.inputs()), count(control.outputs()));
  if (op.kind != OpKind::Call) {
    fail("op", path, "has op ", op.name, ", expected one that runs functions");
  }
  each_refers_to(path, "inputs", "value", control.inputs(), plan.values.size());
  each_refers_to(path, "outputs", "value", control.outputs(), plan.values.size());
  check_attributes(plan.context, path, op, control.attributes(), -1);
  const size_t functions = functions_of(control.attributes()).size();
  if (count(control.bodies()) != functions) {
    fail("arity", path, "has ", count(control.bodies()), " bodies, expected ", functions, " for ",
         op.name);
  }
  check_scratch(plan, path, control);
  const std::vector<Frame> frames = frames_of(plan, path, control);
  for (uint32_t i = 0; i < frames.size(); ++i) {
    const fb::Body& body = *control.bodies()->Get(i);
    const Path at = path.at("bodies", i);
    const PlanContext of{plan.context, items(body.values()), frames[i], false};
    if (body.arena_bytes() > static_cast<uint64_t>(kLimit)) {
      fail("arena", at.field("arena_bytes"), "is ", body.arena_bytes(), ", expected at most ",
           kLimit);
    }
    check_values(of, at, body.arena_bytes());
    for (uint32_t s = 0; s < count(body.steps()); ++s) {
      check_step(of, at.at("steps", s), *body.steps()->Get(s));
    }
  }
}

std::optional<uint32_t> check_flow(const PlanContext& plan, const Path& path,
                                   const std::vector<PlacedStep>& steps) {
  Flow flow(plan);
  for (uint32_t i = 0; i < steps.size(); ++i) {
    const PlacedStep& step = steps[i];
    if (step.region) {
      const Path region = path.at("regions", *step.region);
      check_step_flow(plan, region.at("steps", step.index), step, i, flow);
    } else {
      check_step_flow(plan, path.at("steps", step.index), step, i, flow);
    }
  }
  flow.finish(path);
  check_arena(plan, flow, steps, path);
  return flow.first_write();
}

}  // namespace vorab::rules
