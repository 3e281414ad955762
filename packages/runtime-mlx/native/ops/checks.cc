// checkFinite and checkIndices: the operand itself, and a finding where an element is refused. On
// the CPU's stream, since the host has to look at every element.
#include "runtime/native/checks.h"

#include <mlx/allocator.h>
#include <mlx/backend/cpu/encoder.h>
#include <mlx/primitives.h>

#include <functional>

#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

using Refuse = std::function<std::optional<checks::Refused>(const std::byte*, int64_t, fb::DType)>;

class Check : public mx::Primitive {
 public:
  Check(mx::Stream stream, const Call& call, Refuse refuse)
      : Primitive(stream), refuse_(std::move(refuse)), step_(call.step), findings_(call.findings) {}

  void eval_cpu(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override {
    auto& encoder = mx::cpu::get_command_encoder(stream());
    outputs[0].set_data(mx::allocator::malloc(outputs[0].nbytes()));
    encoder.set_input_array(inputs[0]);
    encoder.set_output_array(outputs[0]);
    encoder.dispatch([refuse = refuse_, step = step_, findings = findings_,
                      in = mx::array::unsafe_weak_copy(inputs[0]),
                      out = mx::array::unsafe_weak_copy(outputs[0])]() mutable {
      const std::byte* data = in.data<std::byte>();
      if (in.nbytes() > 0) std::memcpy(out.data<std::byte>(), data, in.nbytes());
      const auto refused = refuse(data, static_cast<int64_t>(in.size()), from_mlx(in.dtype()));
      if (!refused || !findings) return;
      findings->add(step, refused->message, checks::place(refused->at, in.shape(), in.ndim()));
    });
  }

  void eval_gpu(const std::vector<mx::array>&, std::vector<mx::array>&) override {
    throw std::runtime_error("a check on another stream than the CPU's");
  }

  const char* name() const override { return "Check"; }

 private:
  Refuse refuse_;
  uint32_t step_;
  std::shared_ptr<Findings> findings_;
};

mx::array checked(const Call& call, Refuse refuse) {
  const mx::Stream stream = mx::default_stream(mx::Device(mx::Device::cpu));
  const mx::array x = mx::contiguous(call.in(0), false, stream);
  return mx::array(x.shape(), x.dtype(), std::make_shared<Check>(stream, call, std::move(refuse)),
                   {x});
}

}  // namespace

mx::array lower_checkFinite(const Call& call) {
  return checked(call, [what = call.attributes.text(0), infinities = call.attributes.flag(1)](
                           const std::byte* data, int64_t count, fb::DType dtype) {
    return checks::not_finite(data, count, dtype, infinities, what);
  });
}

mx::array lower_checkIndices(const Call& call) {
  return checked(call, [what = call.attributes.text(0), extent = call.attributes.integer(1)](
                           const std::byte* data, int64_t count, fb::DType dtype) {
    return checks::outside(data, count, dtype, extent, what);
  });
}

}  // namespace vorab::on_mlx
