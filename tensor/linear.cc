/* Linear maps of planes along their rows and columns: resampling and filters whose matrices are
 * bands. On the processor a product of small matrices that skips what is zero, planes shared
 * between threads: libtorch's own matrix product is as slow as the BLAS it was built with, and does
 * not skip. */
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "core/vector.h"
#include "tensor/shim.h"

namespace shim
{
namespace
{

/* Rows are mixed four at a time, so that loops are bound by arithmetic and not by loads and stores
 * of what they add to; their ends are multiples of LANES. */
enum { GROUP = 4, LANES = 16 };

/* Where a matrix has values that are not zero. */
struct Range {
    int64_t first, end;
};

/* A matrix filled up with zeros, and ranges of columns that are not zero. */
struct Packed {
    at::Tensor values;
    int64_t rows, columns;
    std::vector<Range> ranges;
    const float *data() const
    {
        return static_cast<const float *>(values.data_ptr());
    }
};

int64_t round_up(int64_t count, int64_t unit)
{
    return (count + unit - 1) / unit * unit;
}

/* A range of columns, in multiples of `unit`, for every `height` rows. */
Packed pack(const at::Tensor &matrix, int64_t rows, int64_t columns, int64_t height, int64_t unit)
{
    at::Tensor filled =
        at::constant_pad_nd(matrix, {0, columns - matrix.size(1), 0, rows - matrix.size(0)});
    Packed p{filled.contiguous(), rows, columns, {}};
    p.ranges.assign(static_cast<size_t>(rows / height), Range{columns, 0});
    const float *value = p.data();
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < columns; k++, value++)
            if (*value != 0) {
                Range &r = p.ranges[static_cast<size_t>(i / height)];
                r = {std::min(r.first, k / unit * unit), std::max(r.end, round_up(k + 1, unit))};
            }
    return p;
}

/* to[j] += the four rows at `from`, times weights. */
inline __attribute__((always_inline)) void mix(const float *__restrict weights,
                                               const float *__restrict from, int64_t stride,
                                               Range columns, float *__restrict to)
{
    const float *a = from, *b = a + stride, *c = b + stride, *d = c + stride;
    float wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];
    for (int64_t j = columns.first; j < columns.end; j++)
        to[j] += (wa * a[j] + wb * b[j]) + (wc * c[j] + wd * d[j]);
}

/* to = left x from, both `columns` wide, by the range of each row of left. */
FOR_EVERY_PROCESSOR
void mix_rows(const float *left, int64_t rows, int64_t depth, const Range *ranges,
              const float *from, int64_t columns, float *to)
{
    std::fill_n(to, rows * columns, 0.0f);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = ranges[i].first; k < ranges[i].end; k += GROUP)
            mix(left + i * depth + k, from + k * columns, columns, {0, columns}, to + i * columns);
}

/* to = from x right, by the range of each group of right's rows. */
FOR_EVERY_PROCESSOR
void mix_columns(const float *from, int64_t rows, int64_t depth, const float *right,
                 int64_t columns, const Range *ranges, float *to)
{
    std::fill_n(to, rows * columns, 0.0f);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < depth; k += GROUP)
            mix(from + i * depth + k, right + k * columns, columns, ranges[k / GROUP],
                to + i * columns);
}

void copy_rows(const float *from, int64_t from_stride, float *to, int64_t to_stride, int64_t rows,
               int64_t columns)
{
    for (int64_t i = 0; i < rows; i++)
        std::copy_n(from + i * from_stride, columns, to + i * to_stride);
}

/* One plane through both factors, with scratch for what is filled up with zeros. */
struct Worker {
    const Packed &left, &right;
    int64_t h, w, out_w;
    std::vector<float> in = std::vector<float>(static_cast<size_t>(left.columns * right.rows));
    std::vector<float> middle = std::vector<float>(static_cast<size_t>(left.rows * right.rows));
    std::vector<float> out = std::vector<float>(static_cast<size_t>(left.rows * right.columns));

    void run(const float *x, float *y)
    {
        copy_rows(x, w, in.data(), right.rows, h, w);
        mix_rows(left.data(), left.rows, left.columns, left.ranges.data(), in.data(), right.rows,
                 middle.data());
        mix_columns(middle.data(), left.rows, right.rows, right.data(), right.columns,
                    right.ranges.data(), out.data());
        copy_rows(out.data(), right.columns, y, out_w, left.rows, out_w);
    }
};

at::Tensor map_planes(const at::Tensor &x, const at::Tensor &vertical, const at::Tensor &horizontal)
{
    int64_t h = x.size(-2), w = x.size(-1), out_h = vertical.size(0), out_w = horizontal.size(0);
    Packed left = pack(vertical, out_h, round_up(h, GROUP), 1, GROUP);
    Packed right = pack(horizontal.t(), round_up(w, LANES), round_up(out_w, LANES), GROUP, LANES);
    std::vector<int64_t> shape = x.sizes().vec();
    shape[shape.size() - 2] = out_h;
    shape[shape.size() - 1] = out_w;
    at::Tensor from = x.contiguous(), to = at::empty(shape, x.options());
    auto *in = static_cast<const float *>(from.data_ptr());
    auto *out = static_cast<float *>(to.data_ptr());
    at::parallel_for(0, x.numel() / (h * w), 1, [&](int64_t begin, int64_t end) {
        Worker worker{left, right, h, w, out_w};
        for (int64_t i = begin; i < end; i++)
            worker.run(in + i * h * w, out + i * out_h * out_w);
    });
    return to;
}

/* Its gradient is the same map with both matrices transposed, so it has gradients of any order. */
struct Linear : torch::autograd::Function<Linear> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                              const at::Tensor &vertical, const at::Tensor &horizontal)
    {
        context->save_for_backward({vertical, horizontal});
        return map_planes(x, vertical, horizontal);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list dy)
    {
        auto saved = context->get_saved_variables();
        return {Linear::apply(dy[0], saved[0].t(), saved[1].t()), at::Tensor(), at::Tensor()};
    }
};

} // namespace

Tensor *tensor_linear_planes(Tensor *x, Tensor *vertical, Tensor *horizontal)
{
    return make("tensor_linear_planes", {x, vertical, horizontal}, [&] {
        const at::Tensor &value = x->value;
        TORCH_CHECK(value.dim() >= 2 && value.size(-2) == vertical->value.size(1) &&
                        value.size(-1) == horizontal->value.size(1),
                    "planes and matrices have other extents");
        at::Tensor v = vertical->value.detach(), h = horizontal->value.detach();
        if (value.device().is_cpu() && value.scalar_type() == at::kFloat)
            return Linear::apply(value, v, h);
        at::ScalarType type = value.scalar_type();
        return at::matmul(at::matmul(v.to(type), value), h.to(type).t());
    });
}

} // namespace shim
