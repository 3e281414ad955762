#include "artifact/native/verify/values.h"

namespace vorab::rules {
namespace {

uint32_t is_there(const Path& path, const char* noun, uint32_t index,
                  const std::optional<uint32_t>& type) {
  if (!type) fail("storage", path, "is ", noun, ' ', index, ", which is a carry");
  return *type;
}

// The type that a value at this storage and index must have, if that is not its own.
std::optional<uint32_t> type_at_place(const PlanContext& plan, const Path& path,
                                      const fb::Value& value) {
  const fb::Program& program = plan.context.program;
  const Frame& frame = plan.frame;
  const uint32_t index = value.index();
  const Path at = path.field("index");
  switch (value.storage()) {
    case fb::Storage::Input:
      refers_to(at, "input", index, frame.inputs.size());
      return is_there(at, "input", index, frame.inputs[index]);
    case fb::Storage::Output:
      refers_to(at, "output", index, frame.outputs.size());
      return is_there(at, "output", index, frame.outputs[index]);
    case fb::Storage::State:
      refers_to(at, "state", index, frame.states.size());
      return frame.states[index];
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

}  // namespace

void check_values(const PlanContext& plan, const Path& path, uint64_t arena) {
  for (uint32_t i = 0; i < plan.values.size(); ++i) {
    check_value(plan, path.at("values", i), i, arena);
  }
}

}  // namespace vorab::rules
