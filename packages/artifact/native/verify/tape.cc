#include "artifact/native/verify/tape.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace vorab::rules {
namespace {

// Instructions are referred to by 16 bits.
constexpr uint32_t kMaxTape = 65535;

// What is known of an instruction that has been checked; Store defines no value.
struct Defined {
  std::optional<fb::DType> dtype;
  bool varies;  // along a reduced dim
};

struct Addressed {
  const fb::Access& access;
  uint64_t place;
  fb::DType dtype;
};

bool fits(uint64_t bits, fb::DType dtype) {
  const int64_t width = dtype == fb::DType::Bool ? 1 : 8 * dtype_size(dtype);
  return width == 64 || bits >> width == 0;
}

class TapeChecker {
 public:
  explicit TapeChecker(const TapeContext& of) : of_(of) {}

  void check(const Path& path) {
    const auto& tape = items(of_.fused.tape());
    if (tape.size() > kMaxTape) {
      fail("tape", path, "has ", tape.size(), " instructions, expected at most ", kMaxTape);
    }
    for (uint32_t i = 0; i < tape.size(); ++i) {
      defined_.push_back(instr(path.at("tape", i), *tape[i]));
    }
    if (stored_.empty()) fail("tape", path, "has no Store");
    const unsigned reduced = of_.fused.reduced();
    const unsigned inner = of_.fused.inner();
    if (!reduces_ && (reduced > 0 || inner > 0)) {
      fail("tape", path, "has ", reduced, " reduced and ", inner, " inner dims, but no Reduce");
    }
    if (of_.epilogue && !has_acc_) fail("tape", path, "has no Acc");
  }

 private:
  Defined instr(const Path& path, const fb::Instr& instr) {
    is_one_of(path, "instruction kind", instr.kind(), 8);
    is_dtype(path, instr.dtype());
    const Defined defined = define(path, instr);
    if (reduces_ && of_.fused.inner() > 0 && defined.varies) {
      fail("level", path, "varies over the reduced dims after a Reduce, with inner dims");
    }
    return defined;
  }

  Defined define(const Path& path, const fb::Instr& instr) {
    switch (instr.kind()) {
      case fb::InstrKind::Load: return load(path, instr);
      case fb::InstrKind::Const:
        if (!fits(instr.imm(), instr.dtype())) {
          fail("tape", path, "has the bits ", instr.imm(), ", which are no ",
               dtype_name(instr.dtype()));
        }
        return {instr.dtype(), false};
      case fb::InstrKind::Index: return index(path, instr);
      case fb::InstrKind::Size:
        refers_to(path, "expr", instr.imm(), count(of_.program.exprs()));
        if (instr.dtype() == fb::DType::Bool) fail("dtype", path, "is bool, expected a number");
        return {instr.dtype(), false};
      case fb::InstrKind::Acc: return acc(path, instr);
      case fb::InstrKind::Scalar: return scalar(path, instr);
      case fb::InstrKind::Reduce: return reduce(path, instr);
      case fb::InstrKind::Store: return store(path, instr);
    }
    return {std::nullopt, false};
  }

  // The access `a`, and the place and dtype of what it addresses.
  Addressed access(const Path& path, const fb::Instr& instr) const {
    refers_to(path, "access", instr.a(), count(of_.fused.accesses()));
    const fb::Access& access = *of_.fused.accesses()->Get(instr.a());
    return {access, place_of(of_.values, access.value()),
            dtype_of(of_.program, of_.values, access.value())};
  }

  Defined load(const Path& path, const fb::Instr& instr) const {
    const auto [access, place, dtype] = this->access(path, instr);
    if (dtype != instr.dtype()) {
      fail("dtype", path, "is ", dtype_name(instr.dtype()), ", but its value is ",
           dtype_name(dtype));
    }
    if (stored_.contains(place)) fail("tape", path, "loads what this tape has stored to");
    return {dtype, access_varies(of_.program, of_.fused, access)};
  }

  Defined index(const Path& path, const fb::Instr& instr) const {
    refers_to(path, "dim", instr.a(), count(of_.fused.dims()));
    if (instr.dtype() != fb::DType::I32) {
      fail("dtype", path, "is ", dtype_name(instr.dtype()), ", expected i32");
    }
    const auto [from, to] = reduced_axes(of_.fused);
    return {instr.dtype(), instr.a() >= from && instr.a() < to};
  }

  Defined acc(const Path& path, const fb::Instr& instr) {
    if (!of_.epilogue) fail("tape", path, "is an Acc outside an epilogue");
    if (std::find(of_.acc.begin(), of_.acc.end(), instr.dtype()) == of_.acc.end()) {
      std::string expected;
      for (const fb::DType dtype : of_.acc) {
        expected += (expected.empty() ? "" : " or ") + std::string(dtype_name(dtype));
      }
      fail("dtype", path, "is ", dtype_name(instr.dtype()), ", expected ", expected);
    }
    has_acc_ = true;
    return {instr.dtype(), false};
  }

  // An operand: an earlier instruction that defines a value.
  const Defined& operand(const Path& path, uint16_t index) const {
    refers_to(path, "instruction", index, defined_.size());
    const Defined& of = defined_[index];
    if (!of.dtype) fail("tape", path, "refers to instruction ", index, ", a Store");
    return of;
  }

  static const OpInfo& op_of(const Path& path, const fb::Instr& instr) {
    const OpInfo* op = find_op(instr.op());
    if (!op) fail("op", path, "has op ", instr.op(), ", which this build does not know");
    return *op;
  }

  Defined scalar(const Path& path, const fb::Instr& instr) const {
    const OpInfo& op = op_of(path, instr);
    const std::string_view attributes = op.attributes;
    const bool type_only = attributes.empty() || attributes == "d";
    if (op.kind != OpKind::Elementwise || !type_only || op.max_inputs > 4) {
      fail("op", path, "has op ", op.name, ", expected an elementwise one");
    }
    const uint16_t operands[] = {instr.a(), instr.b(), instr.c(), instr.d()};
    bool varies = false;
    for (const uint16_t index : std::span(operands).first(op.max_inputs)) {
      if (operand(path, index).varies) varies = true;
    }
    return {instr.dtype(), varies};
  }

  Defined reduce(const Path& path, const fb::Instr& instr) {
    const OpInfo& op = op_of(path, instr);
    if (op.kind != OpKind::Reduce || std::string_view(op.attributes) != "I") {
      fail("op", path, "has op ", op.name, ", expected a reduce op over axes");
    }
    if (of_.epilogue) fail("tape", path, "is a Reduce in an epilogue");
    if (!operand(path, instr.a()).varies) {
      fail("level", path, "reduces what does not vary over the reduced dims");
    }
    reduces_ = true;
    return {instr.dtype(), false};
  }

  Defined store(const Path& path, const fb::Instr& instr) {
    const auto [access, place, dtype] = this->access(path, instr);
    const Defined stored = operand(path, instr.b());
    if (stored.dtype != dtype) {
      fail("dtype", path, "stores ", dtype_name(*stored.dtype), ", but its value is ",
           dtype_name(dtype));
    }
    if (access_varies(of_.program, of_.fused, access) != stored.varies) {
      fail("level", path,
           stored.varies ? "stores what varies over the reduced dims without a stride there"
                         : "stores what does not vary over the reduced dims with a stride there");
    }
    stored_.insert(place);
    return {std::nullopt, stored.varies};
  }

  const TapeContext& of_;
  std::vector<Defined> defined_;
  std::unordered_set<uint64_t> stored_;
  bool reduces_ = false;
  bool has_acc_ = false;
};

}  // namespace

void check_tape(const Path& path, const TapeContext& of) { TapeChecker(of).check(path); }

}  // namespace vorab::rules
