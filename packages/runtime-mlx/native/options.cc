#include "runtime-mlx/native/options.h"

#include <charconv>
#include <string>

#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {
namespace {

// Splits one JSON object into names and the text of their values; nested values are passed over
// whole.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  template <class Member>
  void object(Member member) {
    expect('{');
    if (take('}')) return;
    do {
      const std::string_view name = string();
      expect(':');
      member(name, value());
    } while (take(','));
    expect('}');
  }

 private:
  void skip() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool take(char c) {
    skip();
    const bool found = at_ < text_.size() && text_[at_] == c;
    if (found) ++at_;
    return found;
  }

  void expect(char c) {
    if (!take(c)) {
      throw Failure(VORAB_INVALID, std::string("options: expected '") + c + "' at character " +
                                       std::to_string(at_) + " of " + std::string(text_));
    }
  }

  std::string_view string() {
    expect('"');
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const std::string_view found = text_.substr(begin, at_ - begin);
    expect('"');
    return found;
  }

  std::string_view value() {
    skip();
    const size_t begin = at_;
    for (int depth = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') string(), --at_;
      if (c == '{' || c == '[') ++depth;
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '}' || c == ']') --depth;
    }
    std::string_view found = text_.substr(begin, at_ - begin);
    while (!found.empty() && found.back() <= ' ') found.remove_suffix(1);
    return found;
  }

  std::string_view text_;
  size_t at_ = 0;
};

size_t parse_cache(std::string_view value) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number >= 1) return number;
  throw Failure(VORAB_INVALID,
                "option cache is " + std::string(value) + ", expected a whole number from 1");
}

bool parse_flag(std::string_view name, std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  throw Failure(VORAB_INVALID, "option " + std::string(name) + " is " + std::string(value) +
                                   ", expected true or false");
}

}  // namespace

Options parse_options(std::string_view json) {
  Options options;
  if (json.empty()) return options;
  Scanner(json).object([&](std::string_view name, std::string_view value) {
    if (name == "cache") options.cache = parse_cache(value);
    if (name == "kernels") options.kernels = parse_flag(name, value);
    if (name == "tf32") options.tf32 = parse_flag(name, value);
  });
  return options;
}

}  // namespace vorab::on_mlx
