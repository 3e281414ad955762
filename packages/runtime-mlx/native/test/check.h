// The few lines of a test framework that these tests need: named cases, checks that go on, one
// verdict.
#pragma once

#include <cstdio>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace vorab::test {

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
  ++failures();
  std::printf("%s:%d: %s\n", file, line, message.c_str());
}

template <class A, class B>
std::string both(const A& found, const B& expected) {
  std::ostringstream text;
  text << "found " << found << ", expected " << expected;
  return text.str();
}

// Runs all cases, or those whose names contain the argument.
inline int run_cases(int count, char** arguments) {
  for (const Case& test : cases()) {
    if (count > 1 && std::string(test.name).find(arguments[1]) == std::string::npos) continue;
    const int before = failures();
    try {
      test.body();
    } catch (const std::exception& error) {
      fail(test.name, 0, error.what());
    }
    std::printf("%s %s\n", failures() == before ? "ok    " : "FAILED", test.name);
  }
  return failures() == 0 ? 0 : 1;
}

}  // namespace vorab::test

#define VORAB_TEST(name)                                             \
  static void name();                                                \
  static const ::vorab::test::Register register_##name(#name, name); \
  static void name()

#define CHECK(condition) \
  if (!(condition)) ::vorab::test::fail(__FILE__, __LINE__, "not so: " #condition)

#define CHECK_EQUAL(found, expected) \
  if (!((found) == (expected)))      \
  ::vorab::test::fail(__FILE__, __LINE__, #found ": " + ::vorab::test::both(found, expected))
