#include "runtime-mlx/native/ops/libm.h"

#include <mlx/backend/common/unary.h>
#include <mlx/backend/cpu/encoder.h>
#include <mlx/primitives.h>

#include <cmath>
#include <limits>

#include "runtime-mlx/native/device.h"

namespace vorab::on_mlx {
namespace {

struct Exp {
  static constexpr const char* kName = "PreciseExp";
  template <class T>
  T operator()(T x) const {
    return std::exp(x);
  }
};

struct Exp2 {
  static constexpr const char* kName = "PreciseExp2";
  template <class T>
  T operator()(T x) const {
    return std::exp2(x);
  }
};

struct Sin {
  static constexpr const char* kName = "PreciseSin";
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
};

struct Cos {
  static constexpr const char* kName = "PreciseCos";
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
};

struct Erf {
  static constexpr const char* kName = "PreciseErf";
  template <class T>
  T operator()(T x) const {
    return std::erf(x);
  }
};

struct Sigmoid {
  static constexpr const char* kName = "PreciseSigmoid";
  template <class T>
  T operator()(T x) const {
    return T(1 / (1 + std::exp(-double(x))));
  }
};

// Giles, "Approximating the erfinv function" (2012), single precision, then Newton's steps on erfc,
// whose relative precision holds where erf is nearly 1.
struct ErfInv {
  static constexpr const char* kName = "PreciseErfInv";
  template <class T>
  T operator()(T x) const {
    return T(in_double(double(x)));
  }

 private:
  static double in_double(double y) {
    const double a = std::fabs(y);
    if (!(a < 1)) {
      return a == 1 ? std::copysign(std::numeric_limits<double>::infinity(), y) : std::nan("");
    }
    if (a < 1e-9) return y * (std::sqrt(M_PI) / 2);
    double x = start(a);
    for (int step = 0; step < 3; ++step) {
      const double excess = a < 0.5 ? a - std::erf(x) : std::erfc(x) - (1 - a);
      x += excess * (std::sqrt(M_PI) / 2) * std::exp(x * x);
    }
    return std::copysign(x, y);
  }

  static double start(double a) {
    static constexpr double kCentral[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                          -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                          -0.00417768164,  0.246640727,    1.50140941};
    static constexpr double kTail[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                                       -0.00367342844,  0.00573950773,  -0.0076224613,
                                       0.00943887047,   1.00167406,     2.83297682};
    double w = -std::log((1 - a) * (1 + a));
    const bool central = w < 5;
    w = central ? w - 2.5 : std::sqrt(w) - 3;
    double p = 0;
    for (const double c : central ? kCentral : kTail) p = p * w + c;
    return p * a;
  }
};

// One pass over the elements in place of MLX's kernel. Half precision is computed in f32.
template <class Op>
class Elementary : public mx::UnaryPrimitive {
 public:
  explicit Elementary(mx::Stream stream) : UnaryPrimitive(stream) {}

  void eval_cpu(const std::vector<mx::array>& inputs, mx::array& out) override {
    const mx::array& in = inputs[0];
    mx::set_unary_output_data(in, out);
    auto& encoder = mx::cpu::get_command_encoder(stream());
    encoder.set_input_array(in);
    encoder.set_output_array(out);
    encoder.dispatch(
        [in = mx::array::unsafe_weak_copy(in), out = mx::array::unsafe_weak_copy(out)]() mutable {
          if (in.dtype() == mx::float32)
            apply<float>(in, out);
          else
            apply<double>(in, out);
        });
  }

  void eval_gpu(const std::vector<mx::array>&, mx::array&) override {
    throw std::runtime_error("the elementary functions of the CPU device on another device");
  }

  const char* name() const override { return Op::kName; }
  bool is_equivalent(const Primitive&) const override { return true; }
  std::vector<mx::Shape> output_shapes(const std::vector<mx::array>& inputs) override {
    return {inputs[0].shape()};
  }

 private:
  template <class T>
  static void apply(const mx::array& in, mx::array& out) {
    const T* from = in.data<T>();
    T* to = out.data<T>();
    if (in.flags().contiguous) {
      for (size_t i = 0; i < in.data_size(); ++i) to[i] = Op{}(from[i]);
      return;
    }
    for (size_t i = 0; i < in.size(); ++i) {
      to[i] = Op{}(from[mx::elem_to_loc(static_cast<int64_t>(i), in.shape(), in.strides())]);
    }
  }
};

template <class Op>
mx::array elementary(const mx::array& x) {
  const bool half = x.dtype() == mx::float16 || x.dtype() == mx::bfloat16;
  const mx::array in = half ? mx::astype(x, mx::float32) : x;
  const auto stream = mx::default_stream(mx::default_device());
  const mx::array out(in.shape(), in.dtype(), std::make_shared<Elementary<Op>>(stream), {in});
  return half ? mx::astype(out, x.dtype()) : out;
}

}  // namespace

namespace precise {

mx::array exp(const mx::array& x) {
  return device().approximates ? elementary<Exp>(x) : mx::exp(x);
}

mx::array exp2(const mx::array& x) {
  if (device().approximates) return elementary<Exp2>(x);
  return mx::power(mx::array(2, x.dtype()), x);
}

mx::array sin(const mx::array& x) {
  return device().approximates ? elementary<Sin>(x) : mx::sin(x);
}

mx::array cos(const mx::array& x) {
  return device().approximates ? elementary<Cos>(x) : mx::cos(x);
}

mx::array erf(const mx::array& x) {
  return device().approximates ? elementary<Erf>(x) : mx::erf(x);
}

mx::array erf_inv(const mx::array& x) {
  return device().approximates ? elementary<ErfInv>(x) : mx::erfinv(x);
}

mx::array sigmoid(const mx::array& x) {
  return device().approximates ? elementary<Sigmoid>(x) : mx::sigmoid(x);
}

}  // namespace precise
}  // namespace vorab::on_mlx
