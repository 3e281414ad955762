// Small programs for the mlx backend, built with the schema's object API: what the compiler would
// emit.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "backend.h"
#include "runtime-mlx/native/test/array.h"

namespace vorab::test {

using Attributes = std::vector<fb::AttributeValueUnion>;

fb::AttributeValueUnion integer(int64_t value);
fb::AttributeValueUnion number(double value);
fb::AttributeValueUnion ints(std::vector<int64_t> values);
fb::AttributeValueUnion dtype(fb::DType value);
fb::AttributeValueUnion dim(uint32_t expr);
fb::AttributeValueUnion shape(std::vector<uint32_t> exprs);
fb::AttributeValueUnion constant(uint32_t index);
fb::AttributeValueUnion function(uint32_t index);
fb::AttributeValueUnion flag(bool value);

// A finished program and what it points into.
struct Built {
  std::vector<uint8_t> flatbuffer;
  std::vector<uint8_t> file;  // the segments alone
  vorab_program program() const {
    return {file.data(), file.size(), flatbuffer.data(), flatbuffer.size()};
  }
};

class EntryBuilder;

class ProgramBuilder {
 public:
  ProgramBuilder();

  uint32_t expr(int64_t value);
  uint32_t symbol(const std::string& name, int64_t max);  // its expr
  uint32_t type(fb::DType dtype, const std::vector<int64_t>& shape);
  uint32_t type_of(fb::DType dtype, std::vector<uint32_t> exprs);
  uint32_t state(const std::string& name, uint32_t type);
  uint32_t constant(const Array& data);
  uint32_t string(const std::string& text);
  uint32_t function(fb::FunctionT function);
  EntryBuilder entry(const std::string& name);
  Built finish();

 private:
  friend class EntryBuilder;
  fb::ProgramT program_;
  std::vector<uint8_t> file_;
};

// Values are numbered as the plan numbers them.
class EntryBuilder {
 public:
  EntryBuilder(ProgramBuilder& owner, uint32_t index) : owner_(owner), index_(index) {}

  uint32_t input(uint32_t type);
  uint32_t read(uint32_t state);
  uint32_t value(uint32_t type, fb::Storage storage, uint32_t index);
  uint32_t apply(uint16_t op, std::vector<uint32_t> inputs, uint32_t type,
                 Attributes attributes = {});
  void step(uint16_t op, std::vector<uint32_t> inputs, std::vector<uint32_t> outputs,
            Attributes attributes = {});
  // The value that a step has written leaves as an output, or as a state's new value.
  void output(uint32_t value);
  void write(uint32_t state, uint32_t value);
  fb::EntryPlanT& plan();
  fb::EntryT& entry();

 private:
  ProgramBuilder& owner_;
  uint32_t index_;
};

}  // namespace vorab::test
