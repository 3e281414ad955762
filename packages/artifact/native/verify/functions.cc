#include "artifact/native/verify/functions.h"

#include <cstring>

namespace vorab::rules {
namespace {

// The op table's letters, in the order of the union's members.
constexpr std::string_view kLetters = "ifbsIdDSFCB";

void check_shape(const Context& context, const Path& path, const fb::ShapeAttr& attribute) {
  const auto& dims = *attribute.value();
  if (dims.size() > kMaxRank) {
    fail("rank", path, "has ", dims.size(), " dims, expected at most ", kMaxRank);
  }
  each_refers_to(path, "value", "expr", &dims, count(context.program.exprs()));
}

void check_function_attr(const Context& context, const Path& path, uint32_t function,
                         int64_t after) {
  refers_to(path, "function", function, count(context.program.functions()));
  if (function <= after) {
    fail("index", path, "refers to function ", function, ", expected > ", after);
  }
}

void check_bools(const Path& path, const fb::BoolsAttr& attribute) {
  for (uint32_t i = 0; i < attribute.value()->size(); ++i) {
    const unsigned value = attribute.value()->Get(i);
    if (value > 1) fail("attribute", path.at("value", i), "is ", value, ", expected 0 or 1");
  }
}

void check_content(const Context& context, const Path& path, const fb::Attribute& attribute,
                   int64_t after) {
  const fb::Program& program = context.program;
  switch (attribute.value_type()) {
    case fb::AttributeValue::DTypeAttr:
      return is_dtype(path, attribute.value_as_DTypeAttr()->value());
    case fb::AttributeValue::DimAttr:
      return refers_to(path, "expr", attribute.value_as_DimAttr()->value(), count(program.exprs()));
    case fb::AttributeValue::ShapeAttr:
      return check_shape(context, path, *attribute.value_as_ShapeAttr());
    case fb::AttributeValue::FunctionAttr:
      return check_function_attr(context, path, attribute.value_as_FunctionAttr()->value(), after);
    case fb::AttributeValue::ConstantAttr:
      return refers_to(path, "constant", attribute.value_as_ConstantAttr()->value(),
                       count(program.constants()));
    case fb::AttributeValue::BoolsAttr: return check_bools(path, *attribute.value_as_BoolsAttr());
    default: return;
  }
}

void check_function(const Context& context, const Path& path, const fb::Function& function,
                    uint32_t index) {
  const uint32_t types = count(context.program.types());
  const uint32_t locations = count(context.program.locations());
  each_refers_to(path, "parameters", "type", function.parameters(), types);
  uint64_t values = count(function.parameters());
  for (uint32_t i = 0; i < count(function.nodes()); ++i) {
    const Path at = path.at("nodes", i);
    const fb::Node& node = *function.nodes()->Get(i);
    const OpInfo& op = check_op(at, node.op(), count(node.inputs()), count(node.outputs()));
    each_refers_to(at, "inputs", "value", node.inputs(), values);
    check_attributes(context, at, op, node.attributes(), index);
    each_refers_to(at, "outputs", "type", node.outputs(), types);
    each_refers_to(at, "locations", "location", node.locations(), locations);
    values += count(node.outputs());
  }
  each_refers_to(path, "results", "value", function.results(), values);
}

}  // namespace

const OpInfo& check_op(const Path& path, uint16_t id, uint32_t inputs, uint32_t outputs) {
  const OpInfo* op = find_op(id);
  if (!op) fail("op", path, "has op ", id, ", which this build does not know");
  if (inputs < op->min_inputs || (op->max_inputs != kVariadic && inputs > op->max_inputs)) {
    fail("arity", path, "has ", inputs, " inputs, expected ", range(op->min_inputs, op->max_inputs),
         " for ", op->name);
  }
  if (op->outputs != kVariadic && outputs != op->outputs) {
    fail("arity", path, "has ", outputs, " outputs, expected ", unsigned{op->outputs}, " for ",
         op->name);
  }
  return *op;
}

void check_attributes(const Context& context, const Path& path, const OpInfo& op,
                      Attributes attributes, int64_t after) {
  const auto& all = items(attributes);
  const std::string_view expected = op.attributes;
  if (all.size() != expected.size()) {
    fail("attribute", path, "has ", all.size(), " attributes, expected ", expected.size(), " for ",
         op.name);
  }
  for (uint32_t i = 0; i < all.size(); ++i) {
    const Path at = path.at("attributes", i);
    const auto type = static_cast<size_t>(all[i]->value_type());
    const char found = type >= 1 && type <= kLetters.size() ? kLetters[type - 1] : '?';
    if (found != expected[i]) {
      fail("attribute", at, "is of kind ", found, ", expected ", expected[i], " for ", op.name);
    }
    check_content(context, at, *all[i], after);
  }
}

void check_functions(const Context& context) {
  const Path root;
  for (uint32_t i = 0; i < count(context.program.functions()); ++i) {
    check_function(context, root.at("functions", i), *context.program.functions()->Get(i), i);
  }
}

}  // namespace vorab::rules
