// The few lines of a test framework that these tests need.
#pragma once

#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace vorab::blas::test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Register {
  Register(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

inline void fail(const char* file, int line, const std::string& message) {
  constexpr int kShown = 60;
  if (++failures() <= kShown) std::printf("%s:%d: %s\n", file, line, message.c_str());
}

}  // namespace vorab::blas::test

#define VORAB_TEST(name)                                                   \
  static void name();                                                      \
  static const ::vorab::blas::test::Register register_##name(#name, name); \
  static void name()

#define CHECK(condition, ...)                   \
  if (!(condition))                             \
  ::vorab::blas::test::fail(__FILE__, __LINE__, \
                            std::string("not so: " #condition " ") + std::string(__VA_ARGS__))
