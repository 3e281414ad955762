#include "options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "../tape/source.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace vorab::blas {
namespace {

constexpr int kMostThreads = 256;

// The text after `"name":`, up to the next comma or brace outside of strings; empty when absent.
std::string_view member(std::string_view json, std::string_view name) {
  std::string quoted(1, '"');
  quoted.append(name).push_back('"');
  size_t at = json.find(quoted);
  if (at == std::string_view::npos) return {};
  at = json.find_first_not_of(" \t\r\n", at + quoted.size());
  if (at == std::string_view::npos || json[at] != ':') return {};
  const size_t from = json.find_first_not_of(" \t\r\n", at + 1);
  if (from == std::string_view::npos) return {};
  const size_t to =
      json[from] == '"' ? json.find('"', from + 1) + 1 : json.find_first_of(",} \t\r\n", from);
  return json.substr(from, to - from);
}

constexpr int kMostCached = 1'000'000;

int parse_count(const char* name, std::string_view text, int most) {
  int count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = fault == std::errc() && end == text.data() + text.size();
  if (whole && count >= 1 && count <= most) return count;
  throw BadPlan(std::string("option ") + name + ": expected a number from 1 to " +
                std::to_string(most) + ", found " + std::string(text));
}

}  // namespace

Options parse_options(std::string_view json) {
  Options options;
  if (const auto threads = member(json, "threads"); !threads.empty() && threads != "null") {
    options.threads = parse_count("threads", threads, kMostThreads);
  }
  if (const auto cache = member(json, "cache"); !cache.empty() && cache != "null") {
    options.cache = parse_count("cache", cache, kMostCached);
  }
  const auto cpu = member(json, "cpu");
  if (cpu.size() > 2 && cpu.front() == '"') options.cpu = cpu.substr(1, cpu.size() - 2);
  options.profile = member(json, "profile") == "true";
  options.flush = member(json, "denormals") == "\"flush\"";
  if (const char* wanted = std::getenv("VORAB_CPU"); options.cpu.empty() && wanted != nullptr)
    options.cpu = wanted;
  return options;
}

int default_threads() {
  int threads = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) threads = CPU_COUNT(&set);
#endif
  return std::clamp(threads, 1, kMostThreads);
}

}  // namespace vorab::blas
