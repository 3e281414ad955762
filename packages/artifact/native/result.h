// Success or a fault with its reason. Nothing of this library throws across its border.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace vorab {

// Why a file was refused: a code that tests and programs compare, and what was found and expected.
struct Fault {
  std::string code;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Fault fault) : content_(std::move(fault)) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& value() { return std::get<0>(content_); }
  const T& value() const { return std::get<0>(content_); }
  const Fault& fault() const { return std::get<1>(content_); }

 private:
  std::variant<T, Fault> content_;
};

}  // namespace vorab
