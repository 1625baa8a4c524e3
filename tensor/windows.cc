/* Pictures in windows, and attention within them. */
#include <cmath>
#include <vector>

#include "tensor/shim.h"

namespace shim
{
namespace
{

const double APART = -100; /* the bias between pixels that only the picture's border joins */

/* Places 0, 1, ... count - 1 of an axis mirrored at its ends without repeating them. */
at::Tensor mirrored_places(int64_t extent, int64_t count)
{
    int64_t period = extent > 1 ? 2 * (extent - 1) : 1;
    std::vector<int64_t> places;
    for (int64_t i = 0; i < count; i++)
        places.push_back(i % period < extent ? i % period : period - i % period);
    return at::tensor(places).to(device);
}

at::Tensor pad_axis(const at::Tensor &x, int axis, int64_t multiple)
{
    int64_t extent = x.size(axis), count = (extent + multiple - 1) / multiple * multiple;
    return count == extent ? x : x.index_select(axis, mirrored_places(extent, count));
}

/* Place in the bias table for every pair of a window's pixels. */
at::Tensor relative_places(int64_t side)
{
    std::vector<int64_t> places;
    for (int64_t i = 0; i < side * side; i++)
        for (int64_t k = 0; k < side * side; k++)
            places.push_back((i / side - k / side + side - 1) * (2 * side - 1) + i % side -
                             k % side + side - 1);
    return at::tensor(places).to(device);
}

/* (H / side * W / side, 1, side^2, side^2): APART between pixels of opposite borders, else 0. */
at::Tensor border_mask(int64_t h, int64_t w, const Windows &o)
{
    int64_t side = o.side, area = side * side, across = w / side, down = h / side;
    at::Tensor mask = at::zeros({down * across, 1, area, area}, at::kFloat);
    auto values = mask.accessor<float, 4>();
    auto parted = [&](int64_t a, int64_t b) {
        return (a < side - o.shift) != (b < side - o.shift);
    };
    for (int64_t n = 0; n < down * across; n++) {
        bool bottom = n / across == down - 1, right = n % across == across - 1;
        for (int64_t i = 0; (bottom || right) && i < area; i++)
            for (int64_t k = 0; k < area; k++)
                if ((bottom && parted(i / side, k / side)) || (right && parted(i % side, k % side)))
                    values[n][0][i][k] = APART;
    }
    return mask.to(device);
}

/* The definition, in libtorch's operations. */
at::Tensor attend(const at::Tensor &qkv, const at::Tensor &table, const Windows &o)
{
    int64_t n = qkv.size(0), c = qkv.size(1) / 3, h = qkv.size(2), w = qkv.size(3), side = o.side;
    int64_t down = h / side, across = w / side, area = side * side, d = c / o.heads;
    at::Tensor pixels = qkv.permute({0, 2, 3, 1});
    if (o.shift)
        pixels = pixels.roll({-o.shift, -o.shift}, {1, 2});
    at::Tensor parts = pixels.reshape({n, down, side, across, side, 3, o.heads, d})
                           .permute({5, 0, 1, 3, 6, 2, 4, 7})
                           .reshape({3, n, down * across, o.heads, area, d});
    at::Tensor scores =
        at::matmul(parts[0] / std::sqrt(static_cast<double>(d)), parts[1].transpose(-2, -1));
    at::Tensor bias = table.index_select(0, relative_places(side)).t().reshape({-1, area, area});
    if (o.shift)
        bias = bias + border_mask(h, w, o).to(table.scalar_type());
    at::Tensor seen = at::matmul((scores + bias.to(scores.scalar_type())).softmax(-1), parts[2]);
    at::Tensor joined = seen.reshape({n, down, across, o.heads, side, side, d})
                            .permute({0, 1, 4, 2, 5, 3, 6})
                            .reshape({n, h, w, c});
    if (o.shift)
        joined = joined.roll({o.shift, o.shift}, {1, 2});
    return joined.permute({0, 3, 1, 2});
}

} // namespace

Tensor *tensor_pad_to_multiple(Tensor *x, int multiple)
{
    return make("tensor_pad_to_multiple", {x}, [&] {
        at::Tensor padded = pad_axis(pad_axis(x->value, 2, multiple), 3, multiple);
        return padded.contiguous(at::MemoryFormat::ChannelsLast);
    });
}

Tensor *tensor_window_attention(Tensor *qkv, Tensor *table, Windows windows)
{
    return make("tensor_window_attention", {qkv, table},
                [&] { return attend(qkv->value, table->value, windows); });
}

} // namespace shim
