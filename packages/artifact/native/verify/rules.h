// What the rules of the schema share. src/verify/ holds the same rules in TypeScript, file by file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "artifact/native/path.h"
#include "artifact/native/program.h"

namespace vorab::rules {

// Exact arithmetic on products of two 53-bit numbers.
__extension__ typedef __int128 Wide;

// What every number that is computed from a file stays within, so that none overflows in any
// language.
inline constexpr int64_t kLimit = (int64_t{1} << 53) - 1;
inline constexpr uint32_t kMaxSymbols = 64;

// What the rules need to know of the program beyond the table that they look at.
struct Context {
  const fb::Program& program;
  // All symbols at their largest, and at their smallest, legal value.
  Binding high;
  Binding low;
  // Per expr: bit i is set where it depends on symbol i.
  std::vector<uint64_t> dependence;
};

template <class T>
uint32_t count(const flatbuffers::Vector<T>* vector) {
  return items(vector).size();
}

// Two's complement would print a negative index; what is told is what was found.
template <class Index>
void refers_to(const Path& path, const char* noun, Index index, uint64_t count) {
  if (index < Index{0} || static_cast<uint64_t>(index) >= count) {
    fail("index", path, "refers to ", noun, ' ', index, ", expected < ", count);
  }
}

inline void each_refers_to(const Path& path, const char* field, const char* noun,
                           const flatbuffers::Vector<uint32_t>* indices, uint64_t count) {
  uint32_t i = 0;
  for (const uint32_t index : items(indices)) {
    if (index >= count) refers_to(path.at(field, i), noun, index, count);
    ++i;
  }
}

// An enum has `count` members.
template <class Enum>
void is_one_of(const Path& path, const char* noun, Enum value, unsigned count) {
  const auto number = static_cast<unsigned>(value);
  if (number >= count) fail("kind", path, "is ", noun, ' ', number, ", expected < ", count);
}

inline void is_dtype(const Path& path, fb::DType dtype) { is_one_of(path, "dtype", dtype, 10); }

// Names that are keys: not empty, and each once.
class Names {
 public:
  void add(const Path& path, const flatbuffers::String* name) {
    const std::string_view of = text(name);
    if (of.empty()) fail("name", path.field("name"), "is empty");
    const auto [before, added] = seen_.emplace(of, seen_.size());
    if (!added) {
      fail("duplicate", path.field("name"), "is \"", of, "\", as at index ", before->second);
    }
  }

 private:
  std::unordered_map<std::string_view, size_t> seen_;
};

// Indices of which each may occur once.
void each_once(const Path& path, const char* field, const flatbuffers::Vector<uint32_t>* indices);

bool contains(const flatbuffers::Vector<uint32_t>* indices, uint32_t index);

// Types are compared by what they say, not by where they are stored.
bool same_type(const fb::Program& program, uint32_t a, uint32_t b);

// The symbols that a type depends on, one bit each.
uint64_t dependence_of(const Context& context, uint32_t type);

// "2", "at least 1" or "1 to 3"; most 255: no limit.
std::string range(unsigned least, unsigned most);

}  // namespace vorab::rules
