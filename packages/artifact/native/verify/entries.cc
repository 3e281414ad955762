#include "artifact/native/verify/entries.h"

#include <optional>

namespace vorab::rules {
namespace {

using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;

void check_ports(const Context& context, const Path& path, const char* field, const Ports* ports) {
  Names names;
  for (uint32_t i = 0; i < count(ports); ++i) {
    const Path at = path.at(field, i);
    names.add(at, ports->Get(i)->name());
    refers_to(at.field("type"), "type", ports->Get(i)->type(), count(context.program.types()));
  }
}

// The types of ports, then of states.
std::vector<uint32_t> types_of(const fb::Program& program, const Ports* ports,
                               const flatbuffers::Vector<uint32_t>* states) {
  std::vector<uint32_t> types;
  for (const fb::Port* port : items(ports)) types.push_back(port->type());
  for (const uint32_t state : items(states)) types.push_back(program.states()->Get(state)->type());
  return types;
}

void check_signature(const Context& context, const Path& path, const char* noun,
                     const std::vector<uint32_t>& entry, const std::vector<uint32_t>& function) {
  if (entry.size() != function.size()) {
    fail("signature", path, "has ", entry.size(), ' ', noun, "s, but its function has ",
         function.size());
  }
  for (size_t i = 0; i < entry.size(); ++i) {
    if (!same_type(context.program, entry[i], function[i])) {
      fail("signature", path, "has type ", entry[i], " for ", noun, ' ', i,
           ", but its function has type ", function[i]);
    }
  }
}

std::vector<uint32_t> parameter_types(const fb::Function& function) {
  const auto& parameters = items(function.parameters());
  return {parameters.begin(), parameters.end()};
}

std::vector<uint32_t> result_types(const fb::Function& function) {
  std::vector<uint32_t> values = parameter_types(function);
  for (const fb::Node* node : items(function.nodes())) {
    const auto& outputs = items(node->outputs());
    values.insert(values.end(), outputs.begin(), outputs.end());
  }
  std::vector<uint32_t> types;
  for (const uint32_t result : items(function.results())) types.push_back(values[result]);
  return types;
}

// Symbols that are by themselves a dim of an input: a call binds those.
uint64_t bound_by(const fb::Program& program, const Ports* inputs) {
  uint64_t bound = 0;
  for (const fb::Port* port : items(inputs)) {
    for (const uint32_t index : items(type_at(program, port->type()).shape())) {
      const fb::Expr& expr = *program.exprs()->Get(index);
      if (expr.kind() == fb::ExprKind::Symbol) bound |= uint64_t{1} << expr.value();
    }
  }
  return bound;
}

void check_dependence(const Context& context, const Path& path, const char* field,
                      const Ports* ports, uint64_t listed) {
  for (uint32_t i = 0; i < count(ports); ++i) {
    if ((dependence_of(context, ports->Get(i)->type()) & ~listed) != 0) {
      fail("symbol", path.at(field, i), "depends on a symbol that no input binds");
    }
  }
}

void check_entry_symbols(const Context& context, const Path& path, const fb::Entry& entry) {
  const uint32_t symbols = count(context.program.symbols());
  each_refers_to(path, "symbols", "symbol", entry.symbols(), symbols);
  each_once(path, "symbols", entry.symbols());
  const uint64_t bound = bound_by(context.program, entry.inputs());
  uint64_t listed = 0;
  for (const uint32_t symbol : items(entry.symbols())) listed |= uint64_t{1} << symbol;
  for (uint32_t symbol = 0; symbol < symbols; ++symbol) {
    const uint64_t bit = uint64_t{1} << symbol;
    if ((bound & bit) == (listed & bit) || entry.kind() == fb::EntryKind::Part) continue;
    const bool lacks = (listed & bit) == 0;
    fail("symbol", path.field("symbols"), lacks ? "lack symbol " : "name symbol ", symbol,
         lacks ? ", which is a dim of an input" : ", which is no dim of an input");
  }
  check_dependence(context, path, "inputs", entry.inputs(), listed);
  check_dependence(context, path, "outputs", entry.outputs(), listed);
}

bool is_seed(const fb::Program& program, const Ports& inputs) {
  if (inputs.size() != 1 || text(inputs[0]->name()) != "seed") return false;
  const fb::TensorType& type = type_at(program, inputs[0]->type());
  if (type.dtype() != fb::DType::U32 || count(type.shape()) != 1) return false;
  const fb::Expr& two = *program.exprs()->Get(type.shape()->Get(0));
  return two.kind() == fb::ExprKind::Const && two.value() == 2;
}

void check_init(const Context& context, const Path& path, const fb::Entry& entry) {
  if (!is_seed(context.program, items(entry.inputs()))) {
    fail("init", path, "has other inputs than seed: u32[2]");
  }
  if (count(entry.reads()) > 0) fail("init", path, "reads states");
  if (count(entry.writes()) != count(context.program.states())) {
    fail("init", path, "writes ", count(entry.writes()), " states, expected all ",
         count(context.program.states()));
  }
}

void check_entry(const Context& context, const Path& path, const fb::Entry& entry) {
  const fb::Program& program = context.program;
  is_one_of(path.field("kind"), "entry kind", entry.kind(), 3);
  refers_to(path.field("function"), "function", entry.function(), count(program.functions()));
  check_ports(context, path, "inputs", entry.inputs());
  check_ports(context, path, "outputs", entry.outputs());
  each_refers_to(path, "reads", "state", entry.reads(), count(program.states()));
  each_once(path, "reads", entry.reads());
  each_refers_to(path, "writes", "state", entry.writes(), count(program.states()));
  each_once(path, "writes", entry.writes());
  refers_to(path.field("location"), "location", entry.location(), count(program.locations()));
  check_entry_symbols(context, path, entry);
  const fb::Function& function = *program.functions()->Get(entry.function());
  check_signature(context, path, "parameter", types_of(program, entry.inputs(), entry.reads()),
                  parameter_types(function));
  check_signature(context, path, "result", types_of(program, entry.outputs(), entry.writes()),
                  result_types(function));
  if (entry.kind() == fb::EntryKind::Init) check_init(context, path, entry);
}

}  // namespace

void check_entries(const Context& context) {
  const Path root;
  Names names;
  std::optional<uint32_t> init;
  for (uint32_t i = 0; i < count(context.program.entries()); ++i) {
    const Path path = root.at("entries", i);
    const fb::Entry& entry = *context.program.entries()->Get(i);
    names.add(path, entry.name());
    check_entry(context, path, entry);
    if (entry.kind() != fb::EntryKind::Init) continue;
    if (init) fail("init", path, "is of kind Init, as entries[", *init, ']');
    init = i;
  }
}

}  // namespace vorab::rules
