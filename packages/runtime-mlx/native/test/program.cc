#include "runtime-mlx/native/test/program.h"

namespace vorab::test {
namespace {

template <class Table, class Value>
fb::AttributeValueUnion attribute(Value value) {
  Table table;
  table.value = std::move(value);
  fb::AttributeValueUnion result;
  result.Set(std::move(table));
  return result;
}

}  // namespace

fb::AttributeValueUnion integer(int64_t value) { return attribute<fb::IntAttrT>(value); }
fb::AttributeValueUnion number(double value) { return attribute<fb::FloatAttrT>(value); }
fb::AttributeValueUnion ints(std::vector<int64_t> values) {
  return attribute<fb::IntsAttrT>(std::move(values));
}
fb::AttributeValueUnion dtype(fb::DType value) { return attribute<fb::DTypeAttrT>(value); }
fb::AttributeValueUnion dim(uint32_t expr) { return attribute<fb::DimAttrT>(expr); }
fb::AttributeValueUnion shape(std::vector<uint32_t> exprs) {
  return attribute<fb::ShapeAttrT>(std::move(exprs));
}
fb::AttributeValueUnion constant(uint32_t index) { return attribute<fb::ConstantAttrT>(index); }
fb::AttributeValueUnion function(uint32_t index) { return attribute<fb::FunctionAttrT>(index); }
fb::AttributeValueUnion flag(bool value) { return attribute<fb::BoolAttrT>(value); }

ProgramBuilder::ProgramBuilder() {
  program_.producer = "test";
  auto plan = std::make_unique<fb::PlanT>();
  plan->name = "mlx";
  plan->targets = {"mlx"};
  program_.plans.push_back(std::move(plan));
}

uint32_t ProgramBuilder::expr(int64_t value) {
  program_.exprs.emplace_back(value, 0, 0, fb::ExprKind::Const);
  return static_cast<uint32_t>(program_.exprs.size() - 1);
}

uint32_t ProgramBuilder::symbol(const std::string& name, int64_t max) {
  auto symbol = std::make_unique<fb::SymbolT>();
  symbol->name = name;
  symbol->max = max;
  program_.symbols.push_back(std::move(symbol));
  program_.exprs.emplace_back(static_cast<int64_t>(program_.symbols.size() - 1), 0, 0,
                              fb::ExprKind::Symbol);
  return static_cast<uint32_t>(program_.exprs.size() - 1);
}

uint32_t ProgramBuilder::type(fb::DType dtype, const std::vector<int64_t>& shape) {
  std::vector<uint32_t> exprs;
  for (const int64_t extent : shape) exprs.push_back(expr(extent));
  return type_of(dtype, std::move(exprs));
}

uint32_t ProgramBuilder::type_of(fb::DType dtype, std::vector<uint32_t> exprs) {
  auto type = std::make_unique<fb::TensorTypeT>();
  type->dtype = dtype;
  type->shape = std::move(exprs);
  program_.types.push_back(std::move(type));
  return static_cast<uint32_t>(program_.types.size() - 1);
}

uint32_t ProgramBuilder::state(const std::string& name, uint32_t type) {
  auto state = std::make_unique<fb::StateT>();
  state->name = name;
  state->type = type;
  program_.states.push_back(std::move(state));
  return static_cast<uint32_t>(program_.states.size() - 1);
}

uint32_t ProgramBuilder::constant(const Array& data) {
  auto segment = std::make_unique<fb::SegmentT>();
  segment->offset = file_.size();
  segment->length = data.bytes.size();
  segment->sha256 = std::make_unique<fb::Digest>();
  file_.insert(file_.end(), data.bytes.begin(), data.bytes.end());
  program_.segments.push_back(std::move(segment));
  auto constant = std::make_unique<fb::ConstantT>();
  constant->type = type(data.dtype, data.shape);
  constant->segment = static_cast<uint32_t>(program_.segments.size() - 1);
  program_.constants.push_back(std::move(constant));
  return static_cast<uint32_t>(program_.constants.size() - 1);
}

uint32_t ProgramBuilder::string(const std::string& text) {
  program_.strings.push_back(text);
  return static_cast<uint32_t>(program_.strings.size() - 1);
}

uint32_t ProgramBuilder::function(fb::FunctionT function) {
  program_.functions.push_back(std::make_unique<fb::FunctionT>(std::move(function)));
  return static_cast<uint32_t>(program_.functions.size() - 1);
}

EntryBuilder ProgramBuilder::entry(const std::string& name) {
  const auto index = static_cast<uint32_t>(program_.entries.size());
  auto entry = std::make_unique<fb::EntryT>();
  entry->name = name;
  for (uint32_t i = 0; i < program_.symbols.size(); ++i) entry->symbols.push_back(i);
  program_.entries.push_back(std::move(entry));
  auto plan = std::make_unique<fb::EntryPlanT>();
  plan->entry = index;
  auto region = std::make_unique<fb::RegionT>();
  region->target = "mlx";
  plan->regions.push_back(std::move(region));
  program_.plans[0]->entries.push_back(std::move(plan));
  return {*this, index};
}

Built ProgramBuilder::finish() {
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishProgramBuffer(builder, fb::Program::Pack(builder, &program_));
  return {{builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()}, file_};
}

fb::EntryPlanT& EntryBuilder::plan() { return *owner_.program_.plans[0]->entries[index_]; }
fb::EntryT& EntryBuilder::entry() { return *owner_.program_.entries[index_]; }

uint32_t EntryBuilder::value(uint32_t type, fb::Storage storage, uint32_t index) {
  auto value = std::make_unique<fb::ValueT>();
  value->type = type;
  value->storage = storage;
  value->index = index;
  plan().values.push_back(std::move(value));
  return static_cast<uint32_t>(plan().values.size() - 1);
}

uint32_t EntryBuilder::input(uint32_t type) {
  auto port = std::make_unique<fb::PortT>();
  port->name = "input" + std::to_string(entry().inputs.size());
  port->type = type;
  entry().inputs.push_back(std::move(port));
  return value(type, fb::Storage::Input, static_cast<uint32_t>(entry().inputs.size() - 1));
}

uint32_t EntryBuilder::read(uint32_t state) {
  entry().reads.push_back(state);
  return value(owner_.program_.states[state]->type, fb::Storage::State, state);
}

uint32_t EntryBuilder::apply(uint16_t op, std::vector<uint32_t> inputs, uint32_t type,
                             Attributes attributes) {
  const uint32_t result = value(type, fb::Storage::Device, 0);
  step(op, std::move(inputs), {result}, std::move(attributes));
  return result;
}

void EntryBuilder::step(uint16_t op, std::vector<uint32_t> inputs, std::vector<uint32_t> outputs,
                        Attributes attributes) {
  fb::ApplyT apply;
  apply.op = op;
  apply.inputs = std::move(inputs);
  apply.outputs = std::move(outputs);
  for (auto& value : attributes) {
    auto attribute = std::make_unique<fb::AttributeT>();
    attribute->value = std::move(value);
    apply.attributes.push_back(std::move(attribute));
  }
  auto step = std::make_unique<fb::StepT>();
  const OpInfo* info = find_op(op);
  step->name = info ? info->name : "unknown";
  step->body.Set(std::move(apply));
  plan().regions[0]->steps.push_back(std::move(step));
}

void EntryBuilder::output(uint32_t value) {
  auto port = std::make_unique<fb::PortT>();
  port->name = "output" + std::to_string(entry().outputs.size());
  port->type = plan().values[value]->type;
  plan().values[value]->storage = fb::Storage::Output;
  plan().values[value]->index = static_cast<uint32_t>(entry().outputs.size());
  entry().outputs.push_back(std::move(port));
}

void EntryBuilder::write(uint32_t state, uint32_t value) {
  plan().values[value]->storage = fb::Storage::State;
  plan().values[value]->index = state;
  entry().writes.push_back(state);
}

}  // namespace vorab::test
