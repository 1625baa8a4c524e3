/* Linear maps of planes along their rows and columns: resampling and filters whose matrices are
 * bands. On the processor a product of small matrices that skips what is zero, a thread per plane:
 * libtorch's own matrix product is as slow as the BLAS it was built with, and does not skip. */
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

enum { TILE_ROWS = 4, TILE_COLUMNS = 32 };

/* 16 values at any address. */
typedef float Lane __attribute__((vector_size(64), aligned(4), may_alias));

/* Where a matrix has values that are not zero. */
struct Range {
    int64_t first, end;
};

/* A matrix filled up with zeros to whole tiles, and the range of depth that each tile needs. */
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

Packed pack(const at::Tensor &matrix, int64_t row_unit, int64_t column_unit)
{
    int64_t rows = matrix.size(0), columns = matrix.size(1);
    at::Tensor values = at::constant_pad_nd(
        matrix, {0, round_up(columns, column_unit) - columns, 0, round_up(rows, row_unit) - rows});
    return {values.contiguous(), values.size(0), values.size(1), {}};
}

/* Grows the range of tile `at / unit` by depth k. */
void widen(std::vector<Range> *ranges, int64_t at, int64_t unit, int64_t k)
{
    Range &r = (*ranges)[static_cast<size_t>(at / unit)];
    r = {std::min(r.first, k), std::max(r.end, k + 1)};
}

/* The left factor: tiles of rows. */
Packed pack_left(const at::Tensor &matrix)
{
    Packed p = pack(matrix, TILE_ROWS, 1);
    p.ranges.assign(static_cast<size_t>(p.rows / TILE_ROWS), Range{p.columns, 0});
    for (int64_t i = 0; i < p.rows; i++)
        for (int64_t k = 0; k < p.columns; k++)
            if (p.data()[i * p.columns + k] != 0)
                widen(&p.ranges, i, TILE_ROWS, k);
    return p;
}

/* The right factor: tiles of columns. */
Packed pack_right(const at::Tensor &matrix)
{
    Packed p = pack(matrix, 1, TILE_COLUMNS);
    p.ranges.assign(static_cast<size_t>(p.columns / TILE_COLUMNS), Range{p.rows, 0});
    for (int64_t k = 0; k < p.rows; k++)
        for (int64_t j = 0; j < p.columns; j++)
            if (p.data()[k * p.columns + j] != 0)
                widen(&p.ranges, j, TILE_COLUMNS, k);
    return p;
}

/* One tile of c = a b, summed in order of k. */
inline __attribute__((always_inline)) void multiply_tile(const float *a, int64_t a_stride,
                                                         const float *b, int64_t b_stride, float *c,
                                                         int64_t c_stride, Range range)
{
    Lane sums[TILE_ROWS][2] = {};
    for (int64_t k = range.first; k < range.end; k++) {
        Lane left = *reinterpret_cast<const Lane *>(b + k * b_stride);
        Lane right = *reinterpret_cast<const Lane *>(b + k * b_stride + 16);
#pragma GCC unroll 4
        for (int i = 0; i < TILE_ROWS; i++) {
            sums[i][0] += a[i * a_stride + k] * left;
            sums[i][1] += a[i * a_stride + k] * right;
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < TILE_ROWS; i++) {
        *reinterpret_cast<Lane *>(c + i * c_stride) = sums[i][0];
        *reinterpret_cast<Lane *>(c + i * c_stride + 16) = sums[i][1];
    }
}

/* c (rows x columns) = a b; ranges belong to the tiles of rows or, if `by_columns`, of columns.
 * Strides are numbers of columns of b and c. */
FOR_EVERY_PROCESSOR
void multiply(const float *a, int64_t a_stride, const float *b, float *c, int64_t rows,
              int64_t columns, const Range *ranges, bool by_columns)
{
    for (int64_t i = 0; i < rows; i += TILE_ROWS)
        for (int64_t j = 0; j < columns; j += TILE_COLUMNS)
            multiply_tile(a + i * a_stride, a_stride, b + j, columns, c + i * columns + j, columns,
                          ranges[by_columns ? j / TILE_COLUMNS : i / TILE_ROWS]);
}

void copy_rows(const float *from, int64_t from_stride, float *to, int64_t to_stride, int64_t rows,
               int64_t columns)
{
    for (int64_t i = 0; i < rows; i++)
        std::copy_n(from + i * from_stride, columns, to + i * to_stride);
}

/* One plane through both factors, with scratch for planes filled up to whole tiles. */
struct Worker {
    const Packed &left, &right;
    int64_t h, w, out_h, out_w, padded_w = round_up(w, TILE_COLUMNS);
    std::vector<float> in = std::vector<float>(static_cast<size_t>(h * padded_w));
    std::vector<float> middle = std::vector<float>(static_cast<size_t>(left.rows * padded_w));
    std::vector<float> out = std::vector<float>(static_cast<size_t>(left.rows * right.columns));

    void run(const float *x, float *y)
    {
        copy_rows(x, w, in.data(), padded_w, h, w);
        multiply(left.data(), left.columns, in.data(), middle.data(), left.rows, padded_w,
                 left.ranges.data(), false);
        multiply(middle.data(), padded_w, right.data(), out.data(), left.rows, right.columns,
                 right.ranges.data(), true);
        copy_rows(out.data(), right.columns, y, out_w, out_h, out_w);
    }
};

at::Tensor map_planes(const at::Tensor &x, const at::Tensor &vertical, const at::Tensor &horizontal)
{
    Packed left = pack_left(vertical), right = pack_right(horizontal.t());
    int64_t h = x.size(-2), w = x.size(-1), out_h = vertical.size(0), out_w = horizontal.size(0);
    std::vector<int64_t> shape = x.sizes().vec();
    shape[shape.size() - 2] = out_h;
    shape[shape.size() - 1] = out_w;
    at::Tensor from = x.contiguous(), to = at::empty(shape, x.options());
    auto *in = static_cast<const float *>(from.data_ptr());
    auto *out = static_cast<float *>(to.data_ptr());
    at::parallel_for(0, x.numel() / (h * w), 1, [&](int64_t begin, int64_t end) {
        Worker worker{left, right, h, w, out_h, out_w};
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
