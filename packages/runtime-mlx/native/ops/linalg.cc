// Linear algebra by LAPACK on the host. MLX's own runs on the CPU only as well, but says less: its
// Cholesky of a matrix that is not positive definite is wrong in silence, its other failures do not
// name the matrix, and it has no thin SVD, no LU of f64 permutations and no unique signs.
#include <mlx/allocator.h>
#include <mlx/backend/cpu/encoder.h>
#include <mlx/primitives.h>

#include "artifact/native/ops.h"
#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/ops/rows.h"
#include "runtime/native/linalg/routine.h"

namespace vorab::on_mlx {
namespace {

class Linalg : public mx::Primitive {
 public:
  Linalg(mx::Stream stream, const linalg::Application& application, const Call& call)
      : Primitive(stream),
        routine_(std::make_shared<linalg::BatchedRoutine>(application)),
        step_(call.step),
        findings_(call.findings) {}

  void eval_cpu(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override {
    auto& encoder = mx::cpu::get_command_encoder(stream());
    std::vector<mx::array> in, out;
    for (const mx::array& x : inputs) {
      encoder.set_input_array(x);
      in.push_back(mx::array::unsafe_weak_copy(x));
    }
    for (mx::array& x : outputs) {
      x.set_data(mx::allocator::malloc(x.nbytes()));
      encoder.set_output_array(x);
      out.push_back(mx::array::unsafe_weak_copy(x));
    }
    encoder.dispatch([routine = routine_, step = step_, findings = findings_, in = std::move(in),
                      out = std::move(out)]() mutable { run(*routine, in, out, step, *findings); });
  }

  void eval_gpu(const std::vector<mx::array>&, std::vector<mx::array>&) override {
    throw std::runtime_error("linear algebra on another stream than the CPU's");
  }

  const char* name() const override { return "Lapack"; }

 private:
  static void run(const linalg::BatchedRoutine& routine, const std::vector<mx::array>& inputs,
                  std::vector<mx::array>& outputs, uint32_t step, Findings& findings) {
    std::vector<const std::byte*> in;
    std::vector<std::byte*> out;
    for (const mx::array& x : inputs) in.push_back(x.data<std::byte>());
    for (mx::array& x : outputs) out.push_back(x.data<std::byte>());
    constexpr size_t kAlignment = 64;
    std::vector<std::byte> memory(static_cast<size_t>(routine.work_bytes()) + kAlignment);
    void* work = memory.data();
    size_t space = memory.size();
    std::align(kAlignment, space - kAlignment, work, space);
    for (int64_t b = 0; b < routine.batch(); ++b) {
      const linalg::Refusal refusal = routine.run(b, in, out, static_cast<std::byte*>(work));
      if (!refusal) continue;
      // What is left unwritten must still be numbers: later steps read it before the call ends.
      for (mx::array& x : outputs) std::memset(x.data<std::byte>(), 0, x.nbytes());
      findings.add(step, *refusal, routine.index(b));
      return;
    }
  }

  std::shared_ptr<linalg::BatchedRoutine> routine_;
  uint32_t step_;
  std::shared_ptr<Findings> findings_;
};

Shape to_shape(const mx::Shape& shape) {
  Shape out;
  if (shape.size() > kMaxRank) throw Failure(VORAB_UNSUPPORTED, "a rank above 8");
  out.rank = static_cast<uint32_t>(shape.size());
  std::copy(shape.begin(), shape.end(), out.dims.begin());
  return out;
}

template <uint16_t op>
std::vector<mx::array> lower(const Call& call) {
  const mx::Stream stream = mx::default_stream(mx::Device(mx::Device::cpu));
  linalg::Application application{op, from_mlx(call.in(0).dtype()), {}, {}, {}};
  std::vector<mx::array> inputs;
  for (const mx::array& x : call.inputs) {
    application.inputs.push_back(to_shape(x.shape()));
    inputs.push_back(mx::contiguous(x, false, stream));
  }
  std::vector<mx::Shape> shapes;
  std::vector<mx::Dtype> dtypes;
  for (const Type& type : call.outputs) {
    application.outputs.push_back(to_shape(type.shape));
    shapes.push_back(type.shape);
    dtypes.push_back(type.dtype);
  }
  for (size_t i = 0; i < call.attributes.size(); ++i)
    application.flags.push_back(call.attributes.flag(i));
  return mx::array::make_arrays(std::move(shapes), dtypes,
                                std::make_shared<Linalg>(stream, application, call), inputs);
}

}  // namespace

#define VORAB_MLX_HOST(name) \
  std::vector<mx::array> lower_##name(const Call& call) { return lower<OP_##name>(call); }
#include "runtime-mlx/native/host.inc"
#undef VORAB_MLX_HOST

}  // namespace vorab::on_mlx
