#include "control.h"

#include <algorithm>
#include <cstring>

#include "../steps/control_step.h"

namespace vorab::blas {
namespace {

struct Type {
  Dt dtype;
  Shape shape;
  bool operator==(const Type&) const = default;
};

// What a function takes and gives.
struct Signature {
  std::vector<Type> parameters, results;
};

// A control step as its op's binder sees it.
struct ControlCall {
  const Binder& binder;
  Attributes attributes;
  std::vector<Type> inputs, outputs;
  std::vector<Signature> functions;  // by body
  std::vector<uint32_t> carries;     // by body
};

void require(bool condition, const char* message) {
  if (!condition) throw BadPlan(message);
}

Type type_of(const Binder& binder, uint32_t type) {
  const fb::TensorType& of = type_at(binder.program, type);
  return {dtype_of(of.dtype()), shape(of, binder.binding)};
}

Signature signature_of(const Binder& binder, uint32_t function) {
  const fb::Function& of = *binder.program.functions()->Get(function);
  std::vector<uint32_t> values;
  for (const uint32_t type : items(of.parameters())) values.push_back(type);
  Signature out;
  for (const uint32_t type : values) out.parameters.push_back(type_of(binder, type));
  for (const fb::Node* node : items(of.nodes()))
    for (const uint32_t type : items(node->outputs())) values.push_back(type);
  for (const uint32_t value : items(of.results()))
    out.results.push_back(type_of(binder, values[value]));
  return out;
}

// One element along the first axis, of which there are `length`.
Type element_of(const Type& type, int64_t length) {
  require(type.shape.rank > 0 && type.shape[0] == length, "a sequence has another length");
  Type out{type.dtype, {}};
  out.shape.rank = type.shape.rank - 1;
  std::copy(type.shape.begin() + 1, type.shape.end(), out.shape.dims.begin());
  return out;
}

bool begins_with(const std::vector<Type>& all, const std::vector<Type>& first) {
  return all.size() >= first.size() && std::equal(first.begin(), first.end(), all.begin());
}

std::vector<Type> first_of(const std::vector<Type>& all, size_t count) {
  require(count <= all.size(), "a control step has too few operands");
  return {all.begin(), all.begin() + static_cast<ptrdiff_t>(count)};
}

// ------------------------------------------------------------------------------------------ bodies

void place_values(const Binder& binder, const fb::Body& body, std::byte* arena, Body& out) {
  const auto& values = items(body.values());
  for (uint32_t i = 0; i < values.size(); ++i) {
    const fb::Value& value = *values[i];
    std::byte* base = nullptr;
    switch (value.storage()) {
      case fb::Storage::Input: out.inputs.push_back({value.index(), i}); break;
      case fb::Storage::Output: out.outputs.push_back({value.index(), i}); break;
      case fb::Storage::State: out.carries.push_back({value.index(), i}); break;
      case fb::Storage::Constant:
        // Never written: the verifier admits no plan that stores into a constant.
        base = const_cast<std::byte*>(constant_data(binder.file, binder.program, value.index()));
        break;
      case fb::Storage::Arena: base = arena + value.offset(); break;
      case fb::Storage::Alias: break;  // steps refer to the root
      case fb::Storage::Device: throw BadPlan("a body for blas holds a value on a device");
    }
    out.bases.push_back(base);
  }
}

std::byte* scratch_of(const Binder& binder, const fb::Control& control) {
  const auto& scratch = items(control.scratch());
  return scratch.size() == 0 ? nullptr : binder.arena + binder.values[scratch[0]].place.offset;
}

Body bind_body(const Binder& binder, const fb::Body& body, std::byte* arena) {
  Body out;
  place_values(binder, body, arena, out);
  const Values values(binder.program, items(body.values()), binder.binding);
  const Binder own{binder.program, binder.binding, values, binder.kernels, binder.file, arena};
  for (const fb::Step* step : items(body.steps())) out.steps.push_back(bind_step(own, *step));
  return out;
}

std::vector<Body> bind_bodies(const Binder& binder, const fb::Control& control) {
  std::byte* arena = scratch_of(binder, control);
  std::vector<Body> out;
  for (const fb::Body* body : items(control.bodies()))
    out.push_back(bind_body(binder, *body, arena));
  return out;
}

// ------------------------------------------------------------------------------------------ ops

using Wholes = std::vector<Whole>;

StepPtr make_scan(const ControlCall& call, std::vector<Body> bodies, Wholes in, Wholes out) {
  const int64_t length = dim_attr(call.attributes, 1, call.binder.binding);
  const int64_t carries = int_attr(call.attributes, 2);
  const int64_t sequences = int_attr(call.attributes, 3);
  const auto operands = static_cast<int64_t>(call.inputs.size());
  require(length >= 0 && carries >= 0 && sequences >= 0 && carries <= operands &&
              sequences <= operands - carries,
          "a scan has other operands than its attributes say");
  const auto first = static_cast<size_t>(carries);
  const auto end = static_cast<size_t>(carries + sequences);
  std::vector<Type> taken = call.inputs;
  for (size_t i = first; i < end; ++i) taken[i] = element_of(taken[i], length);
  require(call.functions[0].parameters == taken, "a scan's body takes other operands");
  require(call.carries[0] == first, "a scan's body has another number of carries");
  require(begins_with(call.outputs, first_of(call.inputs, first)),
          "a scan's carries change their types");
  std::vector<Type> given = call.outputs;
  for (size_t i = first; i < given.size(); ++i) given[i] = element_of(given[i], length);
  require(call.functions[0].results == given, "a scan's body gives other results");
  return std::make_unique<ScanStep>(
      std::move(bodies), std::move(in), std::move(out),
      ScanStep::Extent{length, static_cast<uint32_t>(carries), static_cast<uint32_t>(sequences),
                       bool_attr(call.attributes, 4)});
}

void require_bool(const std::vector<Type>& types, size_t i) {
  require(i < types.size() && types[i].dtype == Dt::Bool && types[i].shape.rank == 0,
          "a condition is no bool scalar");
}

StepPtr make_cond(const ControlCall& call, std::vector<Body> bodies, Wholes in, Wholes out) {
  require_bool(call.inputs, 0);
  const std::vector<Type> taken(call.inputs.begin() + 1, call.inputs.end());
  for (size_t i = 0; i < 2; ++i) {
    require(call.carries[i] == 0, "a branch has carries");
    require(call.functions[i].parameters == taken, "a branch takes other operands");
    require(call.functions[i].results == call.outputs, "a branch gives other results");
  }
  return std::make_unique<CondStep>(std::move(bodies), std::move(in), std::move(out));
}

StepPtr make_whileLoop(const ControlCall& call, std::vector<Body> bodies, Wholes in, Wholes out) {
  const int64_t carries = int_attr(call.attributes, 2);
  require(carries >= 0 && static_cast<size_t>(carries) <= call.inputs.size(),
          "a loop has other operands than its attributes say");
  const auto [cond, body] = std::pair(call.functions[0], call.functions[1]);
  require(cond.parameters == call.inputs && body.parameters == call.inputs,
          "a loop's functions take other operands");
  require(cond.results.size() == 1 && call.carries[0] == 0, "a loop's condition gives no bool");
  require_bool(cond.results, 0);
  const std::vector<Type> carried = first_of(call.inputs, static_cast<size_t>(carries));
  require(call.outputs == carried && body.results == carried &&
              call.carries[1] == static_cast<uint32_t>(carries),
          "a loop's carries change their types");
  return std::make_unique<WhileStep>(std::move(bodies), std::move(in), std::move(out),
                                     static_cast<uint32_t>(carries));
}

struct Row {
  const char* name;
  StepPtr (*make)(const ControlCall& call, std::vector<Body> bodies, Wholes in, Wholes out);
};

constexpr Row kRows[] = {
    {"scan", &make_scan}, {"cond", &make_cond}, {"whileLoop", &make_whileLoop}};

std::vector<uint32_t> functions_of(Attributes attributes) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < items(attributes).size(); ++i) {
    if (attributes->Get(i)->value_type() == fb::AttributeValue::FunctionAttr)
      out.push_back(function_attr(attributes, i));
  }
  return out;
}

void add(const Binder& binder, uint32_t value, std::vector<Type>& types, Wholes& wholes) {
  const ValueRef& ref = binder.values[value];
  types.push_back({ref.dtype, ref.shape});
  wholes.push_back({ref.value, ref.bytes()});
}

}  // namespace

StepPtr bind_control(const Binder& binder, const fb::Control& control) {
  const OpInfo* op = find_op(control.op());
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) {
    return op != nullptr && std::strcmp(each.name, op->name) == 0;
  });
  if (row == std::end(kRows))
    throw Unsupported(std::string("no control step for ") + (op ? op->name : "an op of this id"));
  ControlCall call{binder, control.attributes(), {}, {}, {}, {}};
  Wholes in;
  Wholes out;
  for (const uint32_t value : items(control.inputs())) add(binder, value, call.inputs, in);
  for (const uint32_t value : items(control.outputs())) add(binder, value, call.outputs, out);
  for (const uint32_t function : functions_of(control.attributes()))
    call.functions.push_back(signature_of(binder, function));
  for (const fb::Body* body : items(control.bodies())) call.carries.push_back(body->carries());
  return row->make(call, bind_bodies(binder, control), std::move(in), std::move(out));
}

}  // namespace vorab::blas
