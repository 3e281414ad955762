// The op table as native code sees it: what the graph package's registry says of each op.
#pragma once

#include <cstdint>

namespace vorab {

enum class OpKind : uint8_t {
  Leaf,
  Elementwise,
  Reduce,
  View,
  Contract,
  Indexed,
  Routine,
  Composite,
  Call
};

// OP_add, OP_mul, ...: the prefix keeps names such as `and` and `double` legal.
enum OpId : uint16_t {
#define VORAB_OP(id, name, kind, min_inputs, max_inputs, outputs, attributes, accumulates) \
  OP_##name = id,
#include "artifact/native/generated/ops.inc"
#undef VORAB_OP
};

inline constexpr uint8_t kVariadic = 255;

struct OpInfo {
  uint16_t id;
  const char* name;
  OpKind kind;
  uint8_t min_inputs;
  uint8_t max_inputs;      // kVariadic: no limit
  uint8_t outputs;         // kVariadic: any number
  const char* attributes;  // one letter per attribute: i f b s I d D S F C B
  bool accumulates;        // adds or multiplies many numbers into one
};

// Null when this build does not know the op.
const OpInfo* find_op(uint16_t id);

}  // namespace vorab
