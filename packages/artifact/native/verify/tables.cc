#include "artifact/native/verify/tables.h"

#include <algorithm>

namespace vorab::rules {
namespace {

// A type without symbols, as stored data have.
void check_static(const Context& context, const Path& path, uint32_t type) {
  refers_to(path.field("type"), "type", type, count(context.program.types()));
  if (dependence_of(context, type) != 0) {
    fail("symbolic", path, "has a type that depends on a symbol");
  }
}

void check_file(const Path& path, std::string_view file) {
  if (file.empty() || file.front() == '/' || file.find('\\') != std::string_view::npos) {
    fail("text", path, "is \"", file, "\", expected a relative path with forward slashes");
  }
}

}  // namespace

void check_product(const Path& path, std::span<const int64_t> extents, int64_t size) {
  Wide product = size;
  for (const int64_t extent : extents) {
    product *= std::max<int64_t>(extent, 1);
    if (product > kLimit) fail("overflow", path, "has a size of more than ", kLimit);
  }
}

int64_t extent_of(const Path& path, uint32_t expr, const Binding& binding) {
  const int64_t extent = binding[expr];
  if (extent < 0) fail("extent", path, "is ", extent, ", expected at least 0");
  return extent;
}

std::vector<int64_t> extents_of(const Path& path, const char* field,
                                const flatbuffers::Vector<uint32_t>* exprs,
                                const Binding& binding) {
  std::vector<int64_t> extents;
  for (const uint32_t expr : items(exprs)) {
    extents.push_back(extent_of(path.at(field, extents.size()), expr, binding));
  }
  return extents;
}

void check_extents(const fb::Program& program, const Binding& binding) {
  const Path root;
  for (uint32_t i = 0; i < count(program.types()); ++i) {
    const Path path = root.at("types", i);
    const fb::TensorType& type = type_at(program, i);
    check_product(path, extents_of(path, "shape", type.shape(), binding), dtype_size(type.dtype()));
  }
}

void check_types(const Context& context) {
  const fb::Program& program = context.program;
  const Path root;
  for (uint32_t i = 0; i < count(program.types()); ++i) {
    const Path path = root.at("types", i);
    const fb::TensorType& type = type_at(program, i);
    is_dtype(path.field("dtype"), type.dtype());
    if (count(type.shape()) > kMaxRank) {
      fail("rank", path, "has rank ", count(type.shape()), ", expected at most ", kMaxRank);
    }
    each_refers_to(path, "shape", "expr", type.shape(), count(program.exprs()));
  }
  check_extents(program, context.high);
  check_extents(program, context.low);
}

void check_locations(const Context& context) {
  const fb::Program& program = context.program;
  const Path root;
  for (uint32_t i = 0; i < count(program.files()); ++i) {
    check_file(root.at("files", i), text(program.files()->Get(i)));
  }
  for (uint32_t i = 0; i < count(program.locations()); ++i) {
    const Path path = root.at("locations", i);
    const fb::Location& location = *program.locations()->Get(i);
    refers_to(path, "file", location.file(), count(program.files()));
    if (location.line() < 1 || location.column() < 1) {
      fail("location", path, "is line ", location.line(), ", column ", location.column(),
           ", expected both from 1");
    }
  }
}

void check_constants(const Context& context) {
  const fb::Program& program = context.program;
  const Path root;
  for (uint32_t i = 0; i < count(program.constants()); ++i) {
    const Path path = root.at("constants", i);
    const fb::Constant& constant = *program.constants()->Get(i);
    check_static(context, path, constant.type());
    refers_to(path.field("segment"), "segment", constant.segment(), count(program.segments()));
    const uint64_t offset = constant.offset();
    if (offset % 64 != 0) {
      fail("constant", path, "starts at byte ", offset,
           " of its segment, expected a multiple of 64");
    }
    const auto bytes =
        static_cast<uint64_t>(byte_size(type_at(program, constant.type()), context.high));
    const uint64_t length = program.segments()->Get(constant.segment())->length();
    if (offset > length || bytes > length - offset) {
      fail("constant", path, "has ", bytes, " bytes from byte ", offset, " of a segment of ",
           length);
    }
  }
}

void check_states(const Context& context) {
  const Path root;
  Names names;
  for (uint32_t i = 0; i < count(context.program.states()); ++i) {
    const Path path = root.at("states", i);
    const fb::State& state = *context.program.states()->Get(i);
    names.add(path, state.name());
    check_static(context, path, state.type());
    is_one_of(path.field("kind"), "state kind", state.kind(), 3);
  }
}

}  // namespace vorab::rules
