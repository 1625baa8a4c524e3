/* Feature maps compared: what LPIPS and DISTS do with them, each in one pass over memory. Composed
 * of libtorch's operations these took five to ten passes and as many tensors of the features' size.
 * Channels last on the processor; elsewhere and where gradients are recorded by libtorch's own. */
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/vector.h"
#include "tensor/shim.h"

namespace shim
{
namespace
{

constexpr double LEAST_LENGTH = 1e-10; /* LPIPS's, added to every length */
constexpr double LEAST_SQUARE = 1e-12; /* DISTS's, below every root */
constexpr int64_t LANES = 16;

bool is_plain(const at::Tensor &t)
{
    return t.is_cpu() && t.scalar_type() == at::kFloat &&
           !(at::GradMode::is_enabled() && t.requires_grad());
}

at::Tensor pixels_of(const at::Tensor &t)
{
    return t.contiguous(at::MemoryFormat::ChannelsLast);
}

/* The sum of the lanes and of what is left over, in one order on every processor. */
inline float total(const float *lanes, float rest)
{
    float four[4];
    for (int i = 0; i < 4; i++)
        four[i] = (lanes[i] + lanes[i + 8]) + (lanes[i + 4] + lanes[i + 12]);
    return ((four[0] + four[2]) + (four[1] + four[3])) + rest;
}

inline __attribute__((always_inline)) float length_of(const float *x, int64_t channels)
{
    float lanes[LANES] = {0}, rest = 0;
    int64_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        for (int64_t i = 0; i < LANES; i++)
            lanes[i] += x[c + i] * x[c + i];
    for (; c < channels; c++)
        rest += x[c] * x[c];
    return std::sqrt(total(lanes, rest)) + static_cast<float>(LEAST_LENGTH);
}

FOR_EVERY_PROCESSOR
void unit_rows(const float *x, float *y, int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, y += channels) {
        float length = length_of(x, channels);
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] / length;
    }
}

FOR_EVERY_PROCESSOR
void distance_rows(const float *unit, const float *x, const float *weights, float *y, int64_t rows,
                   int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, unit += channels, x += channels) {
        float length = length_of(x, channels), lanes[LANES] = {0}, rest = 0;
        int64_t c = 0;
        for (; c + LANES <= channels; c += LANES)
            for (int64_t i = 0; i < LANES; i++) {
                float difference = unit[c + i] - x[c + i] / length;
                lanes[i] += weights[c + i] * (difference * difference);
            }
        for (; c < channels; c++) {
            float difference = unit[c] - x[c] / length;
            rest += weights[c] * (difference * difference);
        }
        y[r] = total(lanes, rest);
    }
}

/* Sums of x, x x and x y over `rows` pixels for `count` channels, at sums, sums + channels and sums
 * + 2 channels. */
template <int64_t COUNT>
inline __attribute__((always_inline)) void
sum_channels(const float *x, const float *y, double *sums, int64_t rows, int64_t channels)
{
    double first[COUNT] = {0}, second[COUNT] = {0}, mixed[COUNT] = {0};
    for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
        for (int64_t c = 0; c < COUNT; c++) {
            double a = x[c], b = y[c];
            first[c] += a;
            second[c] += a * a;
            mixed[c] += a * b;
        }
    for (int64_t c = 0; c < COUNT; c++) {
        sums[c] = first[c];
        sums[channels + c] = second[c];
        sums[2 * channels + c] = mixed[c];
    }
}

FOR_EVERY_PROCESSOR
void sum_rows(const float *x, const float *y, double *sums, int64_t rows, int64_t channels)
{
    int64_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        sum_channels<LANES>(x + c, y + c, sums + c, rows, channels);
    for (; c < channels; c++)
        sum_channels<1>(x + c, y + c, sums + c, rows, channels);
}

/* Row `from[i]` of the three that a window sees, or NULL beyond the border. */
FOR_EVERY_PROCESSOR
void pool_row(const float *const from[3], float *to, int64_t in_w, int64_t out_w, int64_t channels)
{
    static const float HANNING[3] = {0.25f, 0.5f, 0.25f};
    for (int64_t x = 0; x < out_w; x++, to += channels) {
        for (int64_t c = 0; c < channels; c++)
            to[c] = static_cast<float>(LEAST_SQUARE);
        for (int64_t i = 0; i < 9; i++) {
            int64_t column = 2 * x + i % 3 - 1;
            const float *row = from[i / 3];
            if (!row || column < 0 || column >= in_w)
                continue;
            float weight = HANNING[i / 3] * HANNING[i % 3];
            const float *pixel = row + column * channels;
            for (int64_t c = 0; c < channels; c++)
                to[c] += weight * (pixel[c] * pixel[c]);
        }
        for (int64_t c = 0; c < channels; c++)
            to[c] = std::sqrt(to[c]);
    }
}

at::Tensor pool(const at::Tensor &x)
{
    at::Tensor from = pixels_of(x);
    int64_t n = x.size(0), channels = x.size(1), h = x.size(2), w = x.size(3);
    int64_t out_h = (h + 1) / 2, out_w = (w + 1) / 2;
    at::Tensor to =
        at::empty({n, channels, out_h, out_w}, x.options(), at::MemoryFormat::ChannelsLast);
    auto *in = static_cast<const float *>(from.data_ptr());
    auto *out = static_cast<float *>(to.data_ptr());
    at::parallel_for(0, n * out_h, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
            const float *rows[3];
            for (int64_t k = 0; k < 3; k++) {
                int64_t y = 2 * (i % out_h) + k - 1;
                rows[k] = y < 0 || y >= h ? nullptr : in + (i / out_h * h + y) * w * channels;
            }
            pool_row(rows, out + i * out_w * channels, w, out_w, channels);
        }
    });
    return to;
}

at::Tensor pool_recorded(const at::Tensor &x)
{
    at::Tensor window = at::tensor({0.25, 0.5, 0.25}, x.options());
    at::Tensor kernel = at::outer(window, window).expand({x.size(1), 1, 3, 3});
    return (at::conv2d(x.square(), kernel, {}, 2, 1, 1, x.size(1)) + LEAST_SQUARE).sqrt();
}

at::Tensor unit(const at::Tensor &x)
{
    return x / ((x * x).sum({1}, true).sqrt() + LEAST_LENGTH);
}

/* (N,3,C) sums; blocks of pixels are added up in order, so that threads do not change them. */
at::Tensor sums(const at::Tensor &x, const at::Tensor &y)
{
    constexpr int64_t BLOCK = 256;
    at::Tensor a = pixels_of(x), b = pixels_of(y);
    int64_t channels = x.size(1), rows = x.size(2) * x.size(3), samples = x.size(0);
    int64_t blocks = (rows + BLOCK - 1) / BLOCK;
    at::Tensor parts = at::empty({samples, blocks, 3, channels}, at::kDouble);
    auto *out = static_cast<double *>(parts.data_ptr());
    auto *in_a = static_cast<const float *>(a.data_ptr());
    auto *in_b = static_cast<const float *>(b.data_ptr());
    at::parallel_for(0, samples * blocks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
            int64_t first = i % blocks * BLOCK, count = std::min(BLOCK, rows - first);
            int64_t at = (i / blocks * rows + first) * channels;
            sum_rows(in_a + at, in_b + at, out + i * 3 * channels, count, channels);
        }
    });
    at::Tensor result = at::zeros({samples, 3, channels}, at::kDouble);
    for (int64_t i = 0; i < blocks; i++)
        result += parts.select(1, i);
    return result;
}

at::Tensor sums_elsewhere(const at::Tensor &x, const at::Tensor &y)
{
    at::Tensor a = x.to(at::kDouble), b = y.to(at::kDouble);
    return at::stack({a.sum({2, 3}), (a * a).sum({2, 3}), (a * b).sum({2, 3})}, 1);
}

} // namespace

Tensor *tensor_unit_pixels(Tensor *x)
{
    return make("tensor_unit_pixels", {x}, [&] {
        if (!is_plain(x->value))
            return unit(x->value);
        at::Tensor from = pixels_of(x->value), to = at::empty_like(from);
        int64_t channels = from.size(1);
        auto *in = static_cast<const float *>(from.data_ptr());
        auto *out = static_cast<float *>(to.data_ptr());
        at::parallel_for(0, from.numel() / channels, 1024, [&](int64_t begin, int64_t end) {
            unit_rows(in + begin * channels, out + begin * channels, end - begin, channels);
        });
        return to;
    });
}

Tensor *tensor_unit_distances(Tensor *a, Tensor *x, Tensor *weights)
{
    return make("tensor_unit_distances", {a, x, weights}, [&] {
        TORCH_CHECK(a->value.sizes() == x->value.sizes() &&
                        weights->value.numel() == x->value.size(1),
                    "features have other extents");
        c10::NoGradGuard guard;
        if (!is_plain(a->value) || !is_plain(x->value) || !is_plain(weights->value))
            return ((a->value - unit(x->value)).square() * weights->value.view({1, -1, 1, 1}))
                .sum({1}, true);
        at::Tensor from = pixels_of(a->value), with = pixels_of(x->value);
        at::Tensor scales = weights->value.contiguous();
        int64_t channels = from.size(1);
        at::Tensor to = at::empty({from.size(0), 1, from.size(2), from.size(3)}, from.options());
        auto *left = static_cast<const float *>(from.data_ptr());
        auto *right = static_cast<const float *>(with.data_ptr());
        auto *scale = static_cast<const float *>(scales.data_ptr());
        auto *out = static_cast<float *>(to.data_ptr());
        at::parallel_for(0, to.numel(), 1024, [&](int64_t begin, int64_t end) {
            distance_rows(left + begin * channels, right + begin * channels, scale, out + begin,
                          end - begin, channels);
        });
        return to;
    });
}

Tensor *tensor_channel_sums(Tensor *x, Tensor *y)
{
    return make("tensor_channel_sums", {x, y}, [&] {
        TORCH_CHECK(x->value.dim() == 4 && x->value.sizes() == y->value.sizes(),
                    "features have other extents");
        c10::NoGradGuard guard;
        return is_plain(x->value) && is_plain(y->value) ? sums(x->value, y->value)
                                                        : sums_elsewhere(x->value, y->value);
    });
}

Tensor *tensor_l2_pool(Tensor *x)
{
    return make("tensor_l2_pool", {x},
                [&] { return is_plain(x->value) ? pool(x->value) : pool_recorded(x->value); });
}

} // namespace shim
