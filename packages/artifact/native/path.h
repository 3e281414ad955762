// Where in a program a fault lies, and how it is told. Paths are built on the stack and rendered
// only to fail.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>

#include "artifact/native/result.h"

namespace vorab {

class Path {
 public:
  Path() = default;  // the program itself

  Path field(const char* name) const { return {this, name, kNoIndex}; }
  Path at(const char* name, uint64_t index) const { return {this, name, index}; }

  // "plans[0].entries[1].values[3]"
  std::string text() const {
    std::string result = parent_ ? parent_->text() : "";
    if (!name_) return result;
    if (!result.empty()) result += '.';
    result += name_;
    if (index_ != kNoIndex) result += '[' + std::to_string(index_) + ']';
    return result;
  }

 private:
  static constexpr uint64_t kNoIndex = ~uint64_t{0};
  Path(const Path* parent, const char* name, uint64_t index)
      : parent_(parent), name_(name), index_(index) {}

  const Path* parent_ = nullptr;
  const char* name_ = nullptr;
  uint64_t index_ = kNoIndex;
};

// Thrown inside the verifier only; its entry points catch it.
struct Rejected {
  Fault fault;
};

template <class... Parts>
[[noreturn]] void fail(const char* code, const Path& path, const Parts&... parts) {
  std::ostringstream out;
  const std::string where = path.text();
  out << (where.empty() ? "program" : where) << ": ";
  (out << ... << parts);
  throw Rejected{{code, out.str()}};
}

}  // namespace vorab
