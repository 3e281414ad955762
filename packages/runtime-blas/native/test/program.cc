#include "program.h"

#include <algorithm>

extern "C" const vorab_backend* vorab_backend_v1();

namespace vorab::blas::test {

template <class Table, class Value>
static fb::AttributeValueUnion attribute(Value value) {
  Table table;
  table.value = std::move(value);
  fb::AttributeValueUnion out;
  out.Set(std::move(table));
  return out;
}

fb::AttributeValueUnion int_attribute(int64_t value) { return attribute<fb::IntAttrT>(value); }
fb::AttributeValueUnion ints_attribute(std::vector<int64_t> values) {
  return attribute<fb::IntsAttrT>(std::move(values));
}
fb::AttributeValueUnion shape_attribute(std::vector<uint32_t> exprs) {
  return attribute<fb::ShapeAttrT>(std::move(exprs));
}

Program::Program() {
  program.producer = "test";
  auto entry = std::make_unique<fb::EntryT>();
  entry->name = "main";
  program.entries.push_back(std::move(entry));
  auto region = std::make_unique<fb::RegionT>();
  region->target = "blas";
  auto entry_plan = std::make_unique<fb::EntryPlanT>();
  entry_plan->regions.push_back(std::move(region));
  auto chosen = std::make_unique<fb::PlanT>();
  chosen->name = "blas";
  chosen->targets = {"blas"};
  chosen->entries.push_back(std::move(entry_plan));
  program.plans.push_back(std::move(chosen));
}

uint32_t Program::expr(int64_t value) {
  program.exprs.emplace_back(value, 0, 0, fb::ExprKind::Const);
  return static_cast<uint32_t>(program.exprs.size() - 1);
}

uint32_t Program::symbol(const char* name, int64_t max) {
  auto symbol = std::make_unique<fb::SymbolT>();
  symbol->name = name;
  symbol->max = max;
  program.symbols.push_back(std::move(symbol));
  const auto index = static_cast<uint32_t>(program.symbols.size() - 1);
  program.entries[0]->symbols.push_back(index);
  program.exprs.emplace_back(index, 0, 0, fb::ExprKind::Symbol);
  return static_cast<uint32_t>(program.exprs.size() - 1);
}

uint32_t Program::times(uint32_t a, uint32_t b) {
  program.exprs.emplace_back(0, a, b, fb::ExprKind::Mul);
  return static_cast<uint32_t>(program.exprs.size() - 1);
}

uint32_t Program::type(Dt dtype, std::vector<uint32_t> exprs) {
  auto type = std::make_unique<fb::TensorTypeT>();
  type->dtype = static_cast<fb::DType>(dtype);
  type->shape = std::move(exprs);
  program.types.push_back(std::move(type));
  return static_cast<uint32_t>(program.types.size() - 1);
}

uint32_t Program::fixed(Dt dtype, std::vector<int64_t> shape) {
  std::vector<uint32_t> exprs;
  for (int64_t extent : shape) exprs.push_back(expr(extent));
  return type(dtype, std::move(exprs));
}

uint32_t Program::value(uint32_t type, fb::Storage storage, uint32_t index, uint64_t offset,
                        uint64_t bytes) {
  auto value = std::make_unique<fb::ValueT>();
  value->type = type;
  value->storage = storage;
  value->index = index;
  value->offset = offset;
  value->bytes = bytes;
  plan().values.push_back(std::move(value));
  return static_cast<uint32_t>(plan().values.size() - 1);
}

static std::unique_ptr<fb::PortT> port(const std::string& name, uint32_t type) {
  auto out = std::make_unique<fb::PortT>();
  out->name = name;
  out->type = type;
  return out;
}

uint32_t Program::input(uint32_t type) {
  auto& inputs = program.entries[0]->inputs;
  inputs.push_back(port("in" + std::to_string(inputs.size()), type));
  return value(type, fb::Storage::Input, static_cast<uint32_t>(inputs.size() - 1));
}

uint32_t Program::output(uint32_t type) {
  auto& outputs = program.entries[0]->outputs;
  outputs.push_back(port("out" + std::to_string(outputs.size()), type));
  return value(type, fb::Storage::Output, static_cast<uint32_t>(outputs.size() - 1));
}

uint32_t Program::state(uint32_t type) {
  auto state = std::make_unique<fb::StateT>();
  state->name = "state" + std::to_string(program.states.size());
  state->type = type;
  program.states.push_back(std::move(state));
  return value(type, fb::Storage::State, static_cast<uint32_t>(program.states.size() - 1));
}

uint32_t Program::arena(uint32_t type, uint64_t bytes) {
  const uint64_t offset = plan().arena_bytes, size = (bytes + 63) / 64 * 64;
  plan().arena_bytes += size;
  return value(type, fb::Storage::Arena, 0, offset, size);
}

std::unique_ptr<fb::AccessT> Program::access(const SourceAccess& source) {
  auto out = std::make_unique<fb::AccessT>();
  out->value = source.value;
  out->offset = expr(source.offset);
  for (int64_t stride : source.strides) out->strides.push_back(expr(stride));
  return out;
}

std::unique_ptr<fb::FusedT> Program::fused(const TapeSource& source) {
  auto out = std::make_unique<fb::FusedT>();
  for (int64_t extent : source.dims) out->dims.push_back(expr(extent));
  out->reduced = static_cast<uint8_t>(source.reduced);
  out->inner = static_cast<uint8_t>(source.inner);
  for (const SourceAccess& a : source.accesses) {
    if (a.value != kAccValue) out->accesses.push_back(access(a));
  }
  const char* reductions[] = {"sum", "prod", "max", "min", "any", "all"};
  for (const SourceInstr& i : source.instrs) {
    auto kind = fb::InstrKind::Load;
    uint16_t op = i.op;
    if (i.kind == Kind::Load && source.accesses[i.arg[0]].value == kAccValue)
      kind = fb::InstrKind::Acc;
    if (i.kind == Kind::Const) kind = fb::InstrKind::Const;
    if (i.kind == Kind::Index) kind = fb::InstrKind::Index;
    if (i.kind == Kind::Scalar) kind = fb::InstrKind::Scalar;
    if (i.kind == Kind::Store) kind = fb::InstrKind::Store;
    if (i.kind == Kind::Reduce) {
      kind = fb::InstrKind::Reduce;
      op = op_id(reductions[static_cast<int>(i.reduction)]);
    }
    out->tape.emplace_back(i.bits, op, i.arg[0], i.arg[1], i.arg[2], i.arg[3], kind,
                           static_cast<fb::DType>(i.dtype));
  }
  return out;
}

void Program::step(fb::StepBodyUnion body) {
  auto out = std::make_unique<fb::StepT>();
  out->body = std::move(body);
  plan().regions[0]->steps.push_back(std::move(out));
  plan().first_write = static_cast<uint32_t>(plan().regions[0]->steps.size());
}

void Program::tape(const TapeSource& source) {
  fb::StepBodyUnion body;
  body.Set(std::move(*fused(source)));
  step(std::move(body));
}

void Program::apply(const char* op, std::vector<uint32_t> inputs, std::vector<uint32_t> outputs,
                    std::vector<fb::AttributeValueUnion> attributes) {
  fb::ApplyT out;
  out.op = op_id(op);
  out.inputs = std::move(inputs);
  out.outputs = std::move(outputs);
  for (auto& a : attributes) {
    out.attributes.push_back(std::make_unique<fb::AttributeT>());
    out.attributes.back()->value = std::move(a);
  }
  fb::StepBodyUnion body;
  body.Set(std::move(out));
  step(std::move(body));
}

std::vector<uint8_t> Program::finish() {
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishProgramBuffer(builder, fb::Program::Pack(builder, &program));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

// ------------------------------------------------------------------------------------------
// running

Runner::Runner(Program& program, const std::string& options) : flatbuffer_(program.finish()) {
  view_ = {flatbuffer_.data(), flatbuffer_.size(), flatbuffer_.data(), flatbuffer_.size()};
  check(vorab_backend_v1()->open(&view_, 0, options.c_str(), &session_, &error_));
}

Runner::~Runner() { vorab_backend_v1()->close(session_); }

void Runner::check(int status) {
  if (status != VORAB_OK) throw BackendError(status, error_);
}

void Runner::run_raw(const std::vector<vorab_input>& inputs, std::vector<vorab_output>& outputs,
                     std::vector<int64_t> symbols, const int32_t* cancel) {
  symbols.push_back(0);
  check(vorab_backend_v1()->run(session_, 0, symbols.data(), inputs.data(), outputs.data(), cancel,
                                &error_));
}

std::vector<Bytes> Runner::run(const std::vector<Bytes>& inputs, const std::vector<size_t>& sizes,
                               std::vector<int64_t> symbols, const int32_t* cancel) {
  std::vector<Bytes> results;
  for (size_t size : sizes) results.emplace_back(size);
  std::vector<vorab_input> in;
  std::vector<vorab_output> out;
  for (const Bytes& input : inputs) in.push_back({nullptr, input.data()});
  static std::byte nothing;  // no pointer at all would ask for a tensor
  for (Bytes& result : results) {
    out.push_back({result.empty() ? &nothing : result.data(), nullptr, 0});
  }
  run_raw(in, out, std::move(symbols), cancel);
  return results;
}

Bytes Runner::state(uint32_t index, size_t bytes) {
  Bytes out(bytes);
  check(vorab_backend_v1()->state_read(session_, index, out.data(), bytes, &error_));
  return out;
}

void Runner::set_state(uint32_t index, const Bytes& bytes) {
  check(vorab_backend_v1()->state_write(session_, index, bytes.data(), bytes.size(), &error_));
}

vorab_stats Runner::stats() {
  vorab_stats out{};
  vorab_backend_v1()->stats(session_, &out);
  return out;
}

std::vector<float> floats(const Bytes& bytes) {
  std::vector<float> out(bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

Bytes ramp(size_t n) {
  Bytes out(n * sizeof(float));
  for (size_t i = 0; i < n; ++i) {
    const auto x = static_cast<float>(i);
    std::memcpy(out.data() + i * sizeof x, &x, sizeof x);
  }
  return out;
}

}  // namespace vorab::blas::test
