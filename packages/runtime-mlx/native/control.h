// Ops that run functions. A scan becomes the graph of all its steps; which branch a cond takes, and
// how often a whileLoop runs, is data, so that their conditions are evaluated as the graph is
// built.
#pragma once

#include <memory>
#include <optional>

#include "runtime-mlx/native/lowering.h"

namespace vorab::on_mlx {

// Set by another thread.
struct Cancel {
  const int32_t* flag = nullptr;
  void check() const;  // throws VORAB_ABORTED
};

// What surrounds the building of a graph.
struct Building {
  const Cancel& cancel;
  const std::shared_ptr<Findings>& findings;
  uint32_t step;
  // Arrays hold no data: nothing may be evaluated, and each function is built once.
  bool dry;
};

class Control;

// A function of the artifact at one binding, as ops of MLX.
class Body {
 public:
  // constants: those that functions need are added; their arrays are handed in with each run.
  Body(const fb::Program& program, uint32_t function, const Binding& binding,
       std::vector<uint32_t>& constants);
  ~Body();
  Body(Body&&) noexcept;

  std::vector<mx::array> operator()(std::span<const mx::array> parameters,
                                    std::span<const mx::array> constants,
                                    const Building& building) const;
  bool evaluates() const;

 private:
  struct Node;
  std::vector<mx::array> run(const Node& node, const std::vector<mx::array>& values,
                             std::span<const mx::array> constants, const Building& building) const;

  std::vector<Type> parameters_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> results_;
};

class Control {
 public:
  // Null when the op runs no functions.
  static std::shared_ptr<const Control> make(const fb::Program& program, uint16_t op,
                                             Attributes attributes, const Binding& binding,
                                             std::vector<uint32_t>& constants);
  virtual ~Control() = default;

  // One array for each of types.
  virtual std::vector<mx::array> run(std::span<const mx::array> inputs,
                                     std::span<const mx::array> constants,
                                     std::span<const Type> types,
                                     const Building& building) const = 0;
  // Whether some of it is evaluated while a graph of it is built: what data decide, and long loops.
  virtual bool evaluates() const;

 protected:
  explicit Control(std::vector<Body> bodies) : bodies_(std::move(bodies)) {}
  std::vector<Body> bodies_;
};

}  // namespace vorab::on_mlx
