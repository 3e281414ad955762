#include "artifact/native/layout.h"

#include <cstring>
#include <string_view>

#include "artifact/native/path.h"
#include "artifact/native/utf8.h"

namespace vorab {
namespace {

enum class FieldKind : uint8_t { Inline, String, Table, Union, Inlines, Strings, Tables };

struct Field {
  const char* name;
  uint16_t slot;
  FieldKind kind;
  bool required;
  uint8_t size;
  uint8_t align;
  uint16_t ref;  // table or union
};

struct Table {
  const char* name;
  uint16_t first;  // fields
  uint16_t count;
};

#include "artifact/native/generated/layout.inc"

constexpr std::string_view kIdentifier = "VRB1";
constexpr uint64_t kSmallest = 12;
constexpr int kDeepest = 64;  // tables within tables; as the library's own verifier has it

class Walker {
 public:
  explicit Walker(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  void root() {
    const Path path;
    if (bytes_.size() < kSmallest) {
      fail("malformed", path, "has ", bytes_.size(), " bytes, expected at least ", kSmallest);
    }
    const std::string_view found(reinterpret_cast<const char*>(bytes_.data()) + 4, 4);
    if (found != kIdentifier) fail("malformed", path, "has no file identifier ", kIdentifier);
    table(path, target(path, 0), kTables[kRoot]);
  }

 private:
  template <class T>
  T read(uint64_t at) const {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }

  void inside(const Path& path, uint64_t at, uint64_t size, uint64_t align) const {
    if (size >= bytes_.size() || at > bytes_.size() - size) {
      fail("malformed", path, "ends at byte ", at + size, ", expected at most ", bytes_.size());
    }
    if (at % align != 0) {
      fail("malformed", path, "starts at byte ", at, ", expected a multiple of ", align);
    }
  }

  // Shared parts would make a small file large once it is read.
  void visit(const Path& path, uint64_t size) {
    visited_ += size;
    if (visited_ > bytes_.size()) fail("malformed", path, "is stored in a place already used");
  }

  uint64_t target(const Path& path, uint64_t at) const {
    inside(path, at, 4, 4);
    const auto offset = read<uint32_t>(at);
    if (offset == 0 || offset > 0x7fffffffU || at + offset >= bytes_.size()) {
      fail("malformed", path, "refers to byte ", at + offset, ", expected ", at + 1, " to ",
           bytes_.size() - 1);
    }
    return at + offset;
  }

  void string(const Path& path, uint64_t at) {
    inside(path, at, 4, 4);
    const uint64_t length = read<uint32_t>(at);
    inside(path, at, 4 + length + 1, 4);
    if (bytes_[at + 4 + length] != 0) fail("malformed", path, "has no terminating zero");
    visit(path, 4 + length + 1);
    if (!is_text(bytes_.subspan(at + 4, length))) fail("text", path, "is not valid UTF-8");
  }

  // The number of elements; they start at at + 4.
  uint64_t vector(const Path& path, uint64_t at, const Field& field) {
    inside(path, at, 4, 4);
    const uint64_t count = read<uint32_t>(at);
    inside(path, at, 4 + count * field.size, 4);
    inside(path, at + 4, 0, field.align);
    visit(path, 4 + count * field.size);
    return count;
  }

  uint64_t slot(uint64_t table, uint64_t vtable, uint16_t index) const {
    const uint64_t at = 4 + uint64_t{index} * 2;
    const uint16_t offset = at < read<uint16_t>(vtable) ? read<uint16_t>(vtable + at) : uint16_t{0};
    return offset == 0 ? 0 : table + offset;
  }

  void table(const Path& path, uint64_t at, const Table& layout) {
    if (++depth_ > kDeepest) {
      fail("malformed", path, "is nested more than ", kDeepest, " deep");
    }
    inside(path, at, 4, 4);
    visit(path, 4);
    const int64_t signed_vtable = static_cast<int64_t>(at) - read<int32_t>(at);
    if (signed_vtable < 0) fail("malformed", path, "has its vtable before the program");
    const auto vtable = static_cast<uint64_t>(signed_vtable);
    inside(path, vtable, 4, 2);
    const auto size = read<uint16_t>(vtable);
    if (size < 4 || size % 2 != 0) fail("malformed", path, "has a vtable of ", size, " bytes");
    inside(path, vtable, size, 2);
    for (const Field& each : std::span(kFields).subspan(layout.first, layout.count)) {
      field(path, at, vtable, each);
    }
    --depth_;
  }

  void field(const Path& parent, uint64_t table_at, uint64_t vtable, const Field& layout) {
    const Path path = parent.field(layout.name);
    const uint64_t at = slot(table_at, vtable, layout.slot);
    const bool is_union = layout.kind == FieldKind::Union;
    const uint64_t type_at =
        is_union ? slot(table_at, vtable, static_cast<uint16_t>(layout.slot - 1)) : 0;
    if (type_at != 0) inside(path, type_at, 1, 1);
    if (at == 0) {
      if (layout.required) fail("malformed", path, "is missing");
      return;
    }
    if (layout.kind == FieldKind::Inline) {
      inside(path, at, layout.size, layout.align);
      return visit(path, layout.size);
    }
    visit(path, 4);
    const uint64_t to = target(path, at);
    switch (layout.kind) {
      case FieldKind::Inline: return;
      case FieldKind::String: return string(path, to);
      case FieldKind::Table: return table(path, to, kTables[layout.ref]);
      case FieldKind::Union: {
        const uint8_t type = type_at == 0 ? uint8_t{0} : bytes_[type_at];
        const std::span<const uint16_t> members = kUnions[layout.ref];
        // Another type is for the rules of the schema to refuse.
        if (type >= 1 && type <= members.size()) table(path, to, kTables[members[type - 1U]]);
        return;
      }
      case FieldKind::Inlines: vector(path, to, layout); return;
      case FieldKind::Strings:
      case FieldKind::Tables: return elements(parent, to, layout);
    }
  }

  void elements(const Path& parent, uint64_t at, const Field& layout) {
    const uint64_t count = vector(parent.field(layout.name), at, layout);
    for (uint64_t i = 0; i < count; ++i) {
      const Path path = parent.at(layout.name, i);
      const uint64_t to = target(path, at + 4 + i * 4);
      if (layout.kind == FieldKind::Strings) {
        string(path, to);
      } else {
        table(path, to, kTables[layout.ref]);
      }
    }
  }

  std::span<const uint8_t> bytes_;
  uint64_t visited_ = 0;
  int depth_ = 0;
};

}  // namespace

void check_layout(std::span<const uint8_t> program) { Walker(program).root(); }

}  // namespace vorab
