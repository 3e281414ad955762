#include "artifact/native/ops.h"

#include <algorithm>
#include <vector>

namespace vorab {
namespace {

const OpInfo kOps[] = {
#define VORAB_OP(id, name, kind, min_inputs, max_inputs, outputs, attributes, accumulates) \
  {id, #name, OpKind::kind, min_inputs, max_inputs, outputs, attributes, accumulates},
#include "artifact/native/generated/ops.inc"
#undef VORAB_OP
};

std::vector<const OpInfo*> index_ops() {
  uint16_t last = 0;
  for (const OpInfo& op : kOps) last = std::max(last, op.id);
  std::vector<const OpInfo*> index(last + size_t{1}, nullptr);
  for (const OpInfo& op : kOps) index[op.id] = &op;
  return index;
}

}  // namespace

const OpInfo* find_op(uint16_t id) {
  static const std::vector<const OpInfo*> index = index_ops();
  return id < index.size() ? index[id] : nullptr;
}

}  // namespace vorab
